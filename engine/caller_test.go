package engine

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/busrt-go/busrt/codec"
)

// A method learns who calls from the connection, not from the name [BUSRT-C6].
func TestCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBus(t, 1, Options{})
		calls := make(chan Peer, 2)
		err := b.broker.Handle("who", func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			p, ok := Caller(ctx)
			if !ok {
				t.Error("nobody")
			}
			calls <- p
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		call := codec.AppendRPCRequest(nil, 7, "who", nil)
		if err := b.insider("inside", ClientOptions{}).Send(t.Context(), coreName, call, codec.QoSProcessed); err != nil {
			t.Fatal(err)
		}
		if p := <-calls; p.Kind != KindInternal || p.Identity != b.broker.identity {
			t.Errorf("an in-process client is %+v", p)
		}
		c := b.connect("outside")
		c.send(codec.AppendFrame(nil, 0, codec.OpMessage, codec.QoSNo, coreName, call))
		b.run()
		if p := <-calls; p.Kind != c.session.info.Kind || p.Identity != c.session.info.Identity {
			t.Errorf("a connection is %+v", p)
		}
		if _, ok := Caller(t.Context()); ok {
			t.Error("no call has a caller")
		}
		synctest.Wait() // the replies are under way until here
	})
}
