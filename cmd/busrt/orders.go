package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// watchOrders gives the signals that ask for something else than the end.
func watchOrders() (orders <-chan os.Signal, ignore func()) {
	caught := make(chan os.Signal, 8)
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
	return caught, func() { signal.Stop(caught) }
}

// logState logs what the broker is at: totals, then each client.
func (s *service) logState() {
	st := s.broker.Stats()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.log.Info("state", "uptime", st.Uptime, "connections", st.Connections, "ready", s.ready.Load(), "lag", s.group.Lag(),
		"r_frames", st.RFrames, "r_bytes", st.RBytes, "w_frames", st.WFrames, "w_bytes", st.WBytes,
		"heap", memory.HeapAlloc, "goroutines", runtime.NumGoroutine())
	for why, n := range st.Ended {
		s.log.Info("state: ended connections", "reason", why, "number", n)
	}
	for _, c := range s.broker.Clients() {
		s.log.Info("state: client", "name", c.Name, "kind", c.Kind, "source", orEmpty(c.Source), "port", orEmpty(c.Port),
			"uid", c.UID, "pid", c.PID, "r_frames", c.RFrames, "w_frames", c.WFrames, "queue", c.Queue, "instances", c.Instances)
	}
}
