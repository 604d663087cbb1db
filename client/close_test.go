package client_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// Close does not wait for ever on a broker that does not read, and who waits
// for room does not wait for Close.
func TestCloseWhileTheBrokerDoesNotRead(t *testing.T) {
	piped(t, client.Options{}, func(p *peer) {
		p.welcome()
		time.Sleep(time.Hour) //nolint:forbidigo // the clock of the bubble
	}, func(t *testing.T, c *client.Client) {
		begun := time.Now()
		outcome := make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				err = c.Send(context.Background(), "bob", make([]byte, 2*client.DefaultBufferSize), codec.QoSNo)
			}
			if took := time.Since(begun); took != 0 {
				t.Errorf("a sender waited %v after Close", took)
			}
			outcome <- err
		}()
		synctest.Wait() // until there is no room
		check(t, c.Close())
		if took := time.Since(begun); took != time.Second {
			t.Errorf("Close took %v", took)
		}
		if err := <-outcome; !errors.Is(err, client.ErrClosed) {
			t.Errorf("a sender that waited for room: %v", err)
		}
	})
}

// Close writes what is buffered, fails who waits, and is over when the broker
// has let go.
func TestClose(t *testing.T) {
	overAll(t, func(t *testing.T, network string) {
		for _, w := range waits {
			t.Run(w.name, func(t *testing.T) {
				got := make(chan int, 1)
				address := fake(t, network, func(p *peer) {
					p.welcome()
					n := 0
					for f, ok := p.frame(); ok; f, ok = p.frame() {
						if string(f.Target) == "buffered" {
							n++
						}
						if n == 1 && w.sends {
							p.send(message("never received"))
						}
					}
					got <- n
				})
				c, err := client.Dial(t.Context(), address, client.Options{Name: "alice", BufferTTL: time.Hour})
				check(t, err)
				outcome := make(chan error, 1)
				go func() { outcome <- w.wait(within(t), c) }()
				for range 50 {
					check(t, c.Send(within(t), "buffered", nil, codec.QoSNo))
				}
				check(t, c.Close())
				select {
				case n := <-got:
					if n != 50 {
						t.Errorf("%d frames were written, want 50", n)
					}
				default:
					t.Error("Close was over before the broker had let go")
				}
				if err := <-outcome; !errors.Is(err, client.ErrClosed) {
					t.Errorf("%s: %v", w.name, err)
				}
				if err := w.wait(within(t), c); !errors.Is(err, client.ErrClosed) {
					t.Errorf("%s after Close: %v", w.name, err)
				}
				check(t, c.Close())
			})
		}
	})
}
