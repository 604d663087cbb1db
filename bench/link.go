package bench

import (
	"context"
	"fmt"

	"github.com/busrt-go/busrt/rpc"
)

// link is how a worker is connected.
type link uint8

const (
	linkNone   link = iota
	linkBare        // not at all: the stage itself connects
	linkOne         // a streamer
	linkPeer        // a streamer that sends and one that receives
	linkFan         // a streamer that publishes and some that receive
	linkClient      // a client
	linkCalls       // a client, with RPC on it
	linkPair        // a client that sends and one that receives; here on there is a peer
	linkFour        // four that send and one that receives
	linkCallee      // one that calls and one that is called
)

// newWorker connects a worker as s needs it.
func newWorker(ctx context.Context, b *Bench, s Stage, index int) (*worker, error) {
	w := &worker{bench: b, index: index, turn: make(chan struct{}, 1), name: fmt.Sprintf("%s-%d", b.options.Name, index+1)}
	var err error
	switch s.link {
	case linkNone, linkBare:
	case linkOne, linkPeer, linkFan:
		err = w.connectStreams(ctx, s.link, b.options.streamer(s))
	default:
		err = w.connectClients(ctx, s.link)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// connectStreams connects what sends and what receives.
func (w *worker) connectStreams(ctx context.Context, l link, dial StreamDialer) (err error) {
	if w.out, err = patiently(ctx, w.name, dial); err != nil {
		return err
	}
	var receivers []string
	switch l {
	case linkPeer:
		receivers = []string{w.peerName()}
	case linkFan:
		for i := range w.bench.options.Receivers {
			receivers = append(receivers, fmt.Sprintf("%s-receiver-%d", w.name, i+1))
		}
	default:
		w.in = []Streamer{w.out}
	}
	for _, name := range receivers {
		c, err := patiently(ctx, name, dial)
		if err != nil {
			return err
		}
		w.in = append(w.in, c)
		if l != linkFan {
			continue
		}
		if err := c.Subscribe(ctx, w.topic()); err != nil {
			return err
		}
	}
	return nil
}

// connectClients connects clients, with RPC on them if need be.
func (w *worker) connectClients(ctx context.Context, l link) (err error) {
	dial := w.bench.options.Dial
	if w.client, err = patiently(ctx, w.name, dial); err != nil {
		return err
	}
	if l >= linkPair {
		if w.peer, err = patiently(ctx, w.peerName(), dial); err != nil {
			return err
		}
	}
	if l == linkFour {
		for i := 2; i <= 4; i++ {
			c, err := patiently(ctx, fmt.Sprintf("%s-sender%d", w.name, i), dial)
			if err != nil {
				return err
			}
			w.more = append(w.more, c)
		}
	}
	if l == linkCallee {
		if w.callee, err = rpc.New(w.peer, selfTests(), rpc.Options{Realtime: true}); err != nil {
			return err
		}
	}
	if l == linkCalls || l == linkCallee {
		w.rpc, err = rpc.New(w.client, selfTests(), rpc.Options{Realtime: true})
	}
	return err
}

// selfTests answers what a worker calls of itself.
func selfTests() rpc.Handler {
	m := new(rpc.Mux)
	m.Handle(selfTest, func(_ context.Context, r *rpc.Request) ([]byte, error) { return r.Params, nil })
	return m
}

func (w *worker) close() {
	for _, c := range []*rpc.Conn{w.rpc, w.callee} {
		if c != nil {
			_ = c.Close()
		}
	}
	for _, c := range append(w.more, w.client, w.peer) {
		if c != nil {
			_ = c.Close()
		}
	}
	for _, c := range append(w.in, w.out) {
		if c != nil {
			_ = c.Close()
		}
	}
}
