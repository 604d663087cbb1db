package ringbuf

import (
	"testing"

	"github.com/busrt-go/busrt/internal/invariants"
)

func (s state) String() string {
	return [...]string{"idle", "writing", "awaited", "blocked", "owned", "closed"}[s]
}

// The table of token.go, cell by cell.
func TestTokenTransitions(t *testing.T) {
	push := func(o *Outbox) any { return o.Push([]Ref{{Seg: NewStatic([]byte("x"))}}) }
	park := func(o *Outbox) any { return o.Park([]Ref{{Seg: NewStatic([]byte("x"))}}) }
	acquire := func(o *Outbox) any { return o.Acquire() }
	resume := func(o *Outbox) any { return o.Resume() }
	claim := func(o *Outbox) any { return o.Claim() }
	yield := func(o *Outbox) any { return o.Yield(false) }
	yieldFull := func(o *Outbox) any { return o.Yield(true) }

	tests := []struct {
		name   string
		call   func(*Outbox) any
		queued int // segments that wait beforehand
		from   state
		to     state
		want   any
	}{
		{"push", push, 0, stateIdle, stateWriting, true},
		{"push", push, 1, stateWriting, stateWriting, false},
		{"push", push, 1, stateAwaited, stateAwaited, false},
		{"push", push, 1, stateBlocked, stateBlocked, false},
		{"push", push, 1, stateOwned, stateOwned, false},
		{"push", push, 0, stateClosed, stateClosed, false},

		{"park", park, 0, stateIdle, stateBlocked, true},
		{"park", park, 1, stateWriting, stateWriting, false},
		{"park", park, 1, stateAwaited, stateAwaited, false},
		{"park", park, 1, stateBlocked, stateBlocked, false},
		{"park", park, 1, stateOwned, stateOwned, false},
		{"park", park, 0, stateClosed, stateClosed, false},

		{"acquire", acquire, 0, stateIdle, stateWriting, true},
		{"acquire", acquire, 1, stateWriting, stateWriting, false},
		{"acquire", acquire, 1, stateAwaited, stateAwaited, false},
		{"acquire", acquire, 1, stateBlocked, stateBlocked, false},
		{"acquire", acquire, 1, stateOwned, stateOwned, false},
		{"acquire", acquire, 0, stateClosed, stateClosed, false},

		{"resume", resume, 0, stateIdle, stateIdle, false},
		{"resume", resume, 1, stateWriting, stateWriting, false},
		{"resume", resume, 1, stateAwaited, stateAwaited, false},
		{"resume", resume, 1, stateBlocked, stateWriting, true},
		{"resume", resume, 1, stateOwned, stateOwned, false},
		{"resume", resume, 0, stateClosed, stateClosed, false},

		{"claim", claim, 0, stateIdle, stateOwned, true},
		{"claim", claim, 1, stateWriting, stateAwaited, false},
		{"claim", claim, 1, stateAwaited, stateAwaited, false},
		{"claim", claim, 1, stateBlocked, stateOwned, true},
		{"claim", claim, 1, stateOwned, stateOwned, true},
		{"claim", claim, 0, stateClosed, stateClosed, false},

		{"yield", yield, 0, stateWriting, stateIdle, Released},
		{"yield", yield, 1, stateWriting, stateWriting, Again},
		{"yield", yield, 0, stateAwaited, stateBlocked, Wake},
		{"yield", yield, 1, stateAwaited, stateBlocked, Wake},

		{"yield full", yieldFull, 0, stateWriting, stateIdle, Released},
		{"yield full", yieldFull, 1, stateWriting, stateBlocked, Wake},
		{"yield full", yieldFull, 0, stateAwaited, stateBlocked, Wake},
		{"yield full", yieldFull, 1, stateAwaited, stateBlocked, Wake},
	}
	for _, tt := range tests {
		o := Outbox{state: tt.from}
		for range tt.queued {
			o.refs.push([]Ref{{Seg: NewStatic([]byte("y"))}})
		}
		if got := tt.call(&o); got != tt.want || o.state != tt.to {
			t.Errorf("%s, %v with %d queued: %v, %v; want %v, %v", tt.name, tt.from, tt.queued, got, o.state, tt.want, tt.to)
		}
		if blocked := tt.to == stateBlocked; o.Blocked() != blocked {
			t.Errorf("%s, %v: Blocked = %t", tt.name, tt.from, !blocked)
		}
	}
}

// Whoever yields or closes without the token is wrong.
func TestTokenMisuse(t *testing.T) {
	tests := map[string]struct {
		call  func(*Outbox)
		wrong []state
	}{
		"Yield": {func(o *Outbox) { o.Yield(false) }, []state{stateIdle, stateBlocked, stateOwned, stateClosed}},
		"Close": {func(o *Outbox) { o.Close() }, []state{stateIdle, stateBlocked}},
	}
	for name, tt := range tests {
		for _, s := range tt.wrong {
			o := Outbox{state: s}
			func() {
				defer func() {
					if panics := recover() != nil; panics != invariants.Enabled {
						t.Errorf("%s, %v: panics %t", name, s, panics)
					}
				}()
				tt.call(&o)
			}()
			if name == "Yield" && o.state != s {
				t.Errorf("Yield, %v: → %v", s, o.state)
			}
		}
	}
}

// The whole way of a Claim that finds a writer: what the writer's Yield leaves
// is what the owner's second Claim needs, whatever is pushed between.
func TestClaimFromWriter(t *testing.T) {
	for _, pushes := range []bool{false, true} {
		var o Outbox
		if !o.Acquire() || o.Claim() {
			t.Fatal("the token is with two")
		}
		if pushes {
			o.Push([]Ref{{Seg: NewStatic([]byte("x"))}})
		}
		if got := o.Yield(false); got != Wake {
			t.Fatalf("Yield = %v with a claim pending, want Wake", got)
		}
		if pushes && o.Push([]Ref{{Seg: NewStatic([]byte("y"))}}) {
			t.Fatal("a producer got the token that the owner waits for")
		}
		if o.Acquire() || !o.Claim() {
			t.Fatal("the owner did not get the token")
		}
		o.Close()
	}
}
