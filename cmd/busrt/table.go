package main

import (
	"strconv"
	"strings"
	"unicode"
)

// table is a table as the reference prints it (docs/cli.md, section 5).
type table struct {
	head []string
	rows [][]string
}

func newTable(head ...string) *table { return &table{head: head} }

// row adds a row of as many cells as the head has.
func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// render gives the table with its line ends; every cell is padded to the width
// of its column, the last one too.
func (t *table) render(p palette) string {
	widths := make([]int, len(t.head))
	total := 1
	for i := range t.head {
		widths[i] = displayWidth(t.head[i])
		for _, row := range t.rows {
			widths[i] = max(widths[i], displayWidth(row[i]))
		}
		total += widths[i] + 2
	}
	var out strings.Builder
	line := func(cells []string, style func(string) string) {
		for i, cell := range cells {
			fill := strings.Repeat(" ", widths[i]-displayWidth(cell))
			out.WriteString(" " + style(cell+fill) + " ")
		}
		out.WriteString(" \n")
	}
	line(t.head, func(cell string) string { return p.paint(styleBlue, cell) })
	out.WriteString(strings.Repeat("-", total) + "\n")
	for _, row := range t.rows {
		line(row, func(cell string) string { return cell })
	}
	return out.String()
}

// wide are the scripts whose characters take two columns of a terminal.
var wide = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Yi,
}

// displayWidth is the number of terminal columns that s takes. Emoji are taken
// for as wide as most of them are.
func displayWidth(s string) int {
	columns := 0
	for _, r := range s {
		switch {
		case r < ' ' || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, wide...), 0xFF01 <= r && r <= 0xFF60, 0x1F300 <= r && r <= 0x1FAFF:
			columns += 2
		default:
			columns++
		}
	}
	return columns
}

// grouped writes n with a _ between thousands.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte('_')
		}
		out.WriteRune(d)
	}
	return out.String()
}
