package listeners

import (
	"context"
	"errors"
	"time"
)

// stopGrace is how long event loops have to end when the context of a shutdown is
// over.
const stopGrace = time.Second

// errStuck is what Shutdown gives when it had to leave event loops behind.
var errStuck = errors.New("busrt: an event loop does not end")

// Shutdown ends everything: nothing is accepted any more, the broker announces
// its end and its sessions drain [BUSRT-A2] [BUSRT-B7] as long as ctx lets them,
// then the loops end and sockets, FIFOs and their paths go. Nothing is left of
// the group when it returns, whatever it returns: the error of ctx if sessions
// were cut short, and what went wrong with paths. Only an event loop that is stuck, which
// the log tells of, is left behind a second after ctx ended, with its addresses. Later calls wait for the first
// one, or for their ctx, and return nil or its error.
func (g *Group) Shutdown(ctx context.Context) error {
	g.mu.Lock()
	first := !g.mu.shutdown
	g.mu.shutdown = true
	places := g.mu.places
	g.mu.Unlock()
	if !first {
		select {
		case <-g.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(g.ended)
	var errs []error
	for _, p := range places {
		errs = append(errs, try(p.stop))
	}
	for _, l := range g.loops {
		l.doUntil(ctx, func() {}) // it has what was accepted
	}
	g.strand.refuse()
	errs = append(errs, g.broker.Shutdown(ctx))
	for _, l := range g.loops {
		l.post(l.stop)
	}
	g.strand.stop()
	stuck := g.awaitLoops(ctx)
	close(g.ticks.stop)
	<-g.ticks.done
	if stuck {
		return errors.Join(append(errs, errStuck)...)
	}
	for _, p := range places {
		errs = append(errs, try(p.release))
	}
	return errors.Join(errs...)
}

// awaitLoops waits until all loops and streams have ended; stuck: some do not.
func (g *Group) awaitLoops(ctx context.Context) (stuck bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, l := range g.loops {
			<-l.done
		}
		<-g.strand.done
		g.strand.streams.Wait()
	}()
	select {
	case <-ended:
		return false
	case <-ctx.Done():
	}
	late := time.NewTimer(stopGrace)
	defer late.Stop()
	select {
	case <-ended:
		return false
	case <-late.C:
		return true
	}
}
