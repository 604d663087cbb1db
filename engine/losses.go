package engine

import (
	"sync/atomic"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// losses are the frames that were queued for nobody, though somebody was to
// receive them.
type losses struct {
	frames atomic.Uint64
	toldAt atomic.Int64 // when that was announced last, in ns; 0: never
}

// losingPause is between two announcements that one receiver loses frames.
const losingPause = time.Second

// lose counts frames that p does not get.
func (p *peer) lose(frames int, why reason) {
	p.losses.frames.Add(uint64(frames))
	p.broker.dropped[why].Add(uint64(frames))
	if p.local != nil && why == reasonQueueFull {
		p.broker.lost.Add(uint64(frames))
	}
}

// refused deals with a receiver whose queue was full for so many frames. An
// in-process one loses them [BUSRT-O13], as does one with the policy
// [SlowDropNew]; others are cut off. Any goroutine.
func (b *Broker) refused(p *peer, frames int) {
	p.lose(frames, reasonQueueFull)
	if p.local == nil && !p.limits.drop {
		b.cutOff(p, reasonQueueFull)
		return
	}
	now, last := time.Now().UnixNano(), p.losses.toldAt.Load()
	if last != 0 && now-last < int64(losingPause) || !p.losses.toldAt.CompareAndSwap(last, now) {
		return
	}
	b.options.Logger.Warn("client queue is full, frames are lost", "name", p.name, "lost", p.losses.frames.Load())
	b.announcements.queue(announcement{event: codec.EventSlow, name: p.name, reason: reasonQueueFull.String()})
}

// cutOff unregisters a receiver that the broker can keep no more for
// [BUSRT-O12]. What is queued is still written. Any goroutine.
func (b *Broker) cutOff(p *peer, why reason) {
	if !p.shut(why) {
		return
	}
	b.options.Logger.Warn("client is slow, force unregistering", "name", p.name, "reason", why.String(),
		"frames", levelFrames(p.out.level.Load()), "bytes", levelBytes(p.out.level.Load()))
	b.announcements.queue(announcement{event: codec.EventSlow, name: p.name, reason: why.String()})
	b.unregister(p, why)
}

// answerLost appends the answer to client.lost for p, its caller.
func (p *peer) answerLost(dst []byte, call codec.RPC) []byte {
	if len(call.Data) > 0 {
		return codec.AppendRPCError(dst, call.ID, codec.RPCInvalidParams, nil)
	}
	list := codec.ClientLost{}
	if n := p.losses.frames.Load(); n > 0 { // who is still there has lost none for another reason
		list.Lost = []codec.LostFrames{{Reason: reasonQueueFull.String(), Frames: n}}
	}
	dst, _ = list.MarshalMsg(codec.AppendRPCReply(dst, call.ID, nil))
	return dst
}
