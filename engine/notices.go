package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Bounds of what is logged about clients: a peer that connects or misbehaves in a
// loop does not fill the disk, nor hide what is said of others.
const (
	linesPerPeer = 10 // a second, for one user or address
	noticePeers  = 1024
)

// notices count the lines of this second, by peer.
type notices struct {
	sync.Mutex
	second  time.Time
	lines   map[Identity]int
	omitted int
}

// allow tells whether one more line about the peer may be written now, and how
// many were left out in the second that is over.
func (n *notices) allow(who Identity, now time.Time) (ok bool, omitted int) {
	n.Lock()
	defer n.Unlock()
	if now.Sub(n.second) >= time.Second {
		omitted, n.omitted = n.omitted, 0
		n.second, n.lines = now, make(map[Identity]int)
	}
	if _, known := n.lines[who]; !known && len(n.lines) >= noticePeers {
		who = Identity{} // all others share one account
	}
	if n.lines[who]++; n.lines[who] > linesPerPeer {
		n.omitted++
		return false, omitted
	}
	return true, omitted
}

// tell logs a line about a client. Control plane, any goroutine.
func (b *Broker) tell(level slog.Level, who Identity, msg string, args ...any) {
	log := b.options.Logger
	if !log.Enabled(context.Background(), level) {
		return
	}
	ok, omitted := b.notices.allow(who, time.Now())
	if omitted > 0 {
		b.options.Logger.Warn("lines about clients were left out", "lines", omitted)
	}
	if ok {
		log.Log(context.Background(), level, msg, args...)
	}
}
