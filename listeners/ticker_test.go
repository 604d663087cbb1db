package listeners

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTicker: all loops every 100 ms; those in a hurry every 10 ms, from at most
// 10 ms after one got into it, and only as long as there are any.
func TestTicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, some atomic.Int32
		var hurried atomic.Bool
		k := newTicker()
		go k.run(func(every bool) bool {
			if every {
				all.Add(1)
			} else {
				some.Add(1)
			}
			return hurried.Load()
		})
		span := func(what string, d time.Duration, wantAll, wantSome int32) {
			t.Helper()
			all.Store(0)
			some.Store(0)
			<-time.After(d)
			synctest.Wait()
			if a, s := all.Load(), some.Load(); a != wantAll || s != wantSome {
				t.Errorf("%s: %d and %d ticks in %v, want %d and %d", what, a, s, d, wantAll, wantSome)
			}
		}
		span("at leisure", time.Second+5*time.Millisecond, 10, 0)
		hurried.Store(true)
		k.hurry()
		k.hurry()
		synctest.Wait()
		span("in a hurry", time.Second, 10, 90)
		hurried.Store(false)
		span("the last of it", 10*time.Millisecond, 0, 1)
		span("at leisure again", time.Second, 10, 0)
		close(k.stop)
		<-k.done
	})
}
