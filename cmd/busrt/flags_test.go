package main

import (
	"math"
	"strconv"
	"testing"
	"time"
)

func TestSeconds(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration // 0: refused
	}{
		{"5", 5 * time.Second},
		{"1e-9", 1},
		{"1e-10", 0},
		{"1e3", 1000 * time.Second},
		{strconv.Itoa(maxSeconds), maxSeconds * time.Second},
		{strconv.Itoa(maxSeconds + 1), 0},
		{strconv.FormatFloat(math.MaxFloat64, 'g', -1, 64), 0},
		{"-Inf", 0},
		{"", 0},
		{" 1", 0},
	}
	for _, tt := range tests {
		var got time.Duration
		if err := (seconds{&got}).Set(tt.text); (err == nil) != (tt.want > 0) || got != tt.want {
			t.Errorf("%q is %v (%v), want %v", tt.text, got, err, tt.want)
		}
	}
}
