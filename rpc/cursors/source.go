package cursors

import (
	"context"
	"io"
	"iter"

	"github.com/tinylib/msgp/msgp"
)

// Source is where the rows of a cursor come from. A [Map] calls its methods one
// at a time.
type Source interface {
	// Next gives the next row, or io.EOF itself after the last. With another error,
	// one that wraps io.EOF among them, the cursor ends and the caller gets it. The
	// row may change after the next call of Next. ctx is that of the RPC call.
	Next(ctx context.Context) (row []byte, err error)

	// Close lets go of whatever the source holds. It is called once, and Next is
	// not called after it.
	Close()
}

// FromSeq makes a Source of a sequence of whatever has a MessagePack encoding: a
// pointer to a type of the generator, or [msgp.Raw]. An error is a Source's. What
// the sequence has deferred is done when the Source is closed.
func FromSeq[T msgp.Marshaler](rows iter.Seq2[T, error]) Source {
	next, stop := iter.Pull2(rows)
	return &seqSource[T]{next: next, stop: stop}
}

type seqSource[T msgp.Marshaler] struct {
	next func() (T, error, bool)
	stop func()
	buf  []byte
}

func (s *seqSource[T]) Next(context.Context) ([]byte, error) {
	row, err, ok := s.next()
	switch {
	case !ok:
		return nil, io.EOF
	case err != nil:
		return nil, err
	}
	s.buf, err = row.MarshalMsg(s.buf[:0])
	return s.buf, err
}

func (s *seqSource[T]) Close() { s.stop() }
