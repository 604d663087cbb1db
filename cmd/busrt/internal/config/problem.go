package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong.
type Problem struct {
	Origin Origin
	Key    string // path of what it is about, empty if it is about the syntax
	Text   string // what is wrong
	Advice string // what to write instead

	excerpt string
}

// Problems are all that were found, at least one.
type Problems []Problem

func (ps Problems) Error() string {
	var all strings.Builder
	for i, p := range ps {
		if i > 0 {
			all.WriteByte('\n')
		}
		all.WriteString("busrt: " + p.String())
	}
	return all.String()
}

func (p Problem) String() string {
	parts := make([]string, 0, 3)
	if place := p.Origin.place(); place != "" {
		parts = append(parts, place)
	}
	if p.Key != "" {
		parts = append(parts, p.Key)
	}
	line := strings.Join(append(parts, p.Text), ": ")
	if p.Advice != "" {
		line += "; " + p.Advice
	}
	return line + p.excerpt
}

// Origin is where a value comes from.
type Origin struct {
	Kind OriginKind
	Name string // of the file, the variable, or the flag
	Line int    // in a file; the first is 1
}

// OriginKind tells the sources of values apart; later ones win.
type OriginKind int

// The kinds of origins.
const (
	FromDefault OriginKind = iota
	FromFile
	FromEnvironment
	FromFlag
)

func (o Origin) String() string {
	if o.Kind == FromDefault {
		return "default"
	}
	return o.place()
}

func (o Origin) place() string {
	if o.Kind == FromFile && o.Line > 0 {
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	}
	return o.Name
}

// nearest is the candidate that is most like a name, if any is.
func nearest(name string, candidates []string) (best string) {
	least := max(2, len(name)/3) + 1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to be inserted, deleted or exchanged.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
