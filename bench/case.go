package bench

import (
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Case is a stage with the options it is to run with. Its name has the stage and
// every parameter that is not the usual one, in the form of Go benchmarks:
//
//	rpc.call/workers=8
type Case struct {
	Stage   Stage
	Options Options
}

// UsualPayload is the payload that the name of a case does not mention.
const UsualPayload = 100

// parameter is what the name of a case may set.
type parameter struct {
	name  string
	of    func(*Options) *int
	usual int
	least int
	takes takes // 0: every stage does
}

var parameters = [...]parameter{
	{"workers", func(o *Options) *int { return &o.Workers }, 1, 1, 0},
	{"size", func(o *Options) *int { return &o.PayloadSize }, UsualPayload, 0, takesSize},
	{"receivers", func(o *Options) *int { return &o.Receivers }, 1, 1, takesReceivers},
	{"subscriptions", func(o *Options) *int { return &o.Subscriptions }, 0, 0, takesSubscriptions},
	{"names", func(o *Options) *int { return &o.Names }, 0, 0, takesNames},
	{"connections", func(o *Options) *int { return &o.Connections }, DefaultConnections, 1, takesConnections},
}

// applies tells whether a stage has the parameter.
func (p *parameter) applies(s Stage) bool { return p.takes == 0 || s.takes&p.takes != 0 }

// Parameters are the names of those that a stage has.
func (s Stage) Parameters() (names []string) {
	for _, p := range parameters {
		if p.applies(s) {
			names = append(names, p.name)
		}
	}
	return names
}

// Name is what results of the case are known by.
func (c Case) Name() string {
	name := []byte(c.Stage.Name)
	for key, value := range c.settings() {
		name = fmt.Appendf(name, "/%s=%d", key, value)
	}
	return string(name)
}

// Parameters are the parameters of the case that are not the usual ones.
func (c Case) Parameters() map[string]int { return maps.Collect(c.settings()) }

// settings goes through them in their order.
func (c Case) settings() iter.Seq2[string, int] {
	o := c.Options.EnsureDefaults()
	return func(yield func(string, int) bool) {
		for _, p := range parameters {
			if v := *p.of(&o); v != p.usual && p.applies(c.Stage) && !yield(p.name, v) {
				return
			}
		}
	}
}

// suite are the cases that show what a broker does, in the words of [Cases].
var suite = []string{
	"rpc.call/workers=1,8",
	"rpc.call+handle/workers=8",
	"rpc.call0/workers=8",
	"send.qos.no/workers=8",
	"send.qos.processed/workers=8",
	"send+recv.qos.no/workers=8",
	"send+recv.qos.processed/workers=8",
	"pair/workers=1,4",
	"publish/receivers=1,10,100,1000",
	"pair/size=65536,1048576",
	"mixed",
	"connect/workers=8",
	"connect.keep/workers=8",
	"subscribe",
	"publish/subscriptions=10,100,1000,10000,100000",
	"rpc.call/workers=8/names=10,100,1000,10000",
}

// Suite gives the cases of all comparisons.
func Suite(o Options) []Case {
	all, err := explicit(suite, o)
	if err != nil {
		panic(err) // a test reads them
	}
	return all
}

// Cases finds the cases that texts name, with o for what they leave open. A text
// is a stage with parameters, of which each may have several values, or a
// pattern of names of [Suite]. None at all are those of Suite.
//
//	rpc.call   pair/size=100,65536   publish/receivers=100/workers=2   'rpc.*'
func Cases(texts []string, o Options) ([]Case, error) {
	if len(texts) == 0 {
		return Suite(o), nil
	}
	var all []Case
	for _, text := range texts {
		found, err := one(text, o)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// one finds the cases of one text.
func one(text string, o Options) ([]Case, error) {
	if !strings.ContainsAny(text, "*?[") {
		return explicit([]string{text}, o)
	}
	var found []Case
	for _, c := range Suite(o) {
		// A * also stands for slashes: names are no paths.
		ok, err := path.Match(strings.ReplaceAll(text, "/", " "), strings.ReplaceAll(c.Name(), "/", " "))
		if err != nil {
			return nil, fmt.Errorf("busrt: pattern %q: %w", text, err)
		}
		if ok {
			found = append(found, c)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("busrt: no stage matches %q", text)
	}
	return found, nil
}

// explicit takes texts apart that are no patterns.
func explicit(texts []string, o Options) ([]Case, error) {
	var all []Case
	for _, text := range texts {
		name, rest, _ := strings.Cut(text, "/")
		s, ok := StageNamed(name)
		if !ok {
			return nil, fmt.Errorf("busrt: unknown stage %q", name)
		}
		cases := []Case{{s, o}}
		for word := range strings.SplitSeq(rest, "/") {
			if word == "" {
				continue
			}
			var err error
			if cases, err = with(cases, word); err != nil {
				return nil, fmt.Errorf("busrt: %s: %w", text, err)
			}
		}
		all = append(all, cases...)
	}
	return all, nil
}

// with gives cases with each of the values of a word.
func with(cases []Case, word string) ([]Case, error) {
	key, values, _ := strings.Cut(word, "=")
	i := slices.IndexFunc(parameters[:], func(p parameter) bool { return p.name == key })
	if i < 0 || !parameters[i].applies(cases[0].Stage) {
		return nil, fmt.Errorf("no parameter %q: want some of %s", key, strings.Join(cases[0].Stage.Parameters(), ", "))
	}
	p := parameters[i]
	var all []Case
	for _, c := range cases {
		for text := range strings.SplitSeq(values, ",") {
			v, err := strconv.Atoi(text)
			if err != nil || v < p.least {
				return nil, fmt.Errorf("%s=%s: want a number, at least %d", key, text, p.least)
			}
			*p.of(&c.Options) = v
			all = append(all, c)
		}
	}
	return all, nil
}
