package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/busrt-go/busrt/internal/interleave"
)

// The registry in all orders: sessions want one name, each takes it from the one
// before [BUSRT-H10], leaves, or is cut off by somebody else meanwhile. A session
// that ends late must not take its successor along.

const rivals = 3

// rivalry is a state of all of them.
type rivalry struct {
	holder   int8 // of the name; -1: nobody
	last     string
	sessions [rivals]rival
}

// rival is a session, and who cuts it off.
type rival struct {
	at   rivalAt
	told bool // to end
	cut  bool // off, which happens once
	saw  int8 // for flaws: the holder as it looked it up
}

type rivalAt uint8

const (
	rivalNew    rivalAt = iota
	rivalLooked         // for a flaw: the name was looked up
	rivalLive
	rivalLeaving // for a flaw: it has found the name to be its own
	rivalGone
)

// registryFlaw is a mistake that the registry could have.
type registryFlaw string

const (
	soundRegistry  registryFlaw = ""
	removesAny     registryFlaw = "the name is removed whoever holds it"
	removesLater   registryFlaw = "the look whose name it is and its removal are two steps"
	takesLater     registryFlaw = "the look who holds the name and its taking are two steps"
	evictsQuietly  registryFlaw = "who loses the name is not told"
	announcesTwice registryFlaw = "who lost the name announces its end"
	cutsQuietly    registryFlaw = "who is cut off is not told"
)

var registryFlaws = []registryFlaw{removesAny, removesLater, takesLater, evictsQuietly, announcesTwice, cutsQuietly}

// register takes the name, under the lock of the registry.
func (f registryFlaw) register(r rivalry, i int) (rivalry, bool) {
	s := &r.sessions[i]
	switch {
	case s.at == rivalNew && f == takesLater:
		s.at, s.saw = rivalLooked, r.holder
		return r, true
	case s.at == rivalNew:
		s.saw = r.holder
	case s.at != rivalLooked:
		return r, false
	}
	if s.saw >= 0 && f != evictsQuietly {
		r.sessions[s.saw].told = true
	}
	r.holder, r.last, s.at = int8(i), "reg", rivalLive
	return r, true
}

// unregister releases the name, under the same lock.
func (f registryFlaw) unregister(r rivalry, i int) rivalry {
	if own := r.holder == int8(i); !own && f != removesAny {
		if f == announcesTwice {
			r.last = "unreg"
		}
		return r
	}
	if r.holder >= 0 {
		r.holder, r.last = -1, "unreg"
	}
	return r
}

// leave is the peer that leaves, or the session that was told to.
func (f registryFlaw) leave(r rivalry, i int, told bool) (rivalry, bool) {
	s := &r.sessions[i]
	switch {
	case s.at == rivalLive && told && !s.told:
		return r, false
	case s.at == rivalLive && f == removesLater:
		s.at = rivalGone
		if r.holder == int8(i) {
			s.at = rivalLeaving
		}
		return r, true
	case s.at == rivalLeaving:
		s.at = rivalGone
		r.holder, r.last = -1, "unreg"
		return r, true
	case s.at != rivalLive:
		return r, false
	}
	r = f.unregister(r, i)
	r.sessions[i].at = rivalGone
	return r, true
}

// cut is another goroutine that finds the session's queue full [BUSRT-O12].
func (f registryFlaw) cut(r rivalry, i int) (rivalry, bool) {
	s := &r.sessions[i]
	if s.at != rivalLive || s.cut || s.told {
		return r, false
	}
	s.cut, s.told = true, f != cutsQuietly
	return f.unregister(r, i), true
}

func (f registryFlaw) model() interleave.Model[rivalry] {
	m := interleave.Model[rivalry]{Start: rivalry{holder: -1}, Check: checkRivalry, AtRest: checkPeace}
	for i := range rivals {
		for name, do := range map[string]func(rivalry, int) (rivalry, bool){
			"register": f.register,
			"leave":    func(r rivalry, i int) (rivalry, bool) { return f.leave(r, i, false) },
			"attend":   func(r rivalry, i int) (rivalry, bool) { return f.leave(r, i, true) },
			"cut":      f.cut,
		} {
			m.Steps = append(m.Steps, interleave.Step[rivalry]{
				Name: fmt.Sprint(name, " ", i), Do: func(r rivalry) (rivalry, bool) { return do(r, i) },
			})
		}
	}
	return m
}

func checkRivalry(r rivalry) error {
	for i, s := range r.sessions {
		if s.at == rivalLive && !s.told && r.holder != int8(i) {
			return errors.New("a session lives without its name")
		}
		if r.holder == int8(i) && s.at != rivalLive && s.at != rivalLeaving {
			return errors.New("the name is that of a session which is gone")
		}
	}
	if (r.last == "reg") != (r.holder >= 0) {
		return errors.New("what was announced last is not so")
	}
	return nil
}

func checkPeace(r rivalry) error {
	if r.holder >= 0 {
		return errors.New("the name is left")
	}
	return nil
}

// All orders are safe, and real sessions go through the states of the model.
func TestRegistryExhaustively(t *testing.T) {
	states, err := soundRegistry.model().Run(func(r rivalry, path []string) error {
		round := &round{T: t}
		defer round.over()
		if got := replayRivalry(newBus(round, rivals, Options{ForceRegister: true}), path); got != r.holder {
			return fmt.Errorf("the name is really that of %d", got)
		}
		return nil
	})
	if err != nil || states < 100 {
		t.Errorf("%d states: %v", states, err)
	}
}

// replayRivalry has sessions, each on a loop of its own, take the steps of a
// path, and gives the holder of the name.
func replayRivalry(b *bus, path []string) int8 {
	var clients [rivals]*client
	for i := range clients {
		clients[i] = b.open(i, local(1000))
	}
	for _, step := range path {
		var verb string
		var i int
		_, _ = fmt.Sscan(step, &verb, &i)
		c := clients[i]
		switch verb {
		case "register":
			c.send(hello("x"))
		case "leave":
			c.hangUp()
		case "cut":
			b.broker.cutOff(&c.session.peer, reasonQueueFull)
			continue // its loop comes to that later
		}
		for b.loops[i].turn() {
			b.Helper() // nobody else moves
		}
	}
	held, _ := b.broker.names.Load("x")
	for i, c := range clients {
		if held == &c.session.peer {
			return int8(i)
		}
	}
	return -1
}

// Each flaw is seen.
func TestRegistryFlaws(t *testing.T) {
	for _, f := range registryFlaws {
		if _, err := f.model().Run(nil); err == nil {
			t.Errorf("not seen: %s", f)
		}
	}
}
