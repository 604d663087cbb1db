package rpc

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// call is a call whose reply is to come.
type call struct {
	id     uint32
	target string
	begun  time.Time     // if calls are timed
	done   chan struct{} // room for one: result and err are set
	result []byte
	err    error
}

// calls are the calls whose replies are to come.
type calls struct {
	pool  sync.Pool // of *call
	timed bool

	mu      sync.Mutex
	last    uint32
	waiting map[uint32]*call
	ended   error
}

func (cs *calls) init() {
	cs.waiting = make(map[uint32]*call)
	cs.pool.New = func() any { return &call{done: make(chan struct{}, 1)} }
}

// begin makes a call with a fresh id, 1…2³²-1 in turn [BUSRT-R6]. Any goroutine.
func (cs *calls) begin(target string) (*call, error) {
	c, _ := cs.pool.Get().(*call)
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.ended != nil {
		return nil, cs.ended
	}
	for {
		cs.last++
		if _, taken := cs.waiting[cs.last]; !taken && cs.last != 0 {
			break
		}
	}
	c.id, c.target = cs.last, target
	if cs.timed {
		c.begun = time.Now()
	}
	cs.waiting[c.id] = c
	return c, nil
}

// abandon says that nobody waits for the reply any more; false if it has come.
func (cs *calls) abandon(c *call) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	_, waits := cs.waiting[c.id]
	delete(cs.waiting, c.id)
	return waits
}

// await waits until a call is done, or gives it up with the error of ctx.
func (cs *calls) await(ctx context.Context, c *call) error {
	runtime.Gosched() // who answers at once, in this process, may do so: half the cost of parking
	select {
	case <-c.done:
		return nil
	default:
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if cs.abandon(c) {
			return ctx.Err()
		}
		<-c.done // it has come just now
	}
	return nil
}

// finish gives the outcome of a call that is done, and takes it back.
func (cs *calls) finish(c *call) (result []byte, err error) {
	result, err = c.result, c.err
	c.result, c.err = nil, nil
	cs.pool.Put(c)
	return result, err
}

// complete passes a reply or error on, unless nobody waits for it or it is not
// from whom was called. False: it is neither of both. Any goroutine.
func (cs *calls) complete(sender string, r *codec.RPC) bool {
	if r.Kind != codec.RPCReply && r.Kind != codec.RPCError {
		return false
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.waiting[r.ID]
	if c == nil || c.target != sender {
		return true
	}
	delete(cs.waiting, r.ID)
	if r.Kind == codec.RPCError {
		c.err = &Error{r.Code, string(r.Data)}
	} else {
		c.result = bytes.Clone(r.Data)
	}
	c.done <- struct{}{}
	return true
}

// fail fails the calls for which why gives an error. Any goroutine.
func (cs *calls) fail(why func(*call) error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.failLocked(why)
}

func (cs *calls) failLocked(why func(*call) error) {
	for id, c := range cs.waiting {
		if err := why(c); err != nil {
			delete(cs.waiting, id)
			c.err = err
			c.done <- struct{}{}
		}
	}
}

// end fails all calls, and all that come later.
func (cs *calls) end(err error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.ended = err
	cs.failLocked(func(*call) error { return err })
}
