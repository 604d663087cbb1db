package main

import (
	"bytes"
	"os"
	"testing"
)

// What the environment says, for a stream that is no terminal; color.txtar has
// terminals.
func TestPalette(t *testing.T) {
	tests := []struct {
		force, no, cli string // CLICOLOR_FORCE, NO_COLOR, CLICOLOR; "-": not set
		want           palette
	}{
		{"-", "-", "-", false},
		{"-", "-", "1", false}, // colours only terminals
		{"1", "-", "-", true},
		{"", "-", "-", true}, // set, and not 0
		{"0", "-", "1", false},
		{"1", "1", "0", true}, // wins over both
	}
	for _, tt := range tests {
		for name, value := range map[string]string{"CLICOLOR_FORCE": tt.force, "NO_COLOR": tt.no, "CLICOLOR": tt.cli} {
			t.Setenv(name, value) // restores it
			if value == "-" {
				if err := os.Unsetenv(name); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := newPalette(new(bytes.Buffer)); got != tt.want {
			t.Errorf("CLICOLOR_FORCE=%s NO_COLOR=%s CLICOLOR=%s: %v, want %v", tt.force, tt.no, tt.cli, got, tt.want)
		}
	}
}

func TestPaint(t *testing.T) {
	if got := palette(true).paint(styleBoldBlue, "x"); got != "\x1b[1;34mx\x1b[0m" {
		t.Errorf("%q", got)
	}
	if got := palette(false).paint(styleBoldBlue, "x"); got != "x" {
		t.Errorf("%q", got)
	}
}

// /dev/null is a device, but no terminal.
func TestIsTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for _, stream := range []any{null, new(bytes.Buffer), nil} {
		if isTerminal(stream) {
			t.Errorf("%T passes for a terminal", stream)
		}
	}
}
