package copies_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/copies"
)

// Copies are what they were when the memory that they were made from is another's,
// and when their neighbours are written to and appended to.
//
// Mutants it fails with: a payload that may be appended to; a view of the payload,
// a text that is not copied; a slab that is begun anew at its start.
func TestCopier(t *testing.T) {
	var (
		c    copies.Copier
		kept []codec.Received
		wire []byte
	)
	sizes := []int{0, 1, 100, 0, 1000, 1023, 1024, 5000, 3}
	names := []string{"a", "", "b", strings.Repeat("long", 100), "a"}
	const rounds = 40
	for n := range rounds * len(sizes) {
		size, name := sizes[n%len(sizes)], names[n%len(names)]
		var f codec.Received
		for range 1 + n%2 { // the second is like the first
			wire = codec.AppendDelivery(wire[:0], codec.KindPublish, false, name, []byte(name), bytes.Repeat([]byte{byte(n)}, size))
			if got := c.Frame(append(wire, make([]byte, n%3*1000)...), &f); got != len(wire) {
				t.Fatalf("took %d bytes of %d", got, len(wire))
			}
			clear(wire)
		}
		kept = append(kept, f)
	}
	for n, f := range kept {
		size, name := sizes[n%len(sizes)], names[n%len(names)]
		if f.Sender != name || f.Topic != name || !bytes.Equal(f.Payload, bytes.Repeat([]byte{byte(n)}, size)) {
			t.Fatalf("copy %d: %+v", n, f)
		}
		if f.Payload == nil {
			t.Errorf("copy %d: nil for an empty payload", n)
		}
		_ = append(f.Payload, "and more"...)
		for i := range f.Payload {
			f.Payload[i] = 0xFF
		}
	}
}

// A payload that is kept keeps no more than it is to, and none that came alone
// keeps more than itself.
func TestCopierMemory(t *testing.T) {
	for _, tt := range []struct{ size, ahead, payloads, allocations int }{
		{100, 0, 1, 1},
		{1024, 1 << 20, 1, 1},
		{100, 300, 4, 1},
		{100, 1 << 20, copies.Shared / 100, 1},
		{100, 1 << 20, copies.Shared/100 + 1, 2},
	} {
		wire := codec.AppendDelivery(nil, codec.KindMessage, false, "", nil, make([]byte, tt.size))
		stream := slices.Concat(wire, make([]byte, tt.ahead))
		n := testing.AllocsPerRun(100, func() {
			var c copies.Copier
			for range tt.payloads {
				var f codec.Received
				c.Frame(stream, &f)
			}
		})
		if int(n) != tt.allocations {
			t.Errorf("%d of %d bytes, %d behind: %v allocations, want %d", tt.payloads, tt.size, tt.ahead, n, tt.allocations)
		}
	}
}
