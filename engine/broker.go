package engine

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/ringbuf"
)

// maxShards is what a word of waiters has bits for, beside [goroutineBit].
const maxShards = 63

// Broker routes frames between the clients that are registered with it. Make
// one with [New]. Methods may be called by any goroutine.
type Broker struct {
	options  Options
	limits   *limits
	identity Identity // of in-process clients [BUSRT-H9]
	started  time.Time

	names         *xsync.MapOf[string, *peer] // full names; written under registry.mu
	registry      registry
	topics        *topics[*peer]
	announcements announcements
	core          *peer // the broker's own client
	ids           atomic.Uint64

	segments ringbuf.Pool
	stagings sync.Pool
	waiters  waiters
	methods  methods
	life     struct {
		ctx context.Context // of methods
		end context.CancelFunc
	}
	shards struct {
		sync.Mutex // for writers
		at         [maxShards]atomic.Pointer[Shard]
		count      atomic.Uint64 // 1 at least, for a broker without
	}

	totals   traffic // of stagings that are not a shard's any more
	ended    [reasons]atomic.Uint64
	denied   [reasons]atomic.Uint64 // operations
	dropped  [reasons]atomic.Uint64 // frames
	lost     atomic.Uint64          // frames that in-process clients had no room for
	notices  notices
	sessions population
	memory   memory
	closing  sync.Once
	closed   atomic.Bool
}

// New makes a broker without any client. It starts no goroutine.
func New(o Options) (*Broker, error) {
	o = o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	b := &Broker{
		options:  o,
		limits:   newLimits(o),
		identity: Identity{UID: uint32(os.Getuid())},
		started:  time.Now(),
		names:    xsync.NewMapOf[string, *peer](),
		topics:   newTopics[*peer](),
	}
	b.core = &peer{id: b.ids.Add(1), name: coreName, primary: coreName, broker: b, limits: b.limits}
	b.shards.count.Store(1)
	b.waiters.init()
	b.methods.at = xsync.NewMapOf[string, Method]()
	b.life.ctx, b.life.end = context.WithCancel(context.Background())
	b.stagings.New = func() any {
		st := new(staging)
		st.init(b)
		return st
	}
	b.registry.locals = make(map[*Client]struct{})
	b.sessions.init()
	b.memory.init(o)
	return b, nil
}

// InitCoreRPC registers the broker's own client `.broker`, which answers the
// calls of section 8 of the protocol and publishes the announcements of section
// 9. Without it neither exists, and messages to `.broker` get
// [codec.NotRegistered]. Call it once, before clients attach.
func (b *Broker) InitCoreRPC() {
	b.registry.mu.Lock()
	defer b.registry.mu.Unlock()
	b.names.Store(coreName, b.core)
	b.registry.tree.insert(coreName, b.core)
	b.registry.generation.Add(1)
	b.announcements.enabled.Store(true)
}

// Logger is the broker's logger, never nil.
func (b *Broker) Logger() *slog.Logger { return b.options.Logger }

// Timeout is that of the broker's [Options]: a transport that shakes hands before
// its connections become sessions gives them as long.
func (b *Broker) Timeout() time.Duration { return b.options.Timeout }

// Shutdown tells all clients that the broker goes [BUSRT-A2] and has every
// session end after what is queued for it was written [BUSRT-B7]. It returns
// nil once none is left, or the error of ctx if that ends before; the owners of
// the shards then close what remains. The transports must go on meanwhile, but
// attach nothing new. Later calls wait as the first does.
func (b *Broker) Shutdown(ctx context.Context) error {
	b.closing.Do(func() {
		b.closed.Swap(true)
		b.announcements.queue(announcement{event: codec.EventShutdown})
		st := b.borrow()
		for st.flush(nil); b.announcements.pending.Load() && ctx.Err() == nil; st.flush(nil) {
			runtime.Gosched() // another staging has the turn: the notice must be queued before anybody ends
		}
		b.giveBack(st)
		b.endLocals()
	})
	for i := range b.shards.at {
		if sh := b.shards.at[i].Load(); sh != nil {
			sh.leaving.Swap(true)
			sh.wake()
		}
	}
	defer b.life.end()
	return b.sessions.wait(ctx)
}

// addShard gives sh a number that no other shard has. More shards than that
// are a mistake of whoever makes them.
func (b *Broker) addShard(sh *Shard) {
	b.shards.Lock()
	defer b.shards.Unlock()
	for i := range b.shards.at {
		if b.shards.at[i].Load() == nil {
			sh.bit = 1 << i
			b.shards.at[i].Store(sh)
			b.countShardsLocked()
			return
		}
	}
	panic("busrt: more than 63 shards")
}

func (b *Broker) removeShard(sh *Shard) {
	b.shards.Lock()
	defer b.shards.Unlock()
	for i := range b.shards.at {
		if b.shards.at[i].Load() == sh {
			b.shards.at[i].Store(nil)
			b.countShardsLocked()
			b.totals.add(&sh.totals)
		}
	}
}

func (b *Broker) countShardsLocked() {
	n := uint64(0)
	for i := range b.shards.at {
		if b.shards.at[i].Load() != nil {
			n++
		}
	}
	b.shards.count.Store(max(1, n))
}

// wakeShards has the shards of bits recheck their paused sessions.
func (b *Broker) wakeShards(bits uint64) {
	for i := range b.shards.at {
		if bits&(1<<i) == 0 {
			continue
		}
		if sh := b.shards.at[i].Load(); sh != nil {
			sh.recheckSoon()
		}
	}
}

// borrow gives a staging to a goroutine that is no event loop.
func (b *Broker) borrow() *staging {
	st, _ := b.stagings.Get().(*staging)
	return st
}

// giveBack takes a flushed staging back, and its share of the counters.
func (b *Broker) giveBack(st *staging) {
	b.totals.take(&st.totals)
	b.stagings.Put(st)
}

// flush publishes what is to be announced. Any goroutine but an event loop, which
// does so at the end of its event.
func (b *Broker) flush() {
	if b.announcements.pending.Load() {
		st := b.borrow()
		st.flush(nil)
		b.giveBack(st)
	}
}
