package ringbuf

import "bytes"

// Curtail drops what is queued, but for the rest of the record that was begun,
// so that its reader finds a boundary. It returns the cost of what it dropped.
// record gives the length and the cost of the record that b begins with. Token
// only.
func (o *Outbox) Curtail(record func(b []byte) (n int, cost uint64)) (cost uint64) {
	o.mu.Lock()
	left, begun, paid := o.refs, o.mark-o.edge, o.paid
	o.refs = refRing{}
	if begun > 0 {
		b := left.at(0).Seg.B[o.edge:]
		n, c := record(b)
		own := &Segment{B: bytes.Clone(b[:n])}
		own.refs.Store(1)
		o.refs.push([]Ref{{Seg: own, Cost: c}})
		cost = -c
	}
	o.mark, o.edge, o.paid = begun, 0, 0
	o.mu.Unlock()
	return cost + drop(&left) - paid
}

// drop releases all of a queue that nobody else has, and gives what it costs.
func drop(left *refRing) (cost uint64) {
	for ; left.count > 0; left.pop() {
		r := left.at(0)
		cost += r.Cost
		r.Seg.Release()
	}
	return cost
}
