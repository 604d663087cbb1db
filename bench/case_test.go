package bench_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/bench"
)

// cases are those that texts name, with the usual payload.
func cases(t *testing.T, texts ...string) []bench.Case {
	t.Helper()
	all, err := bench.Cases(texts, bench.Options{PayloadSize: bench.UsualPayload})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func names(all []bench.Case) (names []string) {
	for _, c := range all {
		names = append(names, c.Name())
	}
	return names
}

func TestCases(t *testing.T) {
	tests := []struct {
		texts, want string
		o           bench.Options
	}{
		{"pair", "pair", bench.Options{PayloadSize: 100}},
		{"pair", "pair/size=0", bench.Options{}},
		{"pair/size=100", "pair", bench.Options{Workers: 1}},
		{"pair connect mixed", "pair/workers=8/size=7 connect/workers=8 mixed/workers=8", bench.Options{Workers: 8, PayloadSize: 7}},
		{"pair/size=1,2/workers=3,4", "pair/workers=3/size=1 pair/workers=4/size=1 pair/workers=3/size=2 pair/workers=4/size=2", bench.Options{}},
		{"connect.keep/connections=10 connect.keep", "connect.keep/connections=10 connect.keep", bench.Options{}},
		{"publish/subscriptions=5/receivers=2/names=3", "publish/receivers=2/subscriptions=5/names=3", bench.Options{PayloadSize: 100}},
		{"rpc-call", "rpc-call", bench.Options{PayloadSize: 100}},
		{"rpc.call/w*", "rpc.call/workers=8 rpc.call/workers=8/names=10 rpc.call/workers=8/names=100 " +
			"rpc.call/workers=8/names=1000 rpc.call/workers=8/names=10000", bench.Options{PayloadSize: 100}},
		{"send.*", "send.qos.no/workers=8 send.qos.processed/workers=8", bench.Options{PayloadSize: 100}},
	}
	for _, tt := range tests {
		all, err := bench.Cases(strings.Fields(tt.texts), tt.o)
		if err != nil {
			t.Errorf("%s: %v", tt.texts, err)
		}
		if got := strings.Join(names(all), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.texts, got, tt.want)
		}
	}
}

func TestNoCases(t *testing.T) {
	for _, text := range []string{
		"", "pairs", "pair/receivers=2", "pair/size", "pair/size=", "pair/size=x", "pair/size=-1", "pair/workers=0", "pair/what=1",
		"mixed/size=1", "connect/size=1", "none.*", "[",
	} {
		if all, err := bench.Cases([]string{text}, bench.Options{}); err == nil {
			t.Errorf("%q: %q", text, names(all))
		}
	}
}

// Each case of the suite has a name of its own, and naming it finds it.
func TestSuite(t *testing.T) {
	o := bench.Options{PayloadSize: bench.UsualPayload}
	all := names(bench.Suite(o))
	if got := names(cases(t)); !slices.Equal(got, all) {
		t.Errorf("no words are %q", got)
	}
	for i, name := range all {
		if slices.Contains(all[:i], name) {
			t.Errorf("%s is there twice", name)
		}
		if got := names(cases(t, name)); len(got) != 1 || got[0] != name {
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, s := range bench.Reference() {
		if !slices.ContainsFunc(all, func(name string) bool { return strings.HasPrefix(name, s.Name+"/") }) {
			t.Errorf("%s is missing", s.Name)
		}
	}
}
