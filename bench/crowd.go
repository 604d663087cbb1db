package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// crowd are clients that do nothing but be there. Their pings are spread over
// the interval, so as not to be a burst that others have to wait for.
type crowd struct {
	mu struct {
		sync.Mutex
		idlers []Idler
	}
	failed atomic.Pointer[error] // the first of pings
	quit   context.CancelFunc
	done   chan struct{} // nobody pings any more
}

// portions is how many times in an interval some of the crowd ping.
const portions = 100

func newCrowd(interval time.Duration) *crowd {
	ctx, quit := context.WithCancel(context.Background())
	c := &crowd{quit: quit, done: make(chan struct{})}
	go c.ping(ctx, interval)
	return c
}

func (c *crowd) add(i Idler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.idlers = append(c.mu.idlers, i)
}

// register adds n clients.
func (c *crowd) register(ctx context.Context, b *Bench, prefix string, n int) error {
	for i := range n {
		idler, err := patiently(ctx, prefix+fmt.Sprint(i+1), b.options.Register)
		if err != nil {
			return err
		}
		c.add(idler)
	}
	return nil
}

// ping has each client ping once in the interval.
func (c *crowd) ping(ctx context.Context, interval time.Duration) {
	defer close(c.done)
	tick := time.NewTicker(max(interval/portions, time.Millisecond))
	defer tick.Stop()
	for n := 0; ; n = (n + 1) % portions {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		idlers := c.mu.idlers // it only grows
		c.mu.Unlock()
		for i := n; i < len(idlers); i += portions {
			if err := idlers[i].Ping(ctx); err != nil && ctx.Err() == nil {
				err = fmt.Errorf("busrt: a client that only pings: %w", err)
				c.failed.CompareAndSwap(nil, &err)
			}
		}
	}
}

// err is nil as long as all are there.
func (c *crowd) err() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// close ends them all.
func (c *crowd) close() {
	c.quit()
	<-c.done
	for _, i := range c.mu.idlers {
		_ = i.Close()
	}
}

// Subscriptions are made so many in a frame, and so many by a client.
const (
	topicsPerFrame  = 1000
	topicsPerClient = 10_000
)

// subscribe adds clients with n subscriptions to topics beside those that are
// published, of which there is none.
func (c *crowd) subscribe(ctx context.Context, b *Bench, n int) error {
	for first := 0; first < n; first += topicsPerClient {
		name := fmt.Sprintf("%s-subscriber-%d", b.options.Name, first/topicsPerClient+1)
		bus, err := patiently(ctx, name, b.options.Dial)
		if err != nil {
			return err
		}
		c.add(bus)
		most := min(n, first+topicsPerClient)
		for i := first; i < most; i += topicsPerFrame {
			topics := make([]string, 0, topicsPerFrame)
			for k := i; k < min(most, i+topicsPerFrame); k++ {
				topics = append(topics, fmt.Sprintf("%s/other-%d", b.options.Name, k))
			}
			if err := bus.Subscribe(ctx, topics...); err != nil {
				return err
			}
		}
	}
	return nil
}
