package cursors

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
)

// entry is a cursor of a map. Its lock is taken before that of the map.
type entry struct {
	owner *Map
	id    uuid.UUID
	timer *time.Timer

	mu      sync.Mutex
	source  Source // nil: at its end
	expires time.Time
	gone    bool // not in the map any more
}

// next reads a row. A cursor at its end stays there until it expires, for
// callers that have several calls under way. Locked.
func (e *entry) next(ctx context.Context) ([]byte, error) {
	if e.source == nil {
		return nil, io.EOF
	}
	return e.source.Next(ctx)
}

// prolong gives the cursor its time to live anew. Locked.
func (e *entry) prolong() {
	if e.gone {
		return
	}
	e.expires = time.Now().Add(e.owner.options.TTL)
	e.timer.Reset(e.owner.options.TTL)
}

// expire is the timer's. It may have waited for a call that came just before it
// and has prolonged the cursor's life.
func (e *entry) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !time.Now().Before(e.expires) {
		e.remove()
	}
}

// finish closes the source. Locked.
func (e *entry) finish() {
	if e.source == nil {
		return
	}
	e.source.Close()
	e.source = nil
	e.owner.mu.Lock()
	defer e.owner.mu.Unlock()
	e.owner.open--
}

// remove ends the cursor for good. Locked.
func (e *entry) remove() {
	e.finish()
	e.gone = true
	e.timer.Stop()
	e.owner.mu.Lock()
	defer e.owner.mu.Unlock()
	delete(e.owner.cursors, e.id)
}
