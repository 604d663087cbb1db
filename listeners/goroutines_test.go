package listeners

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/busrt-go/busrt/engine"
)

// TestGoroutinesDoNotGrow: a connection is state of its loop, not a goroutine.
func TestGoroutinesDoNotGrow(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 2})
			connect(t, b.at, "first") // whatever is made once is there
			before := runtime.NumGoroutine()
			for i := range 200 {
				connect(t, b.at, fmt.Sprint("c", i))
			}
			if after := runtime.NumGoroutine(); after > before {
				t.Errorf("%d goroutines with 201 connections, %d with one", after, before)
			}
		})
	}
}
