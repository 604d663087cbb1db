package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// flood is senders that send as fast as they are let to readers of their own,
// which read or never do; who is cut off takes its name back at once. The
// connections that were cut off stay open here: what is queued for them is
// theirs until the broker gives them up.
type flood struct {
	at    [2]string
	reads bool

	bytes atomic.Int64 // acknowledged
	cuts  atomic.Int64 // readers that were found to have gone
}

const (
	floodSenders = 5
	floodFrame   = 16 << 10
)

// reader is one of a sender's.
type reader struct {
	at, name string
	reads    bool
	lives    int // how often it has connected
	conns    []net.Conn
}

// run floods for d, and readers that never read until one was cut off, however
// slow the machine is; it gives that up after a minute.
func (f *flood) run(ctx context.Context, d time.Duration) error {
	flooding, stop := context.WithCancel(ctx)
	defer stop()
	var all faults
	var group sync.WaitGroup
	group.Go(func() {
		defer stop()
		rest(flooding, d)
		for late := time.Now().Add(time.Minute); !f.reads && f.cuts.Load() == 0 && time.Now().Before(late) && flooding.Err() == nil; {
			rest(flooding, 10*time.Millisecond)
		}
	})
	for i := range floodSenders {
		group.Go(func() {
			if err := f.sender(ctx, flooding, i); flooding.Err() == nil {
				all.add(err)
			}
		})
	}
	group.Wait()
	return all.err()
}

// sender sends to each of its readers in turn until flooding ends.
func (f *flood) sender(ctx, flooding context.Context, i int) error {
	readers := make([]*reader, memoryReaders/floodSenders)
	for k := range readers {
		r := &reader{at: f.at[k%2], name: fmt.Sprintf("reader.%d.%d", i, k), reads: f.reads}
		readers[k] = r
		defer r.leave()
		if err := r.connect(); err != nil {
			return err
		}
	}
	c, err := client.Dial(ctx, f.at[i%2], client.Options{Name: fmt.Sprintf("flood.%d", i)})
	if err != nil {
		return err
	}
	defer closing(c)
	type sent struct {
		confirm codec.Confirm
		to      *reader
		life    int
	}
	payload := make([]byte, floodFrame)
	var waiting []sent
	for n := 0; flooding.Err() == nil; n++ {
		r := readers[n%len(readers)]
		confirm, err := c.SendAsync(flooding, r.name, payload, codec.QoSProcessed)
		if err != nil {
			return err
		}
		if waiting = append(waiting, sent{confirm, r, r.lives}); len(waiting) < window {
			continue
		}
		first := waiting[0]
		waiting = waiting[1:]
		switch err := first.confirm.Wait(flooding); {
		case err == nil:
			f.bytes.Add(floodFrame)
		case !errors.Is(err, codec.NotDelivered) && !errors.Is(err, codec.NotRegistered):
			return err
		case first.life == first.to.lives: // else that was the connection before
			f.cuts.Add(1)
			if err := first.to.connect(); err != nil {
				return fmt.Errorf("%s comes again: %w", first.to.name, err)
			}
		}
	}
	return nil
}

// connect registers the reader, whose name is free.
func (r *reader) connect() error {
	conn, err := dialRaw(r.at)
	if err != nil {
		return err
	}
	r.conns, r.lives = append(r.conns, conn), r.lives+1
	if err := register(conn, r.name); err != nil {
		return err
	}
	if r.reads {
		go func() { _, _ = io.Copy(io.Discard, conn) }()
	}
	return nil
}

func (r *reader) leave() {
	for _, c := range r.conns {
		_ = c.Close()
	}
}
