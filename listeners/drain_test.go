package listeners

import (
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestDrain: addresses are free at once, who is there is served, and Drain ends
// when all have left. Nothing can be opened any more.
//
// Mutant it fails with: Drain without release.
func TestDrain(t *testing.T) {
	for _, network := range []string{networkUnix, networkTCP, networkWS} {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
			over := make(chan error, 1)
			go func() { over <- b.Drain(t.Context()) }()
			eventually(t, "the address is free", func() bool {
				c, err := open(t.Context(), b.at)
				if err == nil {
					_ = c.Close()
				}
				return err != nil
			})
			x.message("y", "still here")
			y.got(codec.KindMessage, "x", "", "still here")
			if _, err := b.Listen(t.Context(), "127.0.0.1:0", ListenOptions{}); err == nil {
				t.Error("an address was opened")
			}
			x.halfClose()
			select {
			case err := <-over:
				t.Fatalf("y is there, and Drain returns %v", err)
			default:
			}
			y.halfClose()
			check(t, <-over)
		})
	}
}
