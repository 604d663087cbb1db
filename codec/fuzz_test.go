package codec_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/allocbound"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// FuzzDecoder holds the decoder against a naive one, on the whole input and on
// its start only: there it may lack bytes, but not come to another result.
func FuzzDecoder(f *testing.F) {
	for _, c := range wiretest.Frames {
		f.Add(c.Wire, uint(len(c.Wire)/2), uint32(0))
		f.Add(append(bytes.Clone(c.Wire), c.Wire...), uint(9), uint32(8))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint, maxBody uint32) {
		maxBody &= math.MaxInt32 // as much as fits int everywhere
		d := codec.Decoder{MaxBody: int(maxBody)}
		limit := uint64(maxBody)
		if maxBody == 0 {
			limit = codec.DefaultMaxBody
		}
		want, wantN, wantErr := naiveFrame(b, limit)

		before := usedFrame
		got := before
		n, need, err := d.Next(b, &got)
		if n != wantN || fault(err) != wantErr {
			t.Fatalf("n %d, %v; want %d, %v", n, err, wantN, wantErr)
		}
		if n == 0 {
			want = before
		}
		if !sameFrame(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		checkNeed(t, len(b), n, need, err, codec.FrameHeaderLen)

		allocbound.Check(t, len(b), func() { _, _, _ = d.Next(b, &got) })

		part := b[:cut%uint(len(b)+1)]
		n2, need2, err2 := d.Next(part, &got)
		checkNeed(t, len(part), n2, need2, err2, codec.FrameHeaderLen)
		if (n2 != 0 || err2 != nil) && (n2 != n || fault(err2) != fault(err)) {
			t.Fatalf("of %d bytes n %d, %v; of all n %d, %v", len(part), n2, err2, n, err)
		}
		if n2 == 0 && err2 == nil && need2 > codec.FrameHeaderLen && err == nil && need2 != need {
			t.Fatalf("of %d bytes need %d, of all %d", len(part), need2, need)
		}
	})
}

// FuzzNextDelivery does the same with deliveries.
func FuzzNextDelivery(f *testing.F) {
	for _, c := range wiretest.Deliveries {
		f.Add(c.Wire, uint(len(c.Wire)/2), uint32(wiretest.MaxBody))
		f.Add(append(bytes.Clone(c.Wire), c.Wire...), uint(6), uint32(8))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint, maxBody uint32) {
		maxBody &= math.MaxInt32
		want, wantN, wantErr := naiveDelivery(b, uint64(maxBody))

		before := usedDelivery
		got := before
		n, need, err := codec.NextDelivery(b, int(maxBody), &got)
		if n != wantN || fault(err) != wantErr {
			t.Fatalf("n %d, %v; want %d, %v", n, err, wantN, wantErr)
		}
		if n == 0 {
			want = before
		}
		if !sameDelivery(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		checkNeed(t, len(b), n, need, err, codec.DeliveryHeaderLen)

		allocbound.Check(t, len(b), func() { _, _, _ = codec.NextDelivery(b, int(maxBody), &got) })

		part := b[:cut%uint(len(b)+1)]
		n2, need2, err2 := codec.NextDelivery(part, int(maxBody), &got)
		checkNeed(t, len(part), n2, need2, err2, codec.DeliveryHeaderLen)
		if (n2 != 0 || err2 != nil) && (n2 != n || fault(err2) != fault(err)) {
			t.Fatalf("of %d bytes n %d, %v; of all n %d, %v", len(part), n2, err2, n, err)
		}
	})
}

// checkNeed holds the three results of a decoder against each other.
func checkNeed(t *testing.T, length, n, need int, err error, header int) {
	t.Helper()
	switch {
	case err != nil && (n != 0 || need != 0):
		t.Fatalf("n %d, need %d beside %v", n, need, err)
	case err == nil && n != 0 && (n > length || need != n):
		t.Fatalf("took %d of %d bytes, need %d", n, length, need)
	case err == nil && n == 0 && (need <= length || length < header && need != header):
		t.Fatalf("need %d, has %d", need, length)
	}
}

// FuzzHandshake reads hellos and judges names.
func FuzzHandshake(f *testing.F) {
	for _, c := range wiretest.Hellos {
		f.Add(c.Wire)
	}
	for _, c := range wiretest.Greetings {
		f.Add(c.Wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= len(codec.Greeting) {
			if ok := bytes.HasPrefix(b, codec.Greeting[:]); (codec.CheckGreeting(b) == codec.OK) != ok {
				t.Fatalf("% X: %v", b, codec.CheckGreeting(b))
			}
		}
		allocbound.Check(t, len(b), func() {
			name, _ := codec.ConsumeHello(b)
			_, _ = codec.NameLimits{}.Check(name)
		})
		name, n := codec.ConsumeHello(b)
		length, ok := codec.HelloLen(b)
		if whole := ok && len(b) >= 2+length; whole != (n > 0) {
			t.Fatalf("took %d of %d bytes, announced are %d", n, len(b), length)
		}
		if n == 0 {
			return
		}
		if again := codec.AppendHello(nil, string(name)); !bytes.Equal(again, b[:n]) {
			t.Fatalf("% X became % X", b[:n], again)
		}
		code, text := codec.NameLimits{}.Check(name)
		if text != utf8.Valid(name) {
			t.Fatalf("%q: text %v", name, text)
		}
		if text && (code == codec.OK) != naiveName(string(name)) {
			t.Fatalf("%q: %v", name, code)
		}
	})
}

// naiveName looks at a name letter by letter [BUSRT-H7].
func naiveName(name string) bool {
	dots := 0
	for i, r := range name {
		switch {
		case r == '.' && i == 0, r < ' ', r >= 0x7F && r < 0xA0, r == '*', r == '?', r == '#', r == '+':
			return false
		case r == '.':
			dots++
		}
	}
	return name != "" && len(name) < 256 && dots < 17
}

// FuzzRPC takes payloads apart and puts them together again.
func FuzzRPC(f *testing.F) {
	for _, c := range wiretest.RPCs {
		f.Add(c.Wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		allocbound.Check(t, len(b), func() { _, _ = codec.ParseRPC(b) })
		r, ok := codec.ParseRPC(b)
		if !ok {
			if !sameRPC(r, codec.RPC{}) {
				t.Fatalf("dropped, but %+v", r)
			}
			return
		}
		if again := appendRPC(nil, r); !bytes.Equal(again, b) {
			t.Fatalf("% X became % X", b, again)
		}
	})
}

// FuzzClientFilter reads params; what is good stays so with more bytes behind
// it, and is whole MessagePack.
func FuzzClientFilter(f *testing.F) {
	for _, c := range wiretest.Filters {
		f.Add(c.Wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		allocbound.Check(t, len(b), func() { _, _, _ = codec.ParseClientFilter(b) })
		filter, set, err := codec.ParseClientFilter(b)
		if !set && filter != "" || err != nil && set || !utf8.ValidString(filter) {
			t.Fatalf("%q, %v, %v", filter, set, err)
		}
		if err != nil || len(b) == 0 {
			return
		}
		rest, err := msgp.Skip(b)
		if err != nil {
			t.Fatalf("good params are no MessagePack: %v", err)
		}
		whole := b[: len(b)-len(rest) : len(b)-len(rest)]
		again, setAgain, err := codec.ParseClientFilter(append(whole, 0xC1))
		if again != filter || setAgain != set || err != nil {
			t.Fatalf("%q, %v became %q, %v, %v", filter, set, again, setAgain, err)
		}
		if set && !bytes.Contains(whole, []byte(filter)) {
			t.Fatalf("%q is not in the params", filter)
		}
	})
}

// FuzzParams makes maps of words and reads them.
func FuzzParams(f *testing.F) {
	for _, c := range wiretest.Parameters {
		f.Add(strings.Join(c.Words, " "))
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		last := map[string]string{}
		good := true
		for _, w := range words {
			key, value, ok := strings.Cut(w, "=")
			good = good && (ok || w == "")
			if ok {
				last[key] = value
			}
		}
		allocbound.Check(t, len(line), func() { _, _ = codec.AppendParams(nil, words) })
		b, err := codec.AppendParams(nil, words)
		if (err == nil) != good {
			t.Fatalf("%q: %v", words, err)
		}
		if err != nil {
			return
		}
		n, b, err := msgp.ReadMapHeaderBytes(b)
		if err != nil || int(n) != len(last) {
			t.Fatalf("%d pairs, want %d, %v", n, len(last), err)
		}
		for range n {
			var key string
			if key, b, err = msgp.ReadStringBytes(b); err != nil {
				t.Fatal(err)
			}
			value, ok := last[key]
			delete(last, key)
			if !ok {
				t.Fatalf("key %q is not in %q, or twice in the map", key, words)
			}
			if msgp.NextType(b) == msgp.StrType {
				if s, _, _ := msgp.ReadStringBytes(b); s != value {
					t.Fatalf("%q became %q", value, s)
				}
			}
			if b, err = msgp.Skip(b); err != nil {
				t.Fatal(err)
			}
		}
		if len(b) != 0 {
			t.Fatalf("% X behind the map", b)
		}
	})
}
