package rpc

import (
	"context"

	"github.com/busrt-go/busrt/codec"
)

// Mux is a [Handler] that chooses by the name of the method. The zero value
// knows none and ignores notifications and frames. Fill it before it is given
// to [New].
type Mux struct {
	// OnNotification and OnFrame take the rest, if they are set.
	OnNotification func(ctx context.Context, n *Notification)
	OnFrame        func(ctx context.Context, f *codec.Received)

	methods map[string]CallFunc
}

// Handle has f answer the calls of a method, by its exact name. A second one
// for the same method panics.
func (m *Mux) Handle(method string, f CallFunc) {
	if _, taken := m.methods[method]; taken {
		panic("busrt: two handlers for method " + method)
	}
	if m.methods == nil {
		m.methods = make(map[string]CallFunc)
	}
	m.methods[method] = f
}

// Call answers with what is registered for the method, else with
// [codec.RPCMethodNotFound].
func (m *Mux) Call(ctx context.Context, r *Request) ([]byte, error) {
	f, ok := m.methods[r.Method]
	if !ok {
		return nil, &Error{Code: codec.RPCMethodNotFound}
	}
	return f(ctx, r)
}

// Notification calls OnNotification.
func (m *Mux) Notification(ctx context.Context, n *Notification) {
	if m.OnNotification != nil {
		m.OnNotification(ctx, n)
	}
}

// Frame calls OnFrame.
func (m *Mux) Frame(ctx context.Context, f *codec.Received) {
	if m.OnFrame != nil {
		m.OnFrame(ctx, f)
	}
}
