package listeners

import (
	"context"
	"errors"
)

// Drain lets nobody in any more and gives up all addresses, so that another
// broker can have them; whoever is connected stays. It returns nil once all have
// left, or the error of ctx. [Group.Shutdown] is still to be called.
func (g *Group) Drain(ctx context.Context) error {
	g.mu.Lock()
	places := g.mu.places
	g.mu.places = nil
	g.mu.draining = true
	g.mu.Unlock()
	var errs []error
	for _, p := range places {
		errs = append(errs, try(p.stop))
	}
	for _, l := range g.loops {
		l.do(func() {}) // it has what was accepted
	}
	for _, p := range places {
		errs = append(errs, try(p.release))
	}
	g.log.Info("addresses given up", "connections", g.broker.Stats().Connections)
	return errors.Join(append(errs, g.broker.Vacant(ctx))...)
}
