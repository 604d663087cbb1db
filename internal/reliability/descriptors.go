package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

// descriptors is more connections than the broker has descriptors for: it goes
// on, at its ease, and takes new ones soon after there are some again.
type descriptors struct {
	limit    uint64
	connects int
	watch    time.Duration // how long its processor time is looked at
	timed    bool          // hold it to that
}

const (
	exhaustedLoad = 0.2             // of a core
	freshConnect  = 2 * time.Second // after descriptors are free
)

func (t descriptors) run(ctx context.Context, dir string) (string, error) {
	b, err := server{Dir: dir, Timeout: time.Minute, Descriptors: t.limit}.start(ctx)
	if err != nil {
		return "", err
	}
	p, err := newPair(ctx, b.at[0])
	if err != nil {
		return "", err
	}
	defer p.close()
	conns := make([]net.Conn, t.connects)
	for i := range conns {
		if conns[i], err = dialRaw(b.at[1]); err != nil {
			return "", err
		}
		defer closing(conns[i])
	}
	if err := p.once(ctx); err != nil {
		return "", fmt.Errorf("a client that was there before: %w", err)
	}
	load, open, err := t.idle(ctx, b)
	if err != nil {
		return "", err
	}
	for _, c := range conns[:t.connects*3/4] {
		_ = c.Close()
	}
	freed := time.Now()
	fresh, err := dialRaw(b.at[1])
	if err != nil {
		return "", err
	}
	defer closing(fresh)
	_ = fresh.SetDeadline(freed.Add(10 * freshConnect))
	err = register(fresh, "fresh")
	took := time.Since(freed)
	figures := fmt.Sprintf("%d connects, %d of %d descriptors open: %.1f %% of a core; a new one %v after some were free",
		t.connects, open, t.limit, 100*load, took.Round(time.Millisecond))
	switch {
	case err != nil:
	case uint64(open) < t.limit-8:
		err = fmt.Errorf("descriptors were not exhausted")
	case t.timed && load >= exhaustedLoad:
		err = fmt.Errorf("being exhausted keeps it busy")
	case took >= freshConnect:
		err = fmt.Errorf("new connections have to wait too long")
	}
	if err == nil {
		err = p.once(ctx)
	}
	p.close()
	if stopped := b.stop(); err == nil {
		err = stopped
	}
	return figures, err
}

// idle looks at a broker that nobody asks for anything: how much of a core it
// takes, and what it has open.
func (t descriptors) idle(ctx context.Context, b *broker) (load float64, open int, err error) {
	before, err := b.processor()
	if err != nil {
		return 0, 0, err
	}
	rest(ctx, t.watch)
	after, err := b.processor()
	if err != nil {
		return 0, 0, err
	}
	open, err = b.process.descriptors()
	return (after - before).Seconds() / t.watch.Seconds(), open, err
}
