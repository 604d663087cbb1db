package client

import "time"

// timerResolution is what timers cannot go below: the runtime's poller counts
// milliseconds.
const timerResolution = time.Millisecond

// loop writes whatever may take time. It ends when quit is closed.
func (w *writer) loop() {
	for {
		select {
		case <-w.kick:
		case <-w.quit:
			return
		}
		w.mu.Lock()
		if w.token == tokenFree && w.ttl >= timerResolution && !w.closing {
			w.mu.Unlock()
			w.linger()
			w.mu.Lock()
		}
		w.kicked = false
		if w.token == tokenFree {
			w.token = tokenLoop
		}
		if w.token == tokenLoop {
			w.writeOutLocked()
		}
		w.mu.Unlock()
	}
}

// linger gives the frames in the buffer time to get company. The next kick,
// for something that must not wait, or the end cut it short.
func (w *writer) linger() {
	t := time.NewTimer(w.ttl)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.kick:
	case <-w.quit:
	}
}

// writeOutLocked writes until nothing is left. The loop has the token.
func (w *writer) writeOutLocked() {
	for {
		b := w.rest
		if w.rest = nil; b == nil {
			b = w.takeLocked()
		}
		if b == nil {
			w.releaseLocked()
			return
		}
		w.mu.Unlock()
		_, err := w.conn.Write(b)
		w.mu.Lock()
		if err != nil {
			w.failLocked(err)
			return
		}
		w.giveBackLocked(b)
	}
}
