package main

import (
	"math"
	"testing"
)

// Tables as the reference prints them.
func TestTable(t *testing.T) {
	clients := newTable("name", "type", "source", "port", "r_frames", "r_bytes", "w_frames", "w_bytes", "queue", "ins")
	clients.row(".broker", "internal", "", "", "1", "33", "1", "25", "0", "1")
	clients.row("名前.é", "tcp", "127.0.0.1:1", "[::]:9924", "1_234_567", "0", "0", "0", "0", "2")
	empty := newTable("field", "value")
	tests := []struct {
		table *table
		want  string
	}{
		{clients, "" +
			" name     type      source       port       r_frames   r_bytes  w_frames  w_bytes  queue  ins  \n" +
			"-----------------------------------------------------------------------------------------------\n" +
			" .broker  internal                          1          33       1         25       0      1    \n" +
			" 名前.é   tcp       127.0.0.1:1  [::]:9924  1_234_567  0        0         0        0      2    \n"},
		{empty, " field  value  \n---------------\n"},
	}
	for _, tt := range tests {
		if got := tt.table.render(false); got != tt.want {
			t.Errorf("got\n%swant\n%s", got, tt.want)
		}
	}
}

func TestTableHeadIsBlue(t *testing.T) {
	tbl := newTable("field", "v")
	tbl.row("name", "value")
	want := " \x1b[34mfield\x1b[0m  \x1b[34mv    \x1b[0m  \n---------------\n name   value  \n"
	if got := tbl.render(true); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0", 999: "999", 1000: "1_000", 12345: "12_345", 1234567: "1_234_567", math.MaxUint64: "18_446_744_073_709_551_615",
	} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestDisplayWidth(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "名前": 4, "ｆ": 2, "한글": 4, "ひらカタ": 8, "😀": 2, "\u200b": 0,
	} {
		if got := displayWidth(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}
