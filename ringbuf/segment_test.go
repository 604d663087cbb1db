package ringbuf

import (
	"bytes"
	"testing"

	"github.com/busrt-go/busrt/internal/invariants"
)

func TestPoolSizes(t *testing.T) {
	var p Pool
	tests := []struct{ n, room int }{
		{-1, 4 << 10},
		{0, 4 << 10},
		{1, 4 << 10},
		{4 << 10, 4 << 10},
		{4<<10 + 1, 16 << 10},
		{16 << 10, 16 << 10},
		{16<<10 + 1, 64<<10 + slack},
		{64<<10 + slack, 64<<10 + slack},
		{64<<10 + slack + 1, 128<<10 + slack},
		{128<<10 + slack, 128<<10 + slack},
		{128<<10 + slack + 1, 256<<10 + slack},
		{256<<10 + slack + 1, 512<<10 + slack},
		{512<<10 + slack + 1, 1<<20 + slack},
		{1<<20 + slack, 1<<20 + slack},
		{1<<20 + slack + 1, 1<<20 + slack + 1},
		{16 << 20, 16 << 20},
	}
	for _, tt := range tests {
		s := p.Get(tt.n)
		if len(s.B) != 0 || cap(s.B) != tt.room || s.Shared() {
			t.Errorf("Get(%d): len %d, cap %d, shared %t; want 0, %d, false", tt.n, len(s.B), cap(s.B), s.Shared(), tt.room)
		}
		s.Release()
	}
}

func TestSegmentComesBack(t *testing.T) {
	var p Pool
	for range 100 { // a pool may drop what it is given, under -race at random
		s := p.Get(1)
		s.B = append(s.B, "x"...)
		s.Release()
		again := p.Get(1)
		if again == s {
			if len(s.B) != 0 || cap(s.B) != 4<<10 || s.Shared() {
				t.Fatalf("came back as len %d cap %d shared %t", len(s.B), cap(s.B), s.Shared())
			}
			return
		}
	}
	t.Error("no segment came back from its pool")
}

// Whatever B is replaced by, what comes out of the pool has the room of its class.
func TestSegmentReplacedBytesAreNotPooled(t *testing.T) {
	var p Pool
	for _, b := range [][]byte{make([]byte, 9), make([]byte, 8<<10)} {
		s := p.Get(1)
		s.B = b
		s.Release()
		if got := p.Get(1); cap(got.B) != 4<<10 || &got.B[:1][0] == &b[0] {
			t.Errorf("got room %d from a pool of %d", cap(got.B), 4<<10)
		}
	}
}

func TestSegmentReframe(t *testing.T) {
	for _, tt := range []struct {
		name         string
		indent, drop int
		head         string
	}{
		{"the same length", 0, 4, "HEAD"},
		{"shorter", 0, 4, "H"},
		{"nothing", 0, 4, ""},
		{"longer", 3, 4, "HEADING"},
		{"in front", 4, 0, "HEAD"},
		{"less than there is room for", 9, 4, "HEADING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p Pool
			s := p.Get(4 << 10)
			s.Indent(tt.indent)
			if n := s.Front(); n != tt.indent {
				t.Errorf("%d bytes free in front, want %d", n, tt.indent)
			}
			s.B = append(s.B, "headbody"...)
			body := &s.B[tt.drop]
			s.Reframe(tt.drop, []byte(tt.head))
			if want := tt.head + "headbody"[tt.drop:]; string(s.B) != want {
				t.Errorf("got %q, want %q", s.B, want)
			}
			if &s.B[len(tt.head)] != body {
				t.Error("what stays was moved")
			}
			s.B = append(s.B, make([]byte, cap(s.B)-len(s.B))...)
			s.Release()
			if s = p.Get(1); len(s.B) != 0 || cap(s.B) != 4<<10 {
				t.Errorf("comes back with len %d, cap %d", len(s.B), cap(s.B))
			}
		})
	}
}

func TestSegmentReferences(t *testing.T) {
	var p Pool
	s := p.Get(3)
	s.B = append(s.B, "abc"...)
	view := s.B
	s.Retain(2)
	for left := 3; left > 1; left-- {
		if !s.Shared() {
			t.Errorf("not shared with %d references", left)
		}
		s.Release()
	}
	if s.Shared() || string(view) != "abc" {
		t.Errorf("the last reference: shared %t, bytes %q", s.Shared(), view)
	}
	s.Release()
	if want := bytes.Repeat([]byte{0xCC}, 3); invariants.Enabled && !bytes.Equal(view, want) {
		t.Errorf("a view of a released segment reads %x", view)
	}
}

func TestSegmentMisuse(t *testing.T) {
	if !invariants.Enabled {
		t.Skip("looked for in builds with invariants only")
	}
	tests := map[string]func(s *Segment){
		"release":         (*Segment).Release,
		"retain":          func(s *Segment) { s.Retain(1) },
		"negative retain": func(s *Segment) { s.Retain(-1) },
	}
	for name, misuse := range tests {
		s := new(Pool).Get(2 << 20) // not pooled: no other test gets it
		s.Release()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s after the last release does not panic", name)
				}
			}()
			misuse(s)
		}()
	}
}

func TestStatic(t *testing.T) {
	s := NewStatic([]byte("nop"))
	s.Retain(1)
	for range 3 {
		s.Release()
	}
	if !s.Shared() || string(s.B) != "nop" {
		t.Errorf("shared %t, bytes %q", s.Shared(), s.B)
	}
}
