package rpc_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
)

const patience = brokertest.Patience

var check, within = brokertest.Check, brokertest.Within

var errEnded = errors.New("the bus has ended")

// hub is a broker in a few lines: messages between members, in memory.
type hub struct {
	mu      sync.Mutex
	members map[string]*member
}

func newHub(t *testing.T) *hub {
	t.Helper()
	brokertest.LeakFree(t)
	return &hub{members: map[string]*member{}}
}

// sent is what a member gave to its bus.
type sent struct {
	target  string
	payload string
	qos     codec.QoS
	posted  bool
}

// member is a [rpc.Bus] of a hub.
type member struct {
	hub  *hub
	name string
	tap  func(*codec.Received) bool // nil, or what is asked first

	mu     sync.Mutex
	queue  []codec.Received
	batch  []codec.Received // the views that live
	sent   []sent
	bell   chan struct{}
	done   chan struct{}
	closed bool
}

func (h *hub) join(name string) *member {
	m := &member{hub: h, name: name, bell: make(chan struct{}, 1), done: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.members[name] = m
	return m
}

func (m *member) Name() string { return m.name }

func (m *member) Send(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	return m.send(ctx, sent{target, string(payload), q, false})
}

func (m *member) Post(ctx context.Context, target string, payload []byte, q codec.QoS) error {
	return m.send(ctx, sent{target, string(payload), q, true})
}

func (m *member) send(ctx context.Context, s sent) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.Err() != nil {
		return errEnded
	}
	m.mu.Lock()
	m.sent = append(m.sent, s)
	m.mu.Unlock()
	m.hub.mu.Lock()
	to := m.hub.members[s.target]
	m.hub.mu.Unlock()
	if to == nil {
		return codec.NotRegistered
	}
	to.deliver(codec.Received{
		Kind: codec.KindMessage, Realtime: s.qos.Realtime(), Sender: m.name, Payload: []byte(s.payload),
	})
	return nil
}

// deliver has m receive a frame.
func (m *member) deliver(f codec.Received) {
	if m.tap != nil && f.Kind == codec.KindMessage && m.tap(&f) {
		clear(f.Payload) // dead
		return
	}
	m.mu.Lock()
	m.queue = append(m.queue, f)
	m.mu.Unlock()
	m.ring()
}

func (m *member) ring() {
	select {
	case m.bell <- struct{}{}:
	default:
	}
}

func (m *member) RecvBatch(ctx context.Context) ([]codec.Received, error) {
	for _, f := range m.batch {
		clear(f.Payload) // the views die
	}
	for {
		m.mu.Lock()
		m.batch, m.queue = m.queue, nil
		closed := m.closed
		m.mu.Unlock()
		switch {
		case len(m.batch) > 0:
			return m.batch, nil
		case closed:
			return nil, errEnded
		}
		select {
		case <-m.bell:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (m *member) Done() <-chan struct{} { return m.done }

func (m *member) Err() error {
	select {
	case <-m.done:
		return errEnded
	default:
		return nil
	}
}

func (m *member) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.done)
	}
	m.ring()
	return nil
}

// said is what m has sent so far.
func (m *member) said() []sent {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]sent(nil), m.sent...)
}

// tapped is a member with a tap.
type tapped struct{ *member }

func (m tapped) Tap(f func(*codec.Received) bool) { m.tap = f }

// subscribing is a member that can subscribe, or not.
type subscribing struct {
	*member
	topics chan []string
	err    error
}

func (m subscribing) Subscribe(_ context.Context, topics ...string) error {
	m.topics <- topics
	return m.err
}

// connect makes a Conn that is closed at the end of the test.
func connect(tb testing.TB, b rpc.Bus, h rpc.Handler, o rpc.Options) *rpc.Conn {
	tb.Helper()
	c, err := rpc.New(b, h, o)
	check(tb, err)
	tb.Cleanup(func() { check(tb, c.Close()) })
	return c
}

// recorder is a handler that tells what it was given. Calls are answered with
// their params, or as the method says.
type recorder struct {
	requests      chan rpc.Request
	notifications chan rpc.Notification
	frames        chan codec.Received
}

func newRecorder() *recorder {
	return &recorder{
		make(chan rpc.Request, 100), make(chan rpc.Notification, 100), make(chan codec.Received, 100),
	}
}

func (r *recorder) Call(_ context.Context, q *rpc.Request) ([]byte, error) {
	r.requests <- *q
	return q.Params, nil
}

func (r *recorder) Notification(_ context.Context, n *rpc.Notification) { r.notifications <- *n }

func (r *recorder) Frame(_ context.Context, f *codec.Received) { r.frames <- *f }
