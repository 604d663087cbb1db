package allocbound

import (
	"testing"

	"github.com/busrt-go/busrt/internal/invariants"
)

var kept []byte

func TestWithin(t *testing.T) {
	for _, tc := range []struct {
		input, allocated int
		within           bool
	}{
		{0, 0, true},
		{0, Base / 2, true},
		{0, 2 * Base, false},
		{Base, 2 * Base, true},
		{1000, 1000 * PerByte, true},
		{1000, 2*Base + 1000*PerByte, false},
	} {
		spent := Spent(func() { kept = make([]byte, tc.allocated) })
		if got := Within(tc.input, spent); got != (tc.within || invariants.Enabled) {
			t.Errorf("%d bytes for an input of %d: within the bound: %t", spent, tc.input, got)
		}
	}
}
