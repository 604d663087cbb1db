package engine

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// serve makes a goroutine of each loop. After stop the test drives them by hand
// again.
func (b *bus) serve() (stop func()) {
	var running sync.WaitGroup
	end := make(chan struct{})
	for _, l := range b.loops {
		l.tasks = make(chan func())
		running.Go(func() { l.serve(end) })
	}
	b.serving = true
	return func() {
		close(end)
		running.Wait()
		b.serving = false
	}
}

func (l *loop) serve(end chan struct{}) {
	ticker := time.NewTicker(FastTickInterval)
	defer ticker.Stop()
	for {
		if l.turn() {
			l.look.set() // there may be more; but let others have a word
		}
		select {
		case <-l.look:
		case do := <-l.tasks:
			do()
		case now := <-ticker.C:
			l.shard.Tick(now)
			l.mustBeFlushed()
		case <-end:
			return
		}
	}
}

// do has the loop's goroutine do something, and waits for it.
func (l *loop) do(what func()) {
	done := make(chan struct{})
	l.tasks <- func() {
		what()
		close(done)
	}
	<-done
}

// actor is a client with goroutines of its own: one that sends frames with
// numbers and checksums, and one that reads and checks what it receives.
type actor struct {
	*client
	random *rand.Rand // of the sender
	id     uint32     // of this connection
	seq    uint32     // of the last frame that was sent
	every  uint32     // each frame whose number this divides asks for an ack

	// The reader's own.
	last     map[uint32]uint32 // by sender: the number of its last frame here
	acked    uint32            // the last id that was acked
	received int               // frames of actors
	codes    map[codec.Status]int
}

// The payload of an actor: id u32 | number u32 | filler | CRC-32 of all that.
const (
	stampLen    = 12 // without filler
	fillerMost  = 300
	longFiller  = 20_000
	inboxBytes  = 64 << 10 // what a sender leaves unread by the broker
	outboxBytes = 16 << 10 // what fits into the socket buffer
)

// dial connects an actor; nil if its name was refused.
func (b *bus) dial(loop int, id uint32, name string, every uint32) *actor {
	return b.dialAs(local(1000), loop, id, name, every)
}

func (b *bus) dialAs(info Peer, loop int, id uint32, name string, every uint32) *actor {
	a := &actor{
		client: &client{bus: b, name: name}, id: id, every: every, random: rand.New(rand.NewPCG(uint64(id), 7)),
		last: map[uint32]uint32{}, codes: map[codec.Status]int{},
	}
	l := b.loops[loop]
	l.do(func() { a.wire = b.attach(loop, info) })
	a.fits(outboxBytes)
	a.client.send(hello(name))
	answer, more := []byte(nil), true
	for len(answer) < 5 && more {
		var got []byte
		got, more = a.next()
		answer = append(answer, got...)
	}
	if string(answer[:min(len(answer), 5)]) != "\xEB\x01\x00\x01\x01" {
		return nil
	}
	a.unread = answer[5:]
	return a
}

// next gives the bytes that have come; if there are none it waits for a signal
// first. more is false when no more will come.
func (a *actor) next() (b []byte, more bool) {
	more = !a.over()
	if b = a.take(); len(b) == 0 && more {
		<-a.arrived
		b = a.take()
	}
	return b, more
}

func (a *actor) over() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// payload stamps the next frame.
func (a *actor) payload() []byte {
	a.seq++
	filler := a.random.IntN(fillerMost)
	if a.seq%97 == 0 {
		filler = longFiller
	}
	b := binary.LittleEndian.AppendUint32(nil, a.id)
	b = binary.LittleEndian.AppendUint32(b, a.seq)
	b = append(b, numbered(int(a.seq), filler)...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// check reads the stamp of a payload, which must be whole and newer than the
// last one of the same sender [BUSRT-O7].
func (a *actor) check(payload []byte) {
	if len(payload) < stampLen {
		return // not an actor's
	}
	body, sum := payload[:len(payload)-4], binary.LittleEndian.Uint32(payload[len(payload)-4:])
	id, seq := binary.LittleEndian.Uint32(body), binary.LittleEndian.Uint32(body[4:])
	switch {
	case crc32.ChecksumIEEE(body) != sum:
		a.bus.Errorf("%q: a frame of %d bytes is damaged", a.name, len(payload))
	case seq <= a.last[id]:
		a.bus.Errorf("%q: frame %d of %d after its frame %d", a.name, seq, id, a.last[id])
	}
	a.last[id] = seq
	a.received++
}

// read takes deliveries until the connection is over or enough says so.
func (a *actor) read(enough func() bool) {
	for more := true; more && !enough(); {
		var got []byte
		got, more = a.next()
		b := slices.Concat(a.unread, got)
		var d codec.Delivery
		for {
			n, _, err := codec.NextDelivery(b, 1<<30, &d)
			if err != nil {
				a.bus.Errorf("%q received no delivery: %v", a.name, err)
				return
			}
			if n == 0 {
				break
			}
			a.handle(&d)
			b = b[n:]
		}
		a.unread = append([]byte(nil), b...)
	}
}

// handle checks one delivery: acks come in order, none missing, none twice
// [BUSRT-O11].
func (a *actor) handle(d *codec.Delivery) {
	switch {
	case d.Kind == codec.KindAck:
		if d.ID != a.acked+a.every {
			a.bus.Errorf("%q: ack of %d after that of %d", a.name, d.ID, a.acked)
		}
		a.acked = d.ID
		a.codes[d.Code]++
	case d.Kind != codec.KindNop && string(d.Sender) != coreName:
		a.check(d.Payload)
	}
}

// emit sends one frame in one of the four ways. It waits while the broker does
// not read; false if the connection is over.
func (a *actor) emit(way int, target string) bool {
	payload, id, q := a.payload(), uint32(0), codec.QoSNo
	if a.seq%a.every == 0 {
		id, q = a.seq, codec.QoSProcessed
	}
	var f []byte
	switch way {
	case 0:
		f = codec.AppendFrame(nil, id, codec.OpMessage, q, target, payload)
	case 1:
		f = codec.AppendFrame(nil, id, codec.OpPublish, q, "all", payload)
	case 2:
		f = codec.AppendFrame(nil, id, codec.OpBroadcast, q, "*", payload)
	default:
		f = codec.AppendPublishFor(nil, id, q, "all", target, payload)
	}
	for {
		a.mu.Lock()
		closed, full := a.closed, len(a.in) > inboxBytes
		a.mu.Unlock()
		if closed {
			return false
		}
		if !full {
			a.send(f)
			return true
		}
		<-a.drained
	}
}

// join waits for a group of goroutines: a wake that was lost shows as a hang.
func (b *bus) join(what string, wg *sync.WaitGroup) {
	b.Helper()
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		stacks := make([]byte, 1<<20)
		b.Fatalf("waited in vain for %s:\n%s%s", what, b.report(), stacks[:runtime.Stack(stacks, true)])
	}
}

// report tells of each session what may be in the way of its frames.
func (b *bus) report() string {
	var r strings.Builder
	for i, l := range b.loops {
		l.do(func() {
			fmt.Fprintf(&r, "loop %d: %d paused\n", i, len(l.shard.paused))
			for _, w := range l.wires {
				s := w.session
				w.mu.Lock()
				fmt.Fprintf(&r, "\t%q: state %d, paused %b, blocked %t, %d segments, level %d frames, %d bytes; %d bytes to read, %d written\n",
					s.name, s.state, s.paused, s.out.ring.Blocked(), s.out.ring.Len(),
					levelFrames(s.out.level.Load()), levelBytes(s.out.level.Load()), len(w.in), len(w.out))
				w.mu.Unlock()
			}
		})
	}
	return r.String()
}
