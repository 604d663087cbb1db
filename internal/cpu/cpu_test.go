package cpu

import (
	"math/bits"
	"runtime"
	"testing"
)

func TestCacheLineCoversTheProcessor(t *testing.T) {
	if got := LineSize(); got > CacheLine {
		t.Errorf("the processor has lines of %d bytes, padding is for %d", got, CacheLine)
	}
	if bits.OnesCount(CacheLine) != 1 {
		t.Errorf("CacheLine = %d is not a power of two", CacheLine)
	}
}

func TestLineSizeIsKnownOnX86(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("only x86 reports its lines everywhere")
	}
	if LineSize() == 0 {
		t.Error("no line size: the test of CacheLine would prove nothing")
	}
}

func TestPhysical(t *testing.T) {
	tests := []struct{ logical, threads, want int }{
		{1, 0, 1},
		{8, 0, 8}, // not reported
		{8, 1, 8},
		{8, 2, 4},
		{1, 2, 1},
		{3, 2, 1}, // a container that was given part of the cores
	}
	for _, tt := range tests {
		if got := physical(tt.logical, tt.threads); got != tt.want {
			t.Errorf("physical(%d, %d) = %d, want %d", tt.logical, tt.threads, got, tt.want)
		}
	}
}

func TestCores(t *testing.T) {
	if p, l := PhysicalCores(), LogicalCores(); p < 1 || p > l {
		t.Errorf("%d physical of %d logical cores", p, l)
	}
}
