package ringbuf

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/busrt-go/busrt/internal/interleave"
)

// model is the hand-over with a flaw, or none.
func (f flaw) model() interleave.Model[lives] {
	var steps []interleave.Step[lives]
	step := func(name string, do func(lives) (lives, bool)) {
		steps = append(steps, interleave.Step[lives]{Name: name, Do: do})
	}
	for i := range producers + 1 {
		if i != owner {
			step(fmt.Sprint("push ", i), func(l lives) (lives, bool) { return f.push(l, i) })
		}
		step(fmt.Sprint("views ", i), func(l lives) (lives, bool) { return views(l, i) })
		step(fmt.Sprint("write ", i), func(l lives) (lives, bool) { return write(l, i, false) })
		step(fmt.Sprint("full ", i), func(l lives) (lives, bool) { return write(l, i, true) })
		step(fmt.Sprint("yield ", i), func(l lives) (lives, bool) { return f.yield(l, i) })
	}
	step("attend", f.attend)
	step("leave", f.leave)
	step("close", f.close)
	step("stay", stay)
	step("nudge", nudge)
	return interleave.Model[lives]{Steps: steps, Check: checkLives, AtRest: checkRest}
}

func checkLives(l lives) error {
	with, pushed := 0, uint8(0)
	for i, w := range l.writers {
		if w.at == atViews || w.at == atWrite || w.at == atYield || w.at == atClosed {
			with++
		}
		if i != owner && w.at != atStart {
			pushed++
		}
	}
	held := l.token == stateWriting || l.token == stateAwaited || l.token == stateOwned
	switch {
	case with > 1:
		return errors.New("two have the token")
	case held != (with == 1):
		return errors.New("the state of the token is not that of its holders")
	case l.late:
		return errors.New("a closed descriptor was written to")
	case l.token == stateIdle && l.queued > 0:
		return errors.New("idle, and something is queued")
	case l.queued+l.written+l.released != pushed:
		return errors.New("a segment is lost, or was written twice")
	}
	return nil
}

func checkRest(l lives) error {
	switch {
	case l.leaving && l.token != stateClosed:
		return errors.New("the owner waits for the token for ever")
	case !l.leaving && l.queued > 0:
		return errors.New("what is queued waits for ever")
	}
	return nil
}

// All orders are safe, and the real outbox goes through the states of the model.
func TestTokenExhaustively(t *testing.T) {
	states, err := soundToken.model().Run(func(l lives, path []string) error {
		var o Outbox
		if got := replay(&o, path); got != l.token || o.Len() > 0 != (l.queued > 0) {
			return fmt.Errorf("the outbox is in state %d with %d queued", got, o.Len())
		}
		return nil
	})
	if err != nil || states < 1000 {
		t.Errorf("%d states: %v", states, err)
	}
}

// Each flaw is seen.
func TestTokenFlaws(t *testing.T) {
	for _, f := range tokenFlaws {
		if _, err := f.model().Run(nil); err == nil {
			t.Errorf("not seen: %s", f)
		}
	}
}

// replay has a real outbox take the steps of a path, and gives its state.
func replay(o *Outbox, path []string) state {
	var pool Pool
	var views [producers + 1]int
	var full [producers + 1]bool
	leaving := false
	for _, step := range path {
		var verb string
		i := owner
		_, _ = fmt.Sscan(step, &verb, &i)
		switch verb {
		case "push":
			seg := pool.Get(2 * mergeMax) // too long to be merged
			seg.B = append(seg.B, make([]byte, mergeMax+1)...)
			o.Push([]Ref{{Seg: seg}})
		case "views":
			views[i] = len(slices.Concat(o.Views(make([][]byte, 0, producers))...))
		case "write", "full":
			if full[i] = verb == "full"; !full[i] {
				o.Advance(views[i], nil)
			}
		case "yield":
			o.Yield(full[i])
		case "leave":
			leaving = true
			o.Claim()
		case "attend":
			if leaving {
				o.Claim()
			} else {
				o.Resume()
			}
		case "close":
			o.Close()
		}
	}
	return o.state
}
