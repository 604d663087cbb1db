package listeners

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// maxLoops leaves two of the 64 bits that a broker has for shards: one for the
// strand, one for goroutines that wait in a call.
const maxLoops = 62

// Options of a group of listeners. The zero value of each field is its default.
type Options struct {
	// Loops is the number of event loops, at most 62. Default: half of the
	// cores, at least 1, at most 4. A frame that crosses loops costs more than
	// one that does not; more loops pay where one does not keep up.
	Loops int

	// MaxConnections is how many the broker may have, however they came; further
	// ones wait until one ends. Default: 64 less than the descriptors the process
	// may have.
	MaxConnections int

	// PeerConnections is how many of them one user may have on this host, or one
	// address, and ConnectRate how many it may make a second, and a second's worth
	// at once. Further ones are closed without a word. Default: any number.
	PeerConnections int
	ConnectRate     int

	// StallTime is how long an event loop may be busy with one thing before the
	// stacks of all goroutines are logged, once for each time. Default 5 s;
	// negative: never.
	StallTime time.Duration

	// Logger receives events of the control plane. The last group that was made
	// also gives its logger to gnet, which has one for the process. Default: the
	// broker's.
	Logger *slog.Logger

	// OnFatal is called, at most once and on a goroutine of its own, when the
	// group cannot go on: a poller failed, or panics came too often. The process
	// should end then. Default: the failure is logged, no more.
	OnFatal func(error)
}

// EnsureDefaults returns o with its zero fields filled in, but for the logger,
// which is the broker's.
func (o Options) EnsureDefaults() Options {
	if o.Loops == 0 {
		o.Loops = min(max(1, runtime.NumCPU()/2), 4)
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = maxConnections()
	}
	if o.StallTime == 0 {
		o.StallTime = 5 * time.Second
	}
	return o
}

// Validate reports the first field of o, defaults filled in, that cannot work.
func (o Options) Validate() error {
	if o.Loops < 1 || o.Loops > maxLoops {
		return fmt.Errorf("busrt: %d event loops: want 1 to %d", o.Loops, maxLoops)
	}
	switch {
	case o.MaxConnections < 1:
		return fmt.Errorf("busrt: limit of %d connections: want 1 at least", o.MaxConnections)
	case o.PeerConnections < 0:
		return fmt.Errorf("busrt: limit of %d connections of one peer: want 1 at least, or 0 for any number", o.PeerConnections)
	case o.ConnectRate < 0:
		return fmt.Errorf("busrt: limit of %d connections a second of one peer: want 1 at least, or 0 for any number", o.ConnectRate)
	}
	return nil
}

// ErrShutdown is what Listen gives after Shutdown or Drain.
var ErrShutdown = errors.New("busrt: listeners are shut down")

// Group is a set of event loops and what they listen on. Make one with [New].
// Methods may be called by any goroutine, but not by an event loop.
type Group struct {
	broker    *engine.Broker
	log       *slog.Logger
	loops     []*loop
	strand    *strand
	guard     *guard
	admission *admission
	watchdog  *watchdog
	ticks     *ticker
	ended     chan struct{} // closed when Shutdown is over
	next      atomic.Uint32 // the loop for the next acceptor

	mu struct {
		sync.Mutex
		places   []place
		settings map[string]*settings // by bind, of what has connections
		shutdown bool
		draining bool
	}
}

// place is an address that is listened on. Functions that are nil have nothing to
// do.
type place struct {
	open    func() error // lets clients in
	stop    func() error // lets nobody in any more
	release func() error // gives the address up, when all clients have left
}

// New starts the event loops. They run until [Group.Shutdown].
func New(b *engine.Broker, o Options) (*Group, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = b.Logger()
	}
	setGnetLog(o.Logger)
	g := &Group{
		broker: b, log: o.Logger, ticks: newTicker(), ended: make(chan struct{}),
		guard: &guard{log: o.Logger, fatal: o.OnFatal}, admission: newAdmission(b, o), watchdog: newWatchdog(o.Logger, o.StallTime),
	}
	g.mu.settings = make(map[string]*settings)
	for range o.Loops {
		l, err := newLoop(g)
		if err != nil {
			for _, l := range g.loops {
				l.shard.Close()
				_ = l.poller.close()
			}
			return nil, fmt.Errorf("busrt: event loop: %w", err)
		}
		g.loops = append(g.loops, l)
	}
	g.strand = newStrand(g)
	for _, l := range g.loops {
		go l.run()
	}
	go g.strand.run()
	go g.ticks.run(g.tick)
	return g, nil
}

// tick ticks all loops and the strand, or those in a hurry, and tells whether
// there are any.
func (g *Group) tick(all bool) (hurried bool) {
	for _, l := range g.loops {
		h := l.hurried.Load()
		if all || h {
			l.call(callTick)
			g.watchdog.sent(&l.pulse, l.done)
		}
		hurried = hurried || h
	}
	h := g.strand.hurried.Load()
	if all || h {
		g.strand.call(callTick)
		g.watchdog.sent(&g.strand.pulse, g.strand.done)
	}
	return hurried || h
}

// Listen opens an address and serves it from then on; it is bound when Listen
// returns. bind is a path (a leading /, or a suffix .sock, .socket, .ipc),
// HOST:PORT with port 0 for any, tls://HOST:PORT, ws:// or wss://HOST:PORT with a
// path if only that is to be served, fifo:PATH, or fd:NAME for the sockets of that
// name, fd: for all, that the service manager has opened. The result tells the
// port that was taken, of the first socket if there are several. ctx bounds the
// look-up of HOST.
func (g *Group) Listen(ctx context.Context, bind string, o ListenOptions) (net.Addr, error) {
	a, err := parseAddress(bind)
	if err == nil {
		err = o.validateFor(bind, a.network)
	}
	if err == nil {
		err = ctx.Err() // a look-up may answer though its context is done
	}
	if err != nil {
		return nil, err
	}
	if a.network == networkFIFO {
		return g.listenFIFO(a, o)
	}
	s := o.settings()
	at, err := g.listen(ctx, bind, a, o, s)
	if err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.mu.settings[bind] = s
	}
	return at, err
}

func (g *Group) listenFIFO(a address, o ListenOptions) (net.Addr, error) {
	f, err := openFIFO(a.path, o.Mode, g.broker.Core(), g.log)
	if err != nil {
		return nil, err
	}
	at := &net.UnixAddr{Name: a.path, Net: networkFIFO}
	return g.serve(at, place{stop: f.Close})
}

// listen opens an address that has connections, which get what is in s.
func (g *Group) listen(ctx context.Context, bind string, a address, o ListenOptions, s *settings) (net.Addr, error) {
	switch a.network {
	case networkUnix:
		c, err := claimUnix(a.path, o)
		if err != nil {
			return nil, err
		}
		at := &net.UnixAddr{Name: a.path, Net: networkUnix}
		return g.serve(at, g.accepting(bind, &acceptor{fd: c.FD(), describe: unixPeers(&bind, s)}, c.Release))
	case networkTLS:
		return g.listenTLS(ctx, bind, a, o, s)
	case networkWS, networkWSS:
		return g.listenWebSocket(ctx, bind, a, o, s)
	case networkFD:
		return g.listenInherited(bind, a, s)
	default:
		fd, at, err := listenTCP(ctx, bind, a.path)
		if err != nil {
			return nil, err
		}
		release := func() error { return unix.Close(fd) }
		return g.serve(at, g.accepting(bind, &acceptor{fd: fd, describe: tcpPeers(&bind, s)}, release))
	}
}

// accepting is the place of a listening socket that is a loop's.
func (g *Group) accepting(bind string, a *acceptor, release func() error) place {
	open := func() error {
		a.loops = g.loops
		a.loop = g.loops[int(g.next.Add(1)-1)%len(g.loops)]
		err := errors.New("the event loop has ended")
		a.loop.do(func() { err = a.start() })
		if err != nil {
			return bindErrorf(bind, "%w", err)
		}
		return nil
	}
	stop := func() error {
		if a.loop != nil {
			a.loop.post(a.stop) // before whatever is asked of the loop next
		}
		return nil
	}
	return place{open, stop, release}
}

// serve makes p one of the group's places; or it gives p up.
func (g *Group) serve(at net.Addr, p place) (net.Addr, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := ErrShutdown
	if !g.mu.shutdown && !g.mu.draining {
		err = try(p.open)
	}
	if err != nil {
		return nil, errors.Join(err, try(p.stop), try(p.release))
	}
	g.mu.places = append(g.mu.places, p)
	return at, nil
}

func try(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

// Stats are what a group has counted since it was made.
type Stats struct {
	Waits  uint64 // times that accepting paused: no descriptor, or no place
	Stalls uint64 // of event loops
	Panics uint64 // that were recovered
}

// Stats gives the group's counters, beside those of the broker. Any goroutine.
func (g *Group) Stats() Stats {
	return Stats{Waits: g.admission.waits.Load(), Stalls: g.watchdog.stalls.Load(), Panics: g.guard.count.Load()}
}
