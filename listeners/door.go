package listeners

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/busrt-go/busrt/engine"
)

// maxGuests is how many connections may shake hands at one door at once. More
// wait in the queue of the socket.
const maxGuests = 1024

// door is a listening socket whose connections shake hands, for TLS or HTTP,
// before they are streams. That takes them no longer than the timeout, from
// accept on, whatever they do [BUSRT-H8]. It is a [net.Listener].
type door struct {
	net.Listener // gives *net.TCPConn
	log          *slog.Logger
	timeout      time.Duration
	admission    *admission
	closed       chan struct{}
	room         chan struct{} // as many places as there may be guests

	mu struct {
		sync.Mutex
		guests map[*guest]struct{}
		shut   bool
	}
	handlers sync.WaitGroup // goroutines that look after guests
}

// openDoor listens at HOST:PORT; the errors name bind.
func openDoor(ctx context.Context, bind, hostPort string, timeout time.Duration, a *admission, log *slog.Logger) (*door, error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // as for those of the loops
	ln, err := lc.Listen(ctx, "tcp", hostPort)
	if err != nil {
		return nil, bindErrorf(bind, "%w", cause(err))
	}
	d := &door{
		Listener: ln, log: log, timeout: timeout, admission: a,
		closed: make(chan struct{}), room: make(chan struct{}, maxGuests),
	}
	d.mu.guests = make(map[*guest]struct{})
	return d, nil
}

// Accept gives the next guest. It waits while there is no place, or the system
// has no room. The one error is [net.ErrClosed].
func (d *door) Accept() (net.Conn, error) {
	select {
	case d.room <- struct{}{}:
	case <-d.closed:
		return nil, net.ErrClosed
	}
	for told := false; ; {
		var c net.Conn
		err := d.admission.room()
		if err == nil {
			c, err = d.Listener.Accept()
		}
		switch {
		case err == nil:
			return d.welcome(c)
		case errors.Is(err, net.ErrClosed):
			return nil, net.ErrClosed
		case passing(err):
			continue
		case !told:
			told = true
			d.log.Warn("no room for connections, they have to wait", "error", err)
		}
		d.admission.waits.Add(1)
		select {
		case <-time.After(engine.TickInterval):
		case <-d.closed:
			return nil, net.ErrClosed
		}
	}
}

func (d *door) welcome(c net.Conn) (net.Conn, error) {
	g := &guest{Conn: c, door: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mu.shut {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	d.mu.guests[g] = struct{}{}
	d.admission.guests.Add(1)
	g.deadline = time.AfterFunc(d.timeout, func() { _ = g.Close() })
	return g, nil
}

// each has handle look after each guest, on a goroutine of its own, until the
// door is closed. handle lets the guest in or closes it.
func (d *door) each(handle func(*guest)) {
	for {
		c, err := d.Accept()
		if err != nil {
			return
		}
		if g, ok := c.(*guest); ok {
			d.handlers.Go(func() { handle(g) })
		}
	}
}

// place is the door's; serve lets guests in until it is closed.
func (d *door) place(serve func()) place {
	open := func() error {
		d.handlers.Go(serve)
		return nil
	}
	return place{open: open, stop: d.Close}
}

// Close ends the accepting and all handshakes, and waits for who looks after
// them.
func (d *door) Close() error {
	d.mu.Lock()
	first := !d.mu.shut
	d.mu.shut = true
	guests := make([]*guest, 0, len(d.mu.guests))
	for g := range d.mu.guests {
		guests = append(guests, g)
	}
	d.mu.Unlock()
	if !first {
		return nil
	}
	close(d.closed)
	err := d.Listener.Close()
	for _, g := range guests {
		_ = g.Close()
	}
	d.handlers.Wait()
	return err
}

// guest is a connection whose handshake is under way.
type guest struct {
	net.Conn
	door     *door
	deadline *time.Timer // guarded by door.mu
	gone     sync.Once
}

// enter ends the handshake; what becomes of the connection is up to the caller.
func (g *guest) enter() {
	g.gone.Do(func() {
		g.door.mu.Lock()
		g.deadline.Stop()
		delete(g.door.mu.guests, g)
		g.door.admission.guests.Add(-1)
		g.door.mu.Unlock()
		<-g.door.room
	})
}

// Close closes the connection, whatever it is at.
func (g *guest) Close() error {
	g.enter()
	return g.Conn.Close()
}

// grounded is what a connection of a door, wrapped or not, is built upon.
func grounded(c net.Conn) net.Conn {
	for {
		switch x := c.(type) {
		case *guest:
			c = x.Conn
		case interface{ NetConn() net.Conn }:
			c = x.NetConn()
		default:
			return c
		}
	}
}
