package engine

import "github.com/busrt-go/busrt/codec"

// run is a row of frames of one event that repeat the frame before them but for
// their ids and payloads, and want no ack. Clients that stream send hardly anything
// else. Who receives them, and whether the client may send to those, was found out for
// that frame; and nobody can have learnt since that it has changed, as all of them
// had been read before.
type run struct {
	*staging
	session *Session
	decoder *codec.Decoder
	frame   *codec.Frame // that is repeated
	rest    []byte       // what was received behind the run
	done    tally        // what is in it so far
}

// repeat handles the run at the start of b that repeats f, a frame that was
// handled just now. It returns its bytes and frames.
func (s *Session) repeat(d *codec.Decoder, b []byte, f *codec.Frame) (n, frames int) {
	if f.QoS.NeedsAck() || f.Op != codec.OpMessage && f.Op != codec.OpPublish {
		return 0, 0
	}
	if k, _ := d.Again(b, f); k == 0 {
		return 0, 0
	}
	r := run{staging: &s.shard.staging, session: s, decoder: d, frame: f, rest: b}
	if f.Op == codec.OpMessage {
		r.messages()
	} else {
		r.publishes()
	}
	r.tally.frames += r.done.frames
	r.tally.bytes += r.done.bytes
	return len(b) - len(r.rest), int(r.done.frames)
}

func (r *run) messages() {
	switch p := r.named(r.frame.Target); {
	case p == nil:
		r.toNobody()
	case !p.isCore():
		r.toOne(codec.KindMessage, p)
	}
}

func (r *run) publishes() {
	switch to := r.subscribers(r.frame.Target); {
	case len(to) == 0:
		r.toNobody()
	case len(to) == 1:
		r.toOne(codec.KindPublish, to[0])
	case r.group.sameAs(to):
		r.toGroup()
	}
}

// next is the payload of the next frame, if that belongs to the run.
func (r *run) next() (n int, payload []byte) {
	if r.session.out.level.Load()&shutBit != 0 { // cut off [BUSRT-O12]
		return 0, nil
	}
	return r.decoder.Again(r.rest, r.frame)
}

// handled notes that the next frame, of n bytes, was handled.
func (r *run) handled(n int) {
	r.rest = r.rest[n:]
	r.done.add(uint64(n - codec.FrameHeaderLen))
}

func (r *run) toNobody() {
	for {
		n, _ := r.next()
		if n == 0 {
			return
		}
		r.handled(n)
	}
}

// toOne stages the run for p, up to the first frame that finds no room in the
// segment or that p does not take, or should not.
func (r *run) toOne(k codec.Kind, p *peer) {
	r.closeGroup()
	e := r.entryOf(p)
	if e.tail == nil {
		return
	}
	r.setHead(k)
	out := e.tail.B
	for a := roomy; a == roomy; {
		n, payload := r.next()
		size := len(r.head) + len(payload)
		if n == 0 || cap(out)-len(out) < size {
			break
		}
		if a = p.admit(cost(1, size)); a >= full {
			break
		}
		out = codec.AppendHeaded(out, r.head, payload)
		r.handled(n)
		if a == high {
			r.hold(e)
		}
	}
	e.refs[len(e.refs)-1].Cost += cost(int(r.done.frames), len(out)-len(e.tail.B))
	e.tail.B = out
	e.frames += r.done.frames
	e.bytes += r.done.bytes
}

// toGroup adds the run to the open group, up to the first frame that it has no
// room for, or cannot afford.
func (r *run) toGroup() {
	r.setHead(codec.KindPublish)
	g := &r.group
	for {
		n, payload := r.next()
		size := len(r.head) + len(payload)
		if n == 0 || cap(g.seg.B)-len(g.seg.B) < size || !g.affords(size) {
			break
		}
		g.seg.B = codec.AppendHeaded(g.seg.B, r.head, payload)
		g.credit -= cost(1, size)
		r.handled(n)
	}
	g.frames += int(r.done.frames)
	g.counted += r.done.bytes
}

func (r *run) setHead(k codec.Kind) {
	r.head = codec.AppendDeliveryHead(r.head[:0], k, r.frame.QoS.Realtime(), r.session.name, r.frame.Target, 0)
}
