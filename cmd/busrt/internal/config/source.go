package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// source is the text of a file, and where its keys stand.
type source struct {
	name  string
	text  []byte
	lines map[string]int // by path; the first is 1
}

func newSource(name string, text []byte) *source {
	return &source{name: name, text: text, lines: map[string]int{}}
}

// locate finds the keys of a text whose syntax is right.
func (s *source) locate() {
	var p unstable.Parser
	p.Reset(s.text)
	tables := map[string]int{} // arrays of tables: how many so far
	line := func(n *unstable.Node) int { return p.Shape(n.Raw).Start.Line }
	table := ""
	for p.NextExpression() {
		n := p.Expression()
		switch n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = ""
			at := 0
			for k := n.Key(); k.Next(); {
				table, at = join(table, string(k.Node().Data)), line(k.Node())
				if n.Kind == unstable.ArrayTable && k.IsLast() {
					s.lines[table] = at
					tables[table]++
				}
				if count := tables[table]; count > 0 {
					table += fmt.Sprintf("[%d]", count-1)
				}
			}
			s.lines[table] = at
		case unstable.KeyValue:
			s.keyValue(table, n, line)
		default:
		}
	}
}

func (s *source) keyValue(table string, n *unstable.Node, line func(*unstable.Node) int) {
	at := 0
	for k := n.Key(); k.Next(); {
		table, at = join(table, string(k.Node().Data)), line(k.Node())
		s.lines[table] = at
	}
	s.value(table, n.Value(), at, line)
}

// value finds the keys inside of an inline table, or of an array of them.
func (s *source) value(path string, n *unstable.Node, at int, line func(*unstable.Node) int) {
	switch n.Kind {
	case unstable.InlineTable:
		for i := n.Children(); i.Next(); {
			s.keyValue(path, i.Node(), line)
		}
	case unstable.Array:
		i := 0
		for e := n.Children(); e.Next(); i++ {
			element := fmt.Sprintf("%s[%d]", path, i)
			s.lines[element] = at
			s.value(element, e.Node(), at, line)
		}
	default:
	}
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// join puts a name behind a path.
func join(path, name string) string {
	if !bare.MatchString(name) {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// parent is the path that another is in.
func parent(path string) string {
	last := 0
	for at := endOfSegment(path); at < len(path); at += 1 + endOfSegment(path[at+1:]) {
		last = at
	}
	return path[:last]
}

// line is that of a key, or of the table it would be in; 0 if there is neither.
func (s *source) line(path string) int {
	for ; path != ""; path = parent(path) {
		if at := s.lines[path]; at > 0 {
			return at
		}
		if i := strings.LastIndexByte(path, '['); i > 0 && strings.HasSuffix(path, "]") && s.lines[path[:i]] > 0 {
			return s.lines[path[:i]]
		}
	}
	return 0
}

// excerpt shows a line and the one before it.
func (s *source) excerpt(at int) string {
	lines := strings.Split(string(s.text), "\n")
	if at < 1 || at > len(lines) {
		return ""
	}
	var out strings.Builder
	for i := max(1, at-1); i <= at; i++ {
		mark := "  "
		if i == at {
			mark = "> "
		}
		fmt.Fprintf(&out, "\n  %s%4d | %s", mark, i, strings.TrimRight(lines[i-1], "\r"))
	}
	return out.String()
}

// hideSecrets is for excerpts of lines that hold a token.
var secrets = regexp.MustCompile(`(\btoken\s*=\s*)("[^"]*"|'[^']*')`)

func hideSecrets(text string) string { return secrets.ReplaceAllString(text, `$1"***"`) }
