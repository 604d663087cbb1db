package listeners

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// acceptsPerEvent is how many connections a loop takes before it looks at its
// other sockets.
const acceptsPerEvent = 64

// acceptor is a listening socket. It belongs to one loop, and gives what it
// accepts to the loop that has the least. All methods are loop only.
type acceptor struct {
	fd    int // non-blocking; closed by whoever made it, after stop
	loop  *loop
	loops []*loop

	// describe prepares a new connection and says who its peer is.
	describe func(fd int, from unix.Sockaddr) (engine.Peer, error)

	resting bool      // the system has no room for connections: the next tick tries again
	toldAt  time.Time // when that was logged last
	stopped bool
}

func (a *acceptor) start() error {
	a.loop.enter(a.fd, a)
	err := a.loop.poller.watch(a.fd, nothing, reading)
	if err != nil {
		a.loop.leave(a.fd)
		a.stopped = true
	}
	return err
}

// stop ends the accepting. The socket stays open: who connects now waits.
func (a *acceptor) stop() {
	if a.stopped {
		return
	}
	a.stopped = true
	if !a.resting {
		_ = a.loop.poller.watch(a.fd, reading, nothing)
	}
	a.loop.leave(a.fd)
}

// abort does nothing: a panic while accepting is not the socket's fault.
func (a *acceptor) abort() {}

// ready accepts, whatever the event says.
func (a *acceptor) ready(interest) {
	if a.resting {
		return
	}
	for range acceptsPerEvent {
		if err := a.loop.admission.room(); err != nil {
			a.rest(err)
			return
		}
		fd, from, err := accept(a.fd)
		switch {
		case err == nil:
			a.welcome(fd, from)
		case errors.Is(err, unix.EAGAIN):
			return
		case passing(err):
		default:
			a.rest(err)
			return
		}
	}
	if edge {
		_ = a.loop.poller.watch(a.fd, reading, reading)
	}
}

// passing tells whether an error of accept is that of one connection, which is
// gone: Linux passes on what its network has met.
func passing(err error) bool {
	for _, e := range []unix.Errno{
		unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENOPROTOOPT, unix.EPERM, unix.EOPNOTSUPP,
		unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.ETIMEDOUT,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// welcome gives a new connection to the loop with the least.
func (a *acceptor) welcome(fd int, from unix.Sockaddr) {
	info, err := a.describe(fd, from)
	if err != nil {
		a.loop.log.Debug("connection not accepted", "error", err)
		_ = unix.Close(fd)
		return
	}
	v, why, ok := a.loop.admission.enter(info.Identity)
	if !ok {
		a.loop.admission.broker.Refused(info, why)
		_ = unix.Close(fd)
		return
	}
	owner := a.loops[0]
	for _, l := range a.loops[1:] {
		if l.load.Load() < owner.load.Load() {
			owner = l
		}
	}
	owner.load.Add(1)
	a.loop.admission.coming.Add(1)
	take := func() {
		defer owner.admission.coming.Add(-1)
		owner.adopt(fd, info, v)
	}
	if owner == a.loop {
		take()
		return
	}
	owner.post(take)
}

// restToldPause is between two lines of the log about the same acceptor.
const restToldPause = 10 * time.Second

// rest stops accepting until the next tick: the descriptors, the memory for
// them or the places the broker has for connections have run out, and the event
// would come again at once.
func (a *acceptor) rest(err error) {
	a.loop.admission.waits.Add(1)
	if now := time.Now(); now.Sub(a.toldAt) >= restToldPause {
		a.toldAt = now
		a.loop.log.Warn("no room for connections, they have to wait", "error", err)
	}
	if err := a.loop.poller.watch(a.fd, reading, nothing); err != nil {
		a.loop.log.Error("accepting cannot be put off", "error", err)
		return
	}
	a.resting = true
	a.loop.resting = append(a.loop.resting, a)
	if errors.As(err, new(crowdedError)) {
		a.loop.crowded = true
		a.loop.hurry()
	}
}

// resume accepts again, after a rest.
func (a *acceptor) resume() {
	if a.stopped {
		return
	}
	a.resting = false
	if err := a.loop.poller.watch(a.fd, nothing, reading); err != nil {
		a.resting = true
		a.loop.resting = append(a.loop.resting, a)
	}
}
