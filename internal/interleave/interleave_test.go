package interleave

import (
	"errors"
	"slices"
	"testing"
)

// counter is two machines that add one to a number, with or without a lock.
type counter struct {
	number, locked int
	at, read       [2]int
}

func add(i int, lock bool) []Step[counter] {
	return []Step[counter]{
		{"lock", func(c counter) (counter, bool) {
			ok := c.at[i] == 0 && (!lock || c.locked == 0)
			c.at[i], c.locked = 1, i+1
			return c, ok
		}},
		{"read", func(c counter) (counter, bool) {
			ok := c.at[i] == 1
			c.at[i], c.read[i] = 2, c.number
			return c, ok
		}},
		{"write", func(c counter) (counter, bool) {
			ok := c.at[i] == 2
			c.at[i], c.number, c.locked = 3, c.read[i]+1, 0
			return c, ok
		}},
	}
}

func count(lock bool) Model[counter] {
	return Model[counter]{
		Steps: slices.Concat(add(0, lock), add(1, lock)),
		Check: func(counter) error { return nil },
		AtRest: func(c counter) error {
			if c.number != 2 {
				return errors.New("lost")
			}
			return nil
		},
	}
}

func TestRun(t *testing.T) {
	visited := 0
	states, err := count(true).Run(func(_ counter, path []string) error {
		if visited++; len(path) > 6 {
			t.Errorf("a path of %d steps", len(path))
		}
		return nil
	})
	if err != nil || states != visited || states != 13 {
		t.Errorf("%d states, %d visited: %v", states, visited, err)
	}
	_, err = count(false).Run(nil)
	if f, ok := errors.AsType[*Fault](err); !ok || len(f.Path) != 6 || f.Err.Error() != "lost" {
		t.Errorf("without the lock: %v", err)
	}
}
