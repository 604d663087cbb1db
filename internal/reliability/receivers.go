package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// last is what a receiver is told when all senders have ended.
const last = "that was all"

// receive is a receiver of its own target, which sends too if it is one that
// stays. It ends when it is told that that was all.
func (c *chaos) receive(ctx context.Context, i int, w *witness, ready chan struct{}, senders *sync.WaitGroup) {
	stays, queue := i < stayers, 0
	if !stays {
		queue = 1 // it stops reading when nobody receives
	}
	for first := true; ctx.Err() == nil; first = false {
		cl, _, err := c.dial(ctx, i, nameOf(i), queue)
		if err == nil && stays {
			err = cl.Subscribe(ctx, "chaos/#")
		}
		if err == nil && stays {
			senders.Go(func() { c.send(ctx, cl, true) })
		}
		if first {
			close(ready)
		}
		if err != nil {
			c.faults.add(err)
			return
		}
		over, err := c.take(ctx, cl, w, !stays)
		if over {
			senders.Wait()
			_ = cl.Close()
			return
		}
		_ = cl.Close()
		if stays {
			c.faults.add(fmt.Errorf("%s was to stay: %w", cl.Name(), err))
			return
		}
		c.cuts.Add(1)
	}
}

// take receives until the end of the connection, or of all: over. One that is
// slow rests now and then.
func (c *chaos) take(ctx context.Context, cl *client.Client, w *witness, slow bool) (over bool, err error) {
	for n := 0; ; n++ {
		if slow && n%50 == 0 {
			rest(ctx, time.Duration(rand.IntN(3000))*time.Millisecond) // less than the broker waits for progress [BUSRT-T3]
		}
		frames, err := cl.RecvBatch(ctx)
		if err != nil {
			return false, err
		}
		for i := range frames {
			switch {
			case string(frames[i].Payload) == last:
				return true, nil
			case frames[i].Sender != ".broker":
				w.see(frames[i].Payload)
			}
		}
	}
}

// rest waits for d, or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// dawdle receives in-process, with rests, until sending ends, then all that is
// left.
func dawdle(sending context.Context, local *engine.Client, w *witness) {
	for n := 0; ; n++ {
		if n%10 == 0 {
			rest(sending, time.Duration(rand.IntN(50))*time.Millisecond)
		}
		frames, err := local.RecvBatch(sending) // also when that has ended, as long as there are any
		if err != nil {
			return
		}
		for i := range frames {
			if frames[i].Sender != ".broker" {
				w.see(frames[i].Payload)
			}
		}
	}
}

// endOf tells all receivers that that was all. One that is just cut off has to
// come again.
func (c *chaos) endOf(ctx context.Context) {
	cl, _, err := c.dial(ctx, 0, "closer", 0)
	if err != nil {
		c.faults.add(err)
		return
	}
	for i := range stayers + slow {
		for ctx.Err() == nil {
			err := cl.Send(ctx, nameOf(i), []byte(last), codec.QoSProcessed)
			if err == nil {
				break
			}
			if !errors.Is(err, codec.NotRegistered) && !errors.Is(err, codec.NotDelivered) {
				c.faults.add(err)
				break
			}
			rest(ctx, time.Millisecond)
		}
	}
	_ = cl.Close()
}

// judge holds what was seen against what was acknowledged.
func (c *chaos) judge(seen []*witness, inProcess *witness, local *engine.Client) {
	for i, w := range seen {
		own := []int{i}
		if i < stayers {
			own = append(own, everybody)
		}
		missing, faults := c.ledger.audit(w, own...)
		c.faults.add(faults...)
		if missing > 0 || w.count() == 0 {
			c.faults.add(fmt.Errorf("%s has seen %d frames, %d that were acknowledged are missing", nameOf(i), w.count(), missing))
		}
	}
	missing, faults := c.ledger.audit(inProcess, lossy, lossyPublish)
	c.faults.add(faults...)
	if counted := local.Lost(); uint64(missing+c.ledger.sum(lossy, refused)) != counted {
		c.faults.add(fmt.Errorf("in-process: %d acknowledged frames are missing and %d were refused, the broker counts %d lost",
			missing, c.ledger.sum(lossy, refused), counted))
	}
	c.faults.ends(c.broker.Stats().Ended, "peer left", "queue full")
}
