package main

import (
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the program of the tests be the broker that some trials start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveArg {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// Each promise, at a size that a test can take.
func TestTrials(t *testing.T) {
	everything := append(trials(short, 1), trial{soakArg, (&soak{length: 3 * time.Second, peak: time.Second, out: t.Output()}).run})
	for _, trial := range everything {
		t.Run(trial.name, func(t *testing.T) {
			if runtime.GOOS != "linux" && trial.name != "chaos" {
				t.Skip("what a process has come to is read from /proc")
			}
			figures, err := trial.run(t.Context(), t.TempDir())
			t.Log(figures)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
