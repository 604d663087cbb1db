package engine

import (
	"errors"
	"testing"

	"github.com/busrt-go/busrt/internal/interleave"
)

// The life of a session in all orders: its loop takes it through the handshake to
// its end, while another goroutine sends to it, with the writer token if it finds
// that free, and a third cuts it off (session.go, outbox.go).

// being is a state of all three.
type being struct {
	state          state
	token          token
	claimed        bool // by the loop, while the sender has it
	named, shut    bool // has a name; admits nothing
	ending, drain  bool // wishes: wishEnd, wishDrain
	queued, sent   uint8
	cut            bool // off, which happens once
	peer           string
	released, ends uint8
	late, lost     bool // written to, or admitted, when it must not be; not written though the peer was there
}

// token says where the writer token is.
type token string

const (
	tokenLoop    token = "loop" // the handshake has it
	tokenFree    token = ""
	tokenSender  token = "sender"
	tokenBlocked token = "blocked" // the receiver is full
	tokenOwned   token = "owned"   // for good
)

// lifeFlaw is a mistake that a session could have.
type lifeFlaw string

const (
	soundLife        lifeFlaw = ""
	keepsName        lifeFlaw = "who is given up keeps the name"
	keepsToken       lifeFlaw = "a handshake that ends keeps the token"
	closesAnyway     lifeFlaw = "a close does not wait for the token"
	lastWriteQuiet   lifeFlaw = "the last write of a session that drains tells nobody"
	claimQuiet       lifeFlaw = "a writer that finds the token claimed tells nobody"
	cutOffQuiet      lifeFlaw = "a session that is cut off is not told"
	releasesTwice    lifeFlaw = "an end that was asked for twice releases twice"
	shutAdmits       lifeFlaw = "a session that was shut admits frames"
	dropsQueued      lifeFlaw = "a session that drains closes before all is written"
	drainsBeforeShut lifeFlaw = "a session that drains is not shut"
)

var lifeFlaws = []lifeFlaw{
	keepsName, keepsToken, closesAnyway, lastWriteQuiet, claimQuiet, cutOffQuiet, releasesTwice, shutAdmits, dropsQueued, drainsBeforeShut,
}

const maxSent = 2

func (f lifeFlaw) release(b being) being {
	b.shut = b.shut || f != drainsBeforeShut
	if b.named || f == releasesTwice {
		b.named = false
		b.released++
	}
	return b
}

// end has the session drain.
func (f lifeFlaw) end(b being) being {
	if b.state >= stateDraining && f != releasesTwice {
		return b
	}
	if b.state < stateLive && f != keepsToken {
		b.token = tokenFree
	}
	b = f.release(b)
	b.state, b.drain = max(b.state, stateDraining), true
	return b
}

// close needs the token.
func (f lifeFlaw) close(b being) being {
	b.state = stateClosing
	if b.token == tokenLoop || b.token == tokenSender && f != closesAnyway {
		b.claimed = true
		return b
	}
	if b.token != tokenSender {
		b.token = tokenOwned
	}
	b.state, b.queued = stateClosed, 0
	b.ends++
	return b
}

// progress is a step of the handshake.
func (f lifeFlaw) progress(b being) (being, bool) {
	switch b.state {
	case stateGreeting:
		b.state = stateHello
	case stateHello:
		b.state, b.named, b.token = stateLive, true, tokenFree
	default:
		return b, false
	}
	return b, true
}

// fault is a malformed frame, or a deadline.
func (f lifeFlaw) fault(b being) (being, bool) {
	if b.state >= stateDraining || b.state == stateLive && b.peer == "stays" {
		return b, false
	}
	return f.end(b), true
}

// peerStays is a peer that never leaves by itself, and makes no fault.
func peerStays(b being) (being, bool) {
	ok := b.peer == ""
	b.peer = "stays"
	return b, ok
}

// peerLeft gives the session up.
func (f lifeFlaw) peerLeft(b being) (being, bool) {
	if b.peer != "" || b.state >= stateClosing {
		return b, false
	}
	b.peer = "left"
	if b.state < stateLive {
		b.token = tokenFree
	}
	if b.state < stateDraining {
		if b.shut = true; f != keepsName {
			b = f.release(b)
		}
	}
	return f.close(b), true
}

// attend is the loop that grants wishes.
func (f lifeFlaw) attend(b being) (being, bool) {
	if !b.ending && !b.drain || b.state == stateClosed {
		return b, false
	}
	if b.ending {
		b.ending = false
		b = f.end(b)
	}
	b.drain = false
	return f.settle(b), true
}

// settle closes a session that drains once nothing is left to write.
func (f lifeFlaw) settle(b being) being {
	switch {
	case b.state == stateClosing, b.state == stateDraining && b.queued == 0:
		return f.close(b)
	case b.state == stateDraining && f == dropsQueued:
		b.lost = b.peer == "stays"
		return f.close(b)
	}
	return b
}

// writable is the loop whose receiver takes bytes again.
func (f lifeFlaw) writable(b being) (being, bool) {
	if b.token != tokenBlocked || b.state >= stateClosing {
		return b, false
	}
	b.token, b.queued = tokenFree, 0
	return f.settle(b), true
}

// send admits a frame from another goroutine, which has found the name.
func (f lifeFlaw) send(b being) (being, bool) {
	if b.sent == maxSent || b.state < stateLive || b.token == tokenSender {
		return b, false
	}
	b.sent++
	if b.shut && f != shutAdmits {
		return b, true // refused
	}
	b.late = b.late || b.state >= stateDraining
	b.queued++
	if b.token == tokenFree {
		b.token = tokenSender
	}
	return b, true
}

// write is the sender with the token, of all or of nothing; then it yields.
func (f lifeFlaw) write(b being, full bool) (being, bool) {
	if b.token != tokenSender {
		return b, false
	}
	b.late = b.late || b.state == stateClosed
	if !full {
		b.queued = 0
	}
	switch {
	case b.claimed:
		b.claimed, b.token, b.drain = false, tokenBlocked, f != claimQuiet
	case b.queued > 0:
		b.token, b.drain = tokenBlocked, true
	default:
		b.token, b.drain = tokenFree, b.drain || b.shut && f != lastWriteQuiet
	}
	return b, true
}

// cutOff is a goroutine that finds the queue full [BUSRT-O12].
func (f lifeFlaw) cutOff(b being) (being, bool) {
	if b.cut || !b.named {
		return b, false
	}
	b.cut, b.shut, b.named = true, true, false
	b.released++
	b.ending = f != cutOffQuiet
	return b, true
}

func (f lifeFlaw) model() interleave.Model[being] {
	return interleave.Model[being]{
		Start: being{token: tokenLoop},
		Steps: []interleave.Step[being]{
			{Name: "progress", Do: f.progress},
			{Name: "fault", Do: f.fault},
			{Name: "peer stays", Do: peerStays},
			{Name: "peer left", Do: f.peerLeft},
			{Name: "attend", Do: f.attend},
			{Name: "writable", Do: f.writable},
			{Name: "send", Do: f.send},
			{Name: "write", Do: func(b being) (being, bool) { return f.write(b, false) }},
			{Name: "full", Do: func(b being) (being, bool) { return f.write(b, true) }},
			{Name: "cut off", Do: f.cutOff},
		},
		Check: checkBeing, AtRest: checkEnd,
	}
}

func checkBeing(b being) error {
	switch {
	case b.late:
		return errors.New("written to after its end, or admitted when it drained")
	case b.lost:
		return errors.New("closed with something to write, though the peer was there")
	case b.released > 1 || b.ends > 1:
		return errors.New("released or closed twice")
	case b.state == stateLive && !b.named && !b.shut:
		return errors.New("lives without a name")
	case b.state >= stateDraining && (b.named || !b.shut):
		return errors.New("ends, and has its name or admits frames")
	}
	return nil
}

// checkEnd: it can only rest when it is over, or when nobody wants it to end.
func checkEnd(b being) error {
	if b.state == stateClosed || b.state == stateLive && b.named && !b.shut && b.queued == 0 {
		return nil
	}
	return errors.New("it never ends")
}

func TestLifeExhaustively(t *testing.T) {
	states, err := soundLife.model().Run(nil)
	if err != nil || states < 100 {
		t.Errorf("%d states: %v", states, err)
	}
}

// Each flaw is seen.
func TestLifeFlaws(t *testing.T) {
	for _, f := range lifeFlaws {
		if _, err := f.model().Run(nil); err == nil {
			t.Errorf("not seen: %s", f)
		}
	}
}
