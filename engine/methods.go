package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/busrt-go/busrt/codec"
)

// methodsAtOnce is how many calls of methods are handled while their callers go
// on; a caller beyond is not read until its call is answered.
const methodsAtOnce = 64

// Method answers calls of a method of `.broker`. caller is the full name of who
// calls; params are the method's for good, and result is the engine's. ctx ends
// with the broker. An error is the caller's: a [codec.Status] with its code, an
// error with a method RPC() (code int16, data string) as that says, any other
// as an internal error with its text. A method may wait, and use clients of the
// broker; a panic is logged and answered as an internal error.
type Method func(ctx context.Context, caller string, params []byte) (result []byte, err error)

// Caller tells a [Method] who calls it, beyond a name that somebody else may have
// had before and may have next: the connection that the call came by. false if ctx
// is not that of a call. Any goroutine.
func Caller(ctx context.Context) (p Peer, ok bool) {
	p, ok = ctx.Value(callerKey{}).(Peer)
	return p, ok
}

// callerKey is where the context of a call has its caller.
type callerKey struct{}

// methods are those of `.broker` that the embedding program has added.
type methods struct {
	at      *xsync.MapOf[string, Method]
	running atomic.Int64
}

// Methods beyond section 8 of the protocol: what the caller did not get, and who
// has left.
const (
	methodLost     = "client.lost"
	methodDeparted = "client.departed"
)

// ownMethods are those of section 8 of the protocol, and those beyond it.
var ownMethods = [...]string{"test", "info", "stats", "client.list", "benchmark.test", methodLost, methodDeparted}

// Handle adds a method to those of `.broker` [BUSRT-C6], in place of one of that
// name that was added before; nil takes it away. It fails for the broker's own
// methods and names with a NUL.
func (b *Broker) Handle(name string, m Method) error {
	if err := codec.CheckText(name); err != nil {
		return err
	}
	for _, own := range ownMethods {
		if name == own {
			return fmt.Errorf("busrt: method %q is the broker's own", name)
		}
	}
	if m == nil {
		b.methods.at.Delete(name)
	} else {
		b.methods.at.Store(name, m)
	}
	return nil
}

// find gives the method of that name, or nil.
func (m *methods) find(name []byte) Method {
	found, _ := m.at.Load(view(name))
	return found
}

// serve has a call handled on a goroutine of its own. The call is a view.
func (st *staging) serve(caller *Session, m Method, call codec.RPC, realtime bool) {
	b, id, params := st.broker, call.ID, bytes.Clone(call.Data)
	paused := b.methods.running.Add(1) > methodsAtOnce
	if paused {
		caller.pause(pauseCall)
	}
	go func() {
		b.answerTo(&caller.peer, b.run(m, &caller.info, caller.name, id, params), realtime)
		b.methods.running.Add(-1)
		if paused {
			caller.post(wishAnswer)
		}
	}()
}

// answerTo sends an answer from a goroutine that is no event loop.
func (b *Broker) answerTo(caller *peer, payload []byte, realtime bool) {
	st := b.borrow()
	st.reply(caller, payload, realtime)
	st.flush(nil)
	b.giveBack(st)
}

// run calls a method and makes the payload of the answer.
func (b *Broker) run(m Method, peer *Peer, caller string, id uint32, params []byte) (payload []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			b.options.Logger.Error("panic in a method of the broker", "caller", caller, "cause", cause)
			payload = codec.AppendRPCError(nil, id, codec.RPCInternal, nil)
		}
	}()
	result, err := m(context.WithValue(b.life.ctx, callerKey{}, *peer), caller, params)
	if err == nil {
		return codec.AppendRPCReply(nil, id, result)
	}
	var own interface {
		RPC() (code int16, data string)
	}
	if errors.As(err, &own) {
		code, data := own.RPC()
		return codec.AppendRPCError(nil, id, code, []byte(data))
	}
	if s, ok := errors.AsType[codec.Status](err); ok {
		return codec.AppendRPCError(nil, id, s.RPCCode(), nil)
	}
	return codec.AppendRPCError(nil, id, codec.RPCInternal, []byte(err.Error()))
}

// callCore gives a message of an in-process client to the broker's own client,
// and answers it if it is a call [BUSRT-R2].
func (c *Client) callCore(payload []byte, realtime bool) {
	b := c.broker
	b.core.traffic.sent(1, uint64(len(payload)))
	b.totals.sent(1, uint64(len(payload)))
	call, ok := codec.ParseRPC(payload)
	if !ok || call.Kind != codec.RPCRequest || call.ID == 0 {
		return
	}
	if m := b.methods.find(call.Method); m != nil {
		id, params := call.ID, bytes.Clone(call.Data)
		go func() {
			b.answerTo(&c.peer, b.run(m, &Peer{Kind: KindInternal, Identity: b.identity}, c.name, id, params), realtime)
		}()
		return
	}
	switch string(call.Method) {
	case "client.list":
		b.answerTo(&c.peer, b.clientList(call.ID, call.Data), realtime)
	case methodLost:
		b.answerTo(&c.peer, c.answerLost(nil, call), realtime)
	default:
		b.answerTo(&c.peer, b.answer(nil, call), realtime)
	}
}
