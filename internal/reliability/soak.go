package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// soak is a long run of everything that clients do, coming and going among it,
// at 30 % of what the broker and they can do at most. Memory, descriptors and
// goroutines of the broker stay where they are, and nobody is disconnected.
type soak struct {
	length time.Duration
	peak   time.Duration // how long that is looked for
	timed  bool          // long enough for a slope
	out    io.Writer     // for a line now and then

	broker *broker
	done   atomic.Int64 // operations
	faults faults
}

const (
	soakClients = 16
	soakLoad    = 0.3
	soakSlope   = 1 << 20 // bytes a minute
	soakDrift   = 4       // descriptors, goroutines
	churn       = 500     // one operation in so many is to leave and come again
)

func (s *soak) run(ctx context.Context, dir string) (string, error) {
	var err error
	if s.broker, err = (server{Dir: dir, Timeout: 5 * time.Second}).start(ctx); err != nil {
		return "", err
	}
	peak := s.work(ctx, s.peak, 0, func(time.Duration) {})
	var all samples
	rate := s.work(ctx, s.length, soakLoad*peak, func(since time.Duration) {
		x, err := s.sample(since)
		s.faults.add(err)
		all = append(all, x)
		if len(all)%60 == 1 {
			_, _ = fmt.Fprintf(s.out, "%v\n", x)
		}
	})
	end, err := s.broker.look()
	s.faults.add(err)
	s.faults.ends(end.Engine.Ended, "peer left")
	slope, drift := all.judge(s.length)
	if s.timed && slope > soakSlope {
		s.faults.add(errors.New("memory grows"))
	}
	if drift > soakDrift {
		s.faults.add(errors.New("descriptors or goroutines grow"))
	}
	s.faults.add(s.broker.stop())
	return fmt.Sprintf("%v at %.0f operations/s of %.0f, %d clients have left: memory %+.3f MiB a minute, descriptors and goroutines %+.1f",
		s.length, rate, peak, end.Engine.Ended["peer left"], slope/(1<<20), drift), s.faults.err()
}

// work has the clients work for d at a rate in all, 0 as fast as they can, and
// gives the rate that it was. look is called each second.
func (s *soak) work(ctx context.Context, d time.Duration, rate float64, look func(time.Duration)) float64 {
	working, stop := context.WithTimeout(ctx, d)
	defer stop()
	var group sync.WaitGroup
	begun, before := time.Now(), s.done.Load()
	for i := range soakClients {
		group.Go(func() { s.client(ctx, working, i, rate/soakClients) })
	}
	for second := time.Second; second < d && working.Err() == nil; second += time.Second {
		rest(working, time.Until(begun.Add(second)))
		if working.Err() == nil {
			look(second)
		}
	}
	group.Wait()
	return float64(s.done.Load()-before) / time.Since(begun).Seconds()
}

// client works at a rate until working is done, and leaves and comes again now and
// then. What it has begun then it finishes: a dial cut short would hold the name
// for a moment that belongs to the next one.
func (s *soak) client(ctx, working context.Context, i int, rate float64) {
	due := time.Now()
	for working.Err() == nil {
		c, err := client.Dial(ctx, s.broker.at[i%2], client.Options{Name: fmt.Sprintf("soak.%d", i)})
		if err != nil {
			if ctx.Err() == nil {
				s.faults.add(err)
			}
			return
		}
		var reader sync.WaitGroup
		reader.Go(func() {
			for err := error(nil); err == nil; {
				_, err = c.RecvBatch(context.WithoutCancel(ctx))
			}
		})
		err = c.Subscribe(ctx, fmt.Sprintf("soak/%d/#", i), "soak/all")
		for err == nil && working.Err() == nil && rand.IntN(churn) > 0 {
			if rate > 0 {
				due = due.Add(time.Duration(float64(time.Second) / rate))
				rest(working, time.Until(due))
			}
			err = s.one(ctx, c)
			s.done.Add(1)
		}
		if err != nil && ctx.Err() == nil {
			s.faults.add(fmt.Errorf("%s: %w", c.Name(), err))
		}
		if err := c.Err(); err != nil {
			s.faults.add(fmt.Errorf("%s was disconnected: %w", c.Name(), err))
		}
		_ = c.Close()
		reader.Wait()
	}
}

// one does one of the things that clients do. That a receiver is just away is no
// error.
func (s *soak) one(ctx context.Context, c *client.Client) error {
	payload := make([]byte, rand.IntN(2048))
	i := rand.IntN(soakClients)
	var err error
	switch what := rand.IntN(100); {
	case what < 50:
		err = c.Send(ctx, fmt.Sprintf("soak.%d", i), payload, codec.QoSProcessed)
	case what < 75:
		err = c.Publish(ctx, fmt.Sprintf("soak/%d/x", i), payload, codec.QoSRealtimeProcessed)
	case what < 80:
		err = c.Publish(ctx, "soak/all", payload, codec.QoSNo)
	case what < 82:
		err = c.Broadcast(ctx, "soak.?", payload, codec.QoSProcessed)
	case what < 90:
		err = c.Send(ctx, ".broker", codec.AppendRPCRequest(nil, 1, "client.list", nil), codec.QoSProcessed)
	case what < 94:
		err = c.Subscribe(ctx, fmt.Sprintf("soak/+/%d", rand.IntN(1000)))
	case what < 98:
		err = c.Unsubscribe(ctx, fmt.Sprintf("soak/+/%d", rand.IntN(1000)))
	default:
		topic := fmt.Sprintf("soak/%d/y", i)
		err = errors.Join(c.Exclude(ctx, topic), c.Unexclude(ctx, topic))
	}
	if errors.Is(err, codec.NotRegistered) {
		return nil
	}
	return err
}
