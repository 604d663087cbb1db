package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// Senders at full speed when the server is ended: whatever was acknowledged
// comes to the client that reads, and the server is done within the timeout and
// a second [BUSRT-A2].
func TestSignalUnderLoad(t *testing.T) {
	const senders, timeout = 4, 10 * time.Second
	p := serving(t, "busrt", "server", "-B", "b.sock", "-t", fmt.Sprint(timeout.Seconds()))
	at := filepath.Join(p.dir, "b.sock")
	receiver := loadClient(t, at, "receiver")
	var acknowledged [senders]atomic.Int64 // frames of each, which come in order
	var group sync.WaitGroup
	for i := range senders {
		c := loadClient(t, at, fmt.Sprint("sender.", i))
		group.Go(func() { sendUntilCut(t, c, byte(i), &acknowledged[i]) })
	}
	var received [senders]int64
	var signalled time.Time
	for {
		f, err := receiver.Recv(t.Context())
		if err != nil {
			break
		}
		if f.Sender == ".broker" {
			continue
		}
		i := f.Payload[0]
		if n := int64(binary.LittleEndian.Uint64(f.Payload[1:])); n != received[i] {
			t.Errorf("sender %d: frame %d instead of %d", i, n, received[i])
		}
		received[i]++
		if signalled.IsZero() && received[i] == 5000 {
			behind(t, acknowledged[:], received[:])
			signalled = time.Now()
			p.signal(syscall.SIGTERM)
		}
	}
	group.Wait()
	p.wantExit(exitDone)
	took := time.Since(signalled)
	for i := range senders {
		if a := acknowledged[i].Load(); a > received[i] {
			t.Errorf("sender %d: %d frames were acknowledged, %d received", i, a, received[i])
		}
	}
	t.Logf("received %d, ended after %v", received, took)
	if signalled.IsZero() || took > timeout+time.Second {
		t.Errorf("the server has ended %v after the signal", took)
	}
}

// behind waits until more is queued for the receiver than its socket holds.
func behind(t *testing.T, acknowledged []atomic.Int64, received []int64) {
	t.Helper()
	late := time.Now().Add(patience)
	for {
		var queued int64
		for i := range received {
			queued += acknowledged[i].Load() - received[i]
		}
		switch {
		case queued >= 2000:
			return
		case time.Now().After(late):
			t.Fatalf("%d frames are queued", queued)
		}
		<-time.After(time.Millisecond)
	}
}

func loadClient(t *testing.T, at, name string) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), at, client.Options{Name: name, QueueSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// sendUntilCut sends numbered frames, some ahead of their acks, and counts those
// that were acknowledged, until the connection ends. What is behind a frame that
// found nobody is not counted: the receiver has gone.
func sendUntilCut(t *testing.T, c *client.Client, mark byte, acknowledged *atomic.Int64) {
	ctx := context.WithoutCancel(t.Context())
	var waiting []codec.Confirm
	for n := uint64(0); ; n++ {
		payload := make([]byte, 512)
		payload[0] = mark
		binary.LittleEndian.PutUint64(payload[1:], n)
		confirm, err := c.SendAsync(ctx, "receiver", payload, codec.QoSProcessed)
		if err == nil {
			waiting = append(waiting, confirm)
		}
		for len(waiting) > 0 && (err != nil || len(waiting) > 64) {
			acked := waiting[0].Wait(ctx)
			waiting = waiting[1:]
			if acked == nil {
				acknowledged.Add(1)
			} else if errors.Is(acked, codec.NotRegistered) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
