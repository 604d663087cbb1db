package engine

import (
	"fmt"
	"slices"
	"testing"
)

// BenchmarkRoute is the way of one frame of 100 bytes from the reader of a loop
// to the writers of its receivers, without sockets: decode, route, stage, hand
// over, write. A transport reads one frame an event when clients take turns,
// hundreds when they stream.
func BenchmarkRoute(b *testing.B) {
	for _, p := range hotPaths {
		for _, batch := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/batch=%d", p.name, batch), func(b *testing.B) {
				r := newRig(b, herd(100)...)
				sender := r.named["herd.0"]
				packet := slices.Concat(slices.Repeat([][]byte{p.frame}, batch)...)
				b.ReportAllocs()
				b.ResetTimer()
				for n := 0; n < b.N; n += batch {
					r.event(sender, packet)
				}
			})
		}
	}
}

// BenchmarkAccess is a publish by a client without a map, with an entry that
// limits nothing, and with three masks of which the last fits.
func BenchmarkAccess(b *testing.B) {
	everything := FullAccess()
	for _, of := range []struct {
		name   string
		access *Access
	}{{"no map", nil}, {"full access", &everything}, {"three masks", limitedAccess(b)}} {
		b.Run(of.name, func(b *testing.B) {
			r := newRig(b, herd(2)...)
			sender := r.named["herd.0"]
			sender.access = of.access
			const batch = 64
			packet := slices.Concat(slices.Repeat([][]byte{publish(0, "one", payload100)}, batch)...)
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				r.event(sender, packet)
			}
		})
	}
}

// BenchmarkRouteLarge copies, so what counts is bytes.
func BenchmarkRouteLarge(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := newRig(b, herd(2)...)
			sender := r.named["herd.0"]
			packet := message(0, "herd.1", string(make([]byte, size)))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				r.event(sender, packet)
			}
		})
	}
}

// BenchmarkClientList is the control plane: 1000 clients, named, counted,
// sorted and encoded.
func BenchmarkClientList(b *testing.B) {
	r := newRig(b, herd(1000)...)
	b.ReportAllocs()
	for b.Loop() {
		r.shard.broker.clientList(1, nil)
	}
}

// BenchmarkCall is a call to the broker's own client and its answer.
func BenchmarkCall(b *testing.B) {
	r := newRig(b, herd(2)...)
	sender := r.named["herd.0"]
	call := message(0, coreName, "\x01\x01\x00\x00\x00test\x00")
	b.ReportAllocs()
	for b.Loop() {
		r.event(sender, call)
	}
}

// BenchmarkConnect is a client's whole life: accepted, registered, gone, with
// a thousand others there.
func BenchmarkConnect(b *testing.B) {
	r := newRig(b, herd(1000)...)
	greeting := hello("newcomer")
	b.ReportAllocs()
	for b.Loop() {
		s := r.shard.Attach(sink{}, local(1000))
		s.Greet()
		r.event(s, greeting)
		s.PeerLeft()
		r.event(s, nil)
	}
}
