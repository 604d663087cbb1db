package invariants

import (
	"bytes"
	"testing"
)

func TestPoison(t *testing.T) {
	b := make([]byte, 3, 8)
	want := make([]byte, 8)
	if Enabled {
		want = bytes.Repeat([]byte{0xCC}, 8)
	}
	Poison(b)
	if got := b[:cap(b)]; !bytes.Equal(got, want) {
		t.Errorf("enabled %v: % X, want % X", Enabled, got, want)
	}
	Poison(nil)
}
