package main

import (
	"io"
	"os"
)

// palette colours what people read; false, the zero value, does not.
type palette bool

// The styles of the reference (SGR parameters).
const (
	styleBold     = "1"
	styleDim      = "2"
	styleGreen    = "32"
	styleYellow   = "33"
	styleBlue     = "34"
	styleMagenta  = "35"
	styleCyan     = "36"
	styleBoldBlue = "1;34"
	styleBoldCyan = "1;36"
)

// newPalette tells whether what goes to w is to be coloured: CLICOLOR_FORCE
// wins over NO_COLOR, that over CLICOLOR, and that over whether w is a terminal.
// A 0 says no where another value says yes.
func newPalette(w io.Writer) palette {
	if v, ok := os.LookupEnv("CLICOLOR_FORCE"); ok && v != "0" {
		return true
	}
	if _, ok := os.LookupEnv("NO_COLOR"); ok {
		return false
	}
	return palette(os.Getenv("CLICOLOR") != "0" && isTerminal(w))
}

// paint puts text between the sequences that start and end a style.
func (p palette) paint(style, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}
