package client

import (
	"sync"
	"time"
)

// keepAlive looks at the connection every so often: pings if nothing was sent
// since the last look, gives up if nothing was heard. It is a timer, no
// goroutine.
type keepAlive struct {
	link  *link
	every time.Duration

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	reads   uint64    // of the reader, at the last look
	heard   time.Time // the last look at which it had grown
}

func (k *keepAlive) start(l *link) {
	o := l.options
	k.link, k.heard = l, time.Now()
	if o.PingInterval > 0 {
		k.every = o.PingInterval / 2 // what is written right after a look delays the ping to the next but one
	}
	if o.Silence > 0 && (k.every == 0 || k.every > o.Silence/4) {
		k.every = o.Silence / 4
	}
	if k.every == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = time.AfterFunc(k.every, k.look)
}

func (k *keepAlive) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	if k.timer != nil {
		k.timer.Stop()
	}
}

func (k *keepAlive) look() {
	if k.link.options.PingInterval > 0 {
		k.link.out.ping()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return
	}
	now := time.Now()
	reads := k.link.reader.reads.Load()
	switch silence := k.link.options.Silence; {
	case reads != k.reads || k.link.queue.full(): // a reader that waits hears nothing
		k.reads, k.heard = reads, now
	case silence > 0 && now.Sub(k.heard) >= silence:
		k.link.abort(&DisconnectedError{Cause: ErrSilent})
		return
	}
	k.timer.Reset(k.every)
}
