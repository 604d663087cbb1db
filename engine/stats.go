package engine

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// Stats are what a broker has counted since it was made.
type Stats struct {
	Uptime      time.Duration     // since New
	RFrames     uint64            // frames that clients have sent [BUSRT-O16]
	RBytes      uint64            // of their bodies
	WFrames     uint64            // frames, and acks, for receivers
	WBytes      uint64            // of the same bodies, and 6 for each ack
	Connections int               // sessions, those in the handshake among them
	InProcess   int               // in-process clients
	Ended       map[string]uint64 // sessions that have ended, by the reason
	Denied      map[string]uint64 // operations that were denied to clients, by the reason
	Dropped     map[string]uint64 // frames that receivers did not get, by the reason
	Lost        uint64            // those that in-process clients had no room for [BUSRT-O13]
}

// Stats gives the broker's counters. Any goroutine. It takes no lock, so no frame
// and no handshake waits for it, however many connections there are; with
// in-process clients it takes that of the names for as long as adding up theirs
// lasts.
func (b *Broker) Stats() Stats {
	t := b.stats()
	return Stats{
		Uptime:  time.Since(b.started),
		RFrames: t.RFrames, RBytes: t.RBytes, WFrames: t.WFrames, WBytes: t.WBytes,
		Connections: b.sessions.number(),
		InProcess:   int(b.registry.inProcess.Load()),
		Ended:       byReason(&b.ended),
		Denied:      byReason(&b.denied),
		Dropped:     byReason(&b.dropped),
		Lost:        b.lost.Load(),
	}
}

// byReason names the counters that are not 0.
func byReason(counters *[reasons]atomic.Uint64) map[string]uint64 {
	named := make(map[string]uint64)
	for why := range reasons {
		if n := counters[why].Load(); n != 0 {
			named[why.String()] = n
		}
	}
	return named
}

// stats adds up what all stagings and in-process clients have counted, as
// `.broker` tells it [BUSRT-C3].
func (b *Broker) stats() *codec.BrokerStats {
	var sum traffic
	if b.registry.inProcess.Load() > 0 { // if not, totals has what those who left had counted
		b.registry.mu.Lock()
		defer b.registry.mu.Unlock()
		for c := range b.registry.locals {
			sum.add(&c.traffic)
		}
	}
	sum.add(&b.totals)
	for i := range b.shards.at {
		if sh := b.shards.at[i].Load(); sh != nil {
			sum.add(&sh.totals)
		}
	}
	return &codec.BrokerStats{
		Uptime:  uint64(time.Since(b.started) / time.Second),
		RFrames: sum.rFrames.Load(), RBytes: sum.rBytes.Load(),
		WFrames: sum.wFrames.Load(), WBytes: sum.wBytes.Load(),
	}
}

// EndReasons are the keys that Ended of [Stats] may have. The slice is the
// caller's.
func EndReasons() []string { return slices.Clone(reasonNames[reasonNone+1:]) }
