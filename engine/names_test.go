package engine

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesVectors(t *testing.T) {
	for _, v := range maskVectors {
		var n names[string]
		n.insert(v.text, v.text)
		want := []string(nil)
		if v.matches {
			want = []string{v.text}
		}
		if got := n.match(v.pattern, nil); !slices.Equal(got, want) {
			t.Errorf("mask %q, name %q: %q, want %q", v.pattern, v.text, got, want)
		}
		n.remove(v.text)
		if n.root.children != nil {
			t.Errorf("name %q: nodes are left", v.text)
		}
	}
}

func TestNamesAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n names[int]
		model := map[string]int{}
		name := texts(maskSyntax)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				s, v := name.Draw(t, "name"), rapid.Int().Draw(t, "value")
				n.insert(s, v)
				model[s] = v
			},
			"removeAny": func(t *rapid.T) {
				s := name.Draw(t, "name")
				n.remove(s)
				delete(model, s)
			},
			"removeOne": func(t *rapid.T) {
				if len(model) > 0 {
					s := rapid.SampledFrom(slices.Sorted(maps.Keys(model))).Draw(t, "name")
					n.remove(s)
					delete(model, s)
				}
			},
			"": func(t *rapid.T) {
				mask := name.Draw(t, "mask")
				want := []int{0} // what dst holds already
				for s, v := range model {
					if oracle(maskSyntax, mask).MatchString(s) {
						want = append(want, v)
					}
				}
				got := n.match(mask, []int{0})
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%q: %v, want %v of %v", mask, got, want, model)
				}
			},
		})
		for s := range model {
			n.remove(s)
		}
		if n.root.children != nil {
			t.Fatalf("nodes are left: %v", n.root.children)
		}
	})
}

// Where the reference needs 2ⁿ, one visit of each node does [BUSRT-H7].
func TestNamesManyDots(t *testing.T) {
	var n names[int]
	const depth = 200
	for i := range depth { // a, a.a, a.a.a and so on
		n.insert(strings.Repeat("a.", i)+"a", i)
	}
	for _, c := range []struct {
		mask string
		want int
	}{
		{strings.Repeat("?.", depth-1) + "?", 1},
		{strings.Repeat("?.", depth/2) + "*", depth / 2},
		{strings.Repeat("?.", 1<<20) + "?", 0},
		{strings.Repeat(".", 1<<20), 0},
		{"*" + strings.Repeat(".*", 1<<20), depth},
		{strings.Repeat("?.", depth) + "*", 0},
	} {
		if got := len(n.match(c.mask, nil)); got != c.want {
			t.Errorf("%.20q…: %d names, want %d", c.mask, got, c.want)
		}
	}
}

// 10,000 flat names take at most 100 bytes each beside their text.
func TestNamesMemory(t *testing.T) {
	const count, limit = 10_000, 100
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprint("client", i)
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools let go in the first
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var n names[*int]
	for _, s := range all {
		n.insert(s, nil)
	}
	each := (heap() - before) / count
	runtime.KeepAlive(all)
	runtime.KeepAlive(&n)
	t.Logf("%d bytes a name", each)
	if each > limit {
		t.Errorf("%d bytes a name, want at most %d", each, limit)
	}
}

func BenchmarkNamesMatch(b *testing.B) {
	var n names[int]
	for i := range 10_000 { // 100 groups of 100
		n.insert(fmt.Sprintf("g%d.c%d", i/100, i%100), i)
	}
	dst := make([]int, 0, 10_000)
	for _, mask := range []string{"*", "g7.?", "g7.c9", "?.c9"} {
		b.Run(mask, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = n.match(mask, dst[:0])
			}
		})
	}
}

func BenchmarkNamesInsertRemove(b *testing.B) {
	var n names[int]
	for i := range 10_000 {
		n.insert(fmt.Sprint("client", i), i)
	}
	b.ReportAllocs()
	for b.Loop() {
		n.insert("newcomer", 1)
		n.remove("newcomer")
	}
}
