package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/nap"
)

// audience is subscribers of one topic and who publishes there.
type audience struct {
	publisher *client.Client
	all       []*subscriber
}

// subscriber knows when each frame came. One goroutine, until that has ended.
type subscriber struct {
	client *client.Client
	came   []time.Duration // from the first moment of the publisher
}

const (
	audienceTopic = "stage/news"
	audienceFrame = 2 << 10 // bytes
)

// gather connects n subscribers and a publisher.
func gather(ctx context.Context, at string, n int) (a *audience, err error) {
	a = &audience{}
	if a.publisher, err = client.Dial(ctx, at, client.Options{Name: "publisher"}); err != nil {
		return a, err
	}
	for i := range n {
		c, err := client.Dial(ctx, at, client.Options{Name: fmt.Sprintf("subscriber.%d", i), QueueSize: 1})
		if err != nil {
			return a, err
		}
		a.all = append(a.all, &subscriber{client: c})
		if err := c.Subscribe(ctx, audienceTopic); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *audience) leave() {
	if a.publisher != nil {
		_ = a.publisher.Close()
	}
	for _, s := range a.all {
		_ = s.client.Close()
	}
}

// hear has frames published for d, one each interval whatever becomes of the
// others, 0: as fast as the broker takes them. The last subscriber of all stops
// reading at its frame of the number stop, if that is not negative; the others
// have received all that was published, each frame in its place, when hear
// returns. It gives how many that were.
func (a *audience) hear(ctx context.Context, interval, d time.Duration, stop int) (n int, err error) {
	var group sync.WaitGroup
	var all faults
	begun := time.Now()
	for i, s := range a.all {
		upTo := -1
		if i == len(a.all)-1 {
			upTo = stop
		}
		if interval > 0 {
			s.came = make([]time.Duration, 0, d/interval+1)
		}
		group.Go(func() { all.add(s.hear(ctx, begun, upTo)) })
	}
	n, err = a.publish(ctx, begun, interval, d)
	all.add(err)
	if err != nil {
		a.leave() // nobody needs to wait for the rest
	}
	group.Wait()
	return n, all.err()
}

// publish publishes numbered frames, and an empty one as the last.
func (a *audience) publish(ctx context.Context, begun time.Time, interval, d time.Duration) (n int, err error) {
	sleep, end := nap.New()
	defer end()
	payload := make([]byte, audienceFrame)
	for at := time.Duration(0); at < d; n++ {
		for early := at - time.Since(begun); interval > 0 && early > 0; early = at - time.Since(begun) {
			sleep(early)
		}
		binary.LittleEndian.PutUint64(payload, uint64(n))
		if err := a.publisher.Publish(ctx, audienceTopic, payload, codec.QoSNo); err != nil {
			return n, err
		}
		if at += interval; interval == 0 {
			at = time.Since(begun)
		}
	}
	return n, a.publisher.Publish(ctx, audienceTopic, nil, codec.QoSProcessed)
}

// hear receives until the last frame, or the one of the number stop.
func (s *subscriber) hear(ctx context.Context, begun time.Time, stop int) error {
	for {
		frames, err := s.client.RecvBatch(ctx)
		if err != nil {
			return fmt.Errorf("%s after %d frames: %w", s.client.Name(), len(s.came), err)
		}
		at := time.Since(begun)
		for i := range frames {
			payload := frames[i].Payload
			switch {
			case frames[i].Sender == ".broker":
				continue
			case len(payload) == 0, len(s.came) == stop:
				return nil
			case len(payload) != audienceFrame || binary.LittleEndian.Uint64(payload) != uint64(len(s.came)):
				return fmt.Errorf("%s was to receive frame %d, and got another", s.client.Name(), len(s.came))
			}
			s.came = append(s.came, at)
		}
	}
}
