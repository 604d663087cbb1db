package listeners

import (
	"errors"
	"runtime"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/queue"
)

// interest is what a descriptor is watched for, and what an event claims it is
// ready for.
type interest uint8

const (
	reading interest = 1 << iota
	writing

	nothing interest = 0
	both             = reading | writing
)

// poller tells a loop which of its descriptors may have something to do. The
// loop takes that for a hint. All but trigger is loop only.
type poller interface {
	// watch changes the interest in fd. With was == now it asks for an event
	// if fd is ready at this moment: a no-op where events are level-triggered.
	watch(fd int, was, now interest) error

	// trigger has the loop run task soon. Tasks may overtake each other. Any
	// goroutine, until close.
	trigger(task func(any) error) error

	// run hands events to handle and runs tasks until one returns errStop,
	// when it returns nil. Neither may panic: the wake-ups would be lost.
	run(handle func(fd int, ready interest)) error

	close() error
}

// errStop ends a poller's run.
var errStop = gneterrors.ErrEngineShutdown

// edge tells that watching is edge-triggered. netpoll cannot take a descriptor
// out of a kqueue (its Delete does nothing there), so that a paused connection
// would keep the loop spinning; with edges its events come once and are ignored.
const edge = runtime.GOOS != "linux"

// netPoller is gnet's poller: epoll on Linux, kqueue elsewhere.
type netPoller struct {
	*netpoll.Poller
	at netpoll.PollAttachment // scratch of watch
}

func openPoller() (poller, error) {
	p, err := netpoll.OpenPoller()
	if err != nil {
		return nil, err
	}
	return &netPoller{Poller: p}, nil
}

func (p *netPoller) close() error { return p.Close() }

func (p *netPoller) trigger(task func(any) error) error {
	return p.Trigger(queue.HighPriority, task, nil)
}

func (p *netPoller) run(handle func(fd int, ready interest)) error {
	err := p.Polling(func(fd int, event netpoll.IOEvent, flags netpoll.IOFlags) error {
		var ready interest
		if netpoll.IsReadEvent(event) {
			ready = reading
		}
		if netpoll.IsWriteEvent(event) {
			ready |= writing
		}
		if netpoll.IsErrorEvent(event, flags) {
			ready = both // reading and writing tell what it is
		}
		handle(fd, ready)
		return nil
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

func (p *netPoller) watch(fd int, was, now interest) error {
	p.at.FD = fd
	switch {
	case was == now && !edge:
		return nil
	case was == reading && now == both:
		return p.ModReadWrite(&p.at, edge)
	case was == both && now == reading:
		return p.ModRead(&p.at, edge)
	}
	if was != nothing && was != now {
		if err := p.Delete(fd); err != nil {
			return err
		}
	}
	switch now {
	case reading:
		return p.AddRead(&p.at, edge)
	case writing:
		return p.AddWrite(&p.at, edge)
	case both:
		return p.AddReadWrite(&p.at, edge)
	default:
		return nil
	}
}
