// Package interleave goes through every state that a few step machines can come to
// together, in whatever order they take their steps. It is for models of small
// concurrent protocols: a state is a comparable value with all of the machines in
// it, a step is what one of them does at once. One goroutine.
package interleave

import (
	"fmt"
	"slices"
	"strings"
)

// Step is something that one machine may do. Do gives the state behind it; false
// if the machine cannot do it now.
type Step[S comparable] struct {
	Name string
	Do   func(S) (S, bool)
}

// Model is what is explored.
type Model[S comparable] struct {
	Start S
	Steps []Step[S]

	// Check is asked of each state, and says what is wrong with it.
	Check func(S) error

	// AtRest is asked of each state without a step to take: a machine that waits
	// there waits for ever.
	AtRest func(S) error
}

// Fault is what was wrong with a state, and the steps that lead there: as few as
// can be.
type Fault struct {
	Err   error
	State any
	Path  []string
}

// Error is the fault with its path.
func (f *Fault) Error() string {
	return fmt.Sprintf("%v\n\tin %+v\n\tafter %s", f.Err, f.State, strings.Join(f.Path, ", "))
}

// from is how a state was come to first.
type from[S comparable] struct {
	state S
	step  int // -1: the start
}

// Run visits all states, breadth first, and gives their number. visit, if not
// nil, is shown each with the steps that lead there. An error is a [Fault], the
// first of them.
func (m Model[S]) Run(visit func(S, []string) error) (states int, err error) {
	seen := map[S]from[S]{m.Start: {step: -1}}
	for queue := []S{m.Start}; len(queue) > 0; queue = queue[1:] {
		s, resting := queue[0], true
		for i, step := range m.Steps {
			next, ok := step.Do(s)
			if !ok {
				continue
			}
			resting = false
			if _, known := seen[next]; !known {
				seen[next] = from[S]{s, i}
				queue = append(queue, next)
			}
		}
		err := m.Check(s)
		if err == nil && resting {
			err = m.AtRest(s)
		}
		if err == nil && visit != nil {
			err = visit(s, m.path(seen, s))
		}
		if err != nil {
			return len(seen), &Fault{err, s, m.path(seen, s)}
		}
	}
	return len(seen), nil
}

// path is how s was come to.
func (m Model[S]) path(seen map[S]from[S], s S) (steps []string) {
	for f := seen[s]; f.step >= 0; f = seen[f.state] {
		steps = append(steps, m.Steps[f.step].Name)
	}
	slices.Reverse(steps)
	return steps
}
