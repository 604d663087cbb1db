package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// large is frames of 1 MiB as fast as they are taken, to a receiver that reads,
// fast or with a rest behind each: it is never cut off [BUSRT-O17], and every
// frame comes as it was sent.
type large struct{ frames int }

const (
	largeFrame = 1 << 20
	largeRest  = 5 * time.Millisecond
)

func (t large) run(ctx context.Context, dir string) (string, error) {
	b, err := server{Dir: dir, Timeout: 5 * time.Second}.start(ctx)
	if err != nil {
		return "", err
	}
	var took []time.Duration
	var all faults
	for _, at := range b.at {
		for _, pause := range []time.Duration{0, largeRest} {
			begun := time.Now()
			if err := t.one(ctx, at, pause); err != nil {
				all.add(fmt.Errorf("%s, a rest of %v behind each: %w", at, pause, err))
			}
			took = append(took, time.Since(begun).Round(time.Millisecond))
		}
	}
	i, err := b.look()
	all.add(err)
	all.ends(i.Engine.Ended, "peer left")
	all.add(b.stop())
	return fmt.Sprintf("%d frames of 1 MiB, each time all acknowledged, received and whole: in %v over a unix socket, %v with a rest of %v behind each; in %v and %v over TCP",
		t.frames, took[0], took[1], largeRest, took[2], took[3]), all.err()
}

// one sends them over one address.
func (t large) one(ctx context.Context, at string, pause time.Duration) error {
	receiver, err := client.Dial(ctx, at, client.Options{Name: "reader", QueueSize: 1})
	if err != nil {
		return err
	}
	defer closing(receiver)
	sender, err := client.Dial(ctx, at, client.Options{Name: "sender"})
	if err != nil {
		return err
	}
	defer closing(sender)
	var reader sync.WaitGroup
	var cut error
	w := newWitness()
	reader.Go(func() { cut = t.read(ctx, receiver, w, pause) })
	var book ledger
	sent := t.send(ctx, sender, book.open())
	if sent != nil {
		_ = receiver.Close() // it need not wait for the rest
	}
	reader.Wait()
	missing, faults := book.audit(w, 0)
	if missing > 0 {
		faults = append(faults, fmt.Errorf("%d acknowledged frames are missing", missing))
	}
	return errors.Join(append(faults, sent, cut)...)
}

// read receives as many frames as there are to be.
func (t large) read(ctx context.Context, c *client.Client, w *witness, pause time.Duration) error {
	for w.count() < t.frames && len(w.faults) == 0 {
		f, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		if f.Sender != ".broker" {
			w.see(f.Payload)
			rest(ctx, pause)
		}
	}
	return nil
}

func (t large) send(ctx context.Context, c *client.Client, s *stream) error {
	filler := make([]byte, largeFrame-overhead)
	for i := range filler {
		filler[i] = byte(i * i >> 8)
	}
	confirms := make([]codec.Confirm, t.frames)
	for i := range confirms {
		confirm, err := c.SendAsync(ctx, "reader", s.next(0, filler), codec.QoSProcessed)
		if err != nil {
			return err
		}
		confirms[i] = confirm
	}
	for i, confirm := range confirms {
		err := confirm.Wait(ctx)
		if err != nil {
			return err
		}
		s.told(i, err)
	}
	return nil
}
