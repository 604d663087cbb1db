//go:build !race

package client_test

import (
	"bytes"
	"testing"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

// thrifty answers every acked frame and sends back what goes to "back", without
// allocating itself.
func thrifty(p *peer) {
	p.welcome()
	var (
		d   codec.Decoder
		f   codec.Frame
		in  = make([]byte, 0, 64<<10)
		out = make([]byte, 0, 64<<10)
	)
	for {
		n, err := p.Read(in[len(in):cap(in)])
		if err != nil {
			return
		}
		in, out = in[:len(in)+n], out[:0]
		for {
			n, _, err := d.Next(in, &f)
			check(p.t, err)
			if n == 0 {
				break
			}
			if string(f.Target) == "back" {
				out = codec.AppendDelivery(out, codec.KindMessage, false, "bob", nil, f.Payload)
			}
			if f.QoS.NeedsAck() {
				out = codec.AppendAck(out, f.ID, codec.OK)
			}
			in = in[:copy(in, in[n:])]
		}
		if len(out) > 0 {
			p.send(out)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	ctx := t.Context() // one that can end, as in real programs
	c := dial(t, fake(t, "unix", thrifty), client.Options{})
	payload := bytes.Repeat([]byte{0xEE}, 100)
	do := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]func(){
		"Send":            func() { do(c.Send(ctx, "bob", payload, codec.QoSNo)) },
		"Send, realtime":  func() { do(c.Send(ctx, "bob", payload, codec.QoSRealtime)) },
		"Send, processed": func() { do(c.Send(ctx, "bob", payload, codec.QoSProcessed)) },
		"PublishFor":      func() { do(c.PublishFor(ctx, "a/b", "bob", payload, codec.QoSNo)) },
		"SendAsync": func() {
			confirm, err := c.SendAsync(ctx, "bob", payload, codec.QoSProcessed)
			do(err)
			do(confirm.Wait(ctx))
		},
		"RecvBatch": func() {
			do(c.Send(ctx, "back", payload, codec.QoSRealtime))
			batch, err := c.RecvBatch(ctx)
			do(err)
			if len(batch) != 1 || !bytes.Equal(batch[0].Payload, payload) {
				t.Fatalf("%+v", batch)
			}
		},
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	n := testing.AllocsPerRun(1000, func() {
		do(c.Send(ctx, "back", payload, codec.QoSRealtime))
		_, err := c.Recv(ctx)
		do(err)
	})
	if n != 1 {
		t.Errorf("Recv allocates %v times, want one for the payload: the texts are those of the frame before", n)
	}
}
