package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// chaos is clients that are killed and come again while checksummed, numbered
// frames flow over unix sockets and TCP. It holds
//
//   - what is acknowledged comes to receivers that stay, each sender's in order;
//   - so it does to receivers that are cut off and drain [BUSRT-O12];
//   - for an in-process receiver, what is missing is what the broker counts as
//     lost [BUSRT-O13].
type chaos struct {
	frames int // to be acknowledged in all
	killed int // clients that are
	queue  int // frames that may wait for a receiver; the fewer, the more are cut off

	dir    string
	broker *engine.Broker
	group  *listeners.Group
	at     []string // addresses
	ledger ledger

	begin                     chan struct{} // closed: all who stay are there
	acknowledged, kills, cuts atomic.Int64
	faults                    faults
}

const (
	stayers = 8 // that nobody kills; targets of their own numbers
	slow    = 2 // that read in fits and are cut off; targets behind those

	// Targets that are not one receiver of a socket.
	everybody    = 100 // all stayers, by a publish
	lossy        = 101 // a message to the in-process client
	lossyPublish = 102

	window = 64 // frames of a sender that are not acknowledged yet
)

// faults are what went wrong, the first of them. Any goroutine.
type faults struct {
	mu  sync.Mutex
	all []error
}

const keptFaults = 10

func (f *faults) add(errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range errs {
		if err != nil && len(f.all) < keptFaults {
			f.all = append(f.all, err)
		}
	}
}

// ends adds a fault for each reason but those expected for which sessions have
// ended.
func (f *faults) ends(ended map[string]uint64, expected ...string) {
	for why, n := range ended {
		if !slices.Contains(expected, why) {
			f.add(fmt.Errorf("%d sessions have ended: %s", n, why))
		}
	}
}

func (f *faults) err() error { return errors.Join(f.all...) }

// run lets it go on until enough was acknowledged, and tells what came of it.
func (c *chaos) run(ctx context.Context) (string, error) {
	if err := c.serve(ctx); err != nil {
		return "", err
	}
	begun := time.Now()
	c.begin = make(chan struct{})
	local, err := c.broker.Register(ctx, "lossy", engine.ClientOptions{QueueFrames: window})
	if err != nil {
		return "", err
	}
	if err := local.Subscribe(ctx, "lossy/#"); err != nil {
		return "", err
	}
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var senders, receivers, killers sync.WaitGroup
	seen := make([]*witness, stayers+slow)
	for i := range seen {
		seen[i] = newWitness()
		ready := make(chan struct{})
		receivers.Go(func() { c.receive(ctx, i, seen[i], ready, &senders) })
		<-ready
	}
	inProcess := newWitness()
	receivers.Go(func() { dawdle(sending, local, inProcess) })
	close(c.begin)
	for i := range c.killed {
		killers.Go(func() { c.live(ctx, i) })
	}
	senders.Wait()
	stop()
	killers.Wait()
	c.endOf(ctx)
	receivers.Wait()
	c.judge(seen, inProcess, local)
	took := time.Since(begun).Seconds()
	_ = local.Close()
	c.faults.add(c.group.Shutdown(ctx))
	return fmt.Sprintf("%d frames acknowledged in %.1f s, %d kills, %d cut off and drained, %d lost in-process and counted",
		c.acknowledged.Load(), took, c.kills.Load(), c.cuts.Load(), local.Lost()), c.faults.err()
}

func (c *chaos) serve(ctx context.Context) (err error) {
	if c.broker, err = engine.New(engine.Options{Timeout: 5 * time.Second, QueueFrames: c.queue}); err != nil {
		return err
	}
	c.broker.InitCoreRPC()
	if c.group, err = listeners.New(c.broker, listeners.Options{Loops: 2}); err != nil {
		return err
	}
	for _, bind := range []string{filepath.Join(c.dir, "chaos.sock"), "127.0.0.1:0"} {
		at, err := c.group.Listen(ctx, bind, listeners.ListenOptions{})
		if err != nil {
			return err
		}
		c.at = append(c.at, at.String())
	}
	return nil
}

func nameOf(target int) string { return fmt.Sprintf("receiver.%d", target) }

// dial connects by one of the addresses. cut cuts the connection under the
// client, over TCP with a reset.
func (c *chaos) dial(ctx context.Context, i int, name string, queue int) (cl *client.Client, cut func(), err error) {
	var under net.Conn
	cl, err = client.Dial(ctx, c.at[i%len(c.at)], client.Options{
		Name: name, QueueSize: queue,
		Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			under = conn
			return conn, err
		},
	})
	return cl, func() {
		if t, ok := under.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = under.Close()
	}, err
}

// live is a client that is killed again and again, and takes its name back at
// once [BUSRT-H11].
func (c *chaos) live(ctx context.Context, i int) {
	for int(c.acknowledged.Load()) < c.frames && ctx.Err() == nil {
		cl, cut, err := c.dial(ctx, i, fmt.Sprintf("killed.%d", i), 0)
		if err != nil {
			c.faults.add(fmt.Errorf("killed.%d comes again: %w", i, err))
			return
		}
		var reader sync.WaitGroup
		reader.Go(func() { c.hear(ctx, cl) })
		death := time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, cut)
		c.send(ctx, cl, false)
		if death.Stop() {
			cut()
		}
		c.kills.Add(1)
		_ = cl.Close()
		reader.Wait()
	}
}

// hear has what a client receives looked at, as far as it comes.
func (c *chaos) hear(ctx context.Context, cl *client.Client) {
	w := newWitness()
	for {
		frames, err := cl.RecvBatch(ctx)
		if err != nil {
			break
		}
		for i := range frames {
			if frames[i].Sender != ".broker" {
				w.see(frames[i].Payload)
			}
		}
	}
	c.faults.add(w.faults...)
}

// send sends until all that is wanted was acknowledged, or the connection ends.
// A client that stays counts the fate of each frame.
func (c *chaos) send(ctx context.Context, cl *client.Client, stays bool) {
	<-c.begin
	s := c.ledger.open()
	filler := make([]byte, 1024)
	var waiting []codec.Confirm
	settled := 0 // frames before those
	settle := func(left int) bool {
		for len(waiting) > left {
			err := waiting[0].Wait(ctx)
			s.told(settled, err)
			settled++
			waiting = waiting[1:]
			if err == nil {
				c.acknowledged.Add(1)
			} else if _, ok := errors.AsType[codec.Status](err); !ok {
				if stays {
					c.faults.add(fmt.Errorf("%s was to stay: %w", cl.Name(), err))
				}
				return false
			}
		}
		return true
	}
	for int(c.acknowledged.Load()) < c.frames {
		confirm, err := c.one(ctx, cl, s, filler[:rand.IntN(len(filler))], stays)
		if err != nil {
			settle(0)
			return
		}
		if waiting = append(waiting, confirm); !settle(window) {
			return
		}
	}
	settle(0)
}

// one sends a frame to whom chance wants.
func (c *chaos) one(ctx context.Context, cl *client.Client, s *stream, filler []byte, stays bool) (codec.Confirm, error) {
	what := rand.IntN(16)
	switch {
	case what == 0:
		return cl.PublishAsync(ctx, "chaos/x", s.next(everybody, filler), codec.QoSProcessed)
	case what == 1 && stays:
		return cl.PublishAsync(ctx, "lossy/x", s.next(lossyPublish, filler), codec.QoSProcessed)
	case what == 2 && stays:
		return cl.SendAsync(ctx, "lossy", s.next(lossy, filler), codec.QoSProcessed)
	case what < 8 && stays:
		target := stayers + rand.IntN(slow)
		return cl.SendAsync(ctx, nameOf(target), s.next(target, filler), codec.QoSProcessed)
	case what == 8:
		return cl.SendAsync(ctx, fmt.Sprintf("killed.%d", rand.IntN(c.killed)), s.next(-1, filler), codec.QoSProcessed)
	default:
		target := rand.IntN(stayers)
		return cl.SendAsync(ctx, nameOf(target), s.next(target, filler), codec.QoSProcessed)
	}
}
