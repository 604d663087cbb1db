package engine

import (
	"time"

	"github.com/busrt-go/busrt/codec"
)

// departedKept is how many of those who left last are remembered.
const departedKept = 256

// Departure is a client that has left: its name is free.
type Departure struct {
	Name   string // the full one
	Kind   Kind
	Source string // "ip:port" or empty
	UID    uint32 // over unix sockets
	Reason string // one of those that [Stats] counts by
	At     time.Time
}

// departed is a ring of the last departures. Guarded by registry.mu.
type departed struct {
	ring []Departure
	next int
}

func (d *departed) note(p *peer, why reason) {
	x := Departure{Name: p.name, Kind: KindInternal, Reason: why.String(), At: time.Now()}
	if s := p.session; s != nil {
		x.Kind, x.Source, x.UID = s.info.Kind, s.info.Source, s.info.Identity.UID
	}
	if len(d.ring) < departedKept {
		d.ring = append(d.ring, x)
		return
	}
	d.ring[d.next] = x
	d.next = (d.next + 1) % departedKept
}

// Departed are the clients that left last, 256 at most, the latest at the end.
// Any goroutine.
func (b *Broker) Departed() []Departure {
	b.registry.mu.Lock()
	defer b.registry.mu.Unlock()
	d := &b.registry.departed
	return append(append([]Departure(nil), d.ring[d.next:]...), d.ring[:d.next]...)
}

// departedList is what client.departed answers.
func (b *Broker) departedList() *codec.DepartedList {
	all := b.Departed()
	list := &codec.DepartedList{Clients: make([]codec.DepartedClient, len(all))}
	for i := range all {
		d := &all[i]
		list.Clients[i] = codec.DepartedClient{
			Name: d.Name, Kind: string(d.Kind), Reason: d.Reason, Time: codec.Timestamp(d.At.UnixNano()),
		}
		if d.Source != "" {
			list.Clients[i].Source = &d.Source
		}
	}
	return list
}
