package copies

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// Frames that are received one by one are copies, and an allocation or two for
// each was most of what they cost. So small payloads that came together share
// their memory, as far as whoever keeps one of them does not keep much with it;
// names and topics are few and come again and again, and are copied once.
const (
	// Shared is the most that payloads share, and what one that is kept keeps, in
	// bytes. The next size, 16 KiB, is no faster.
	Shared = 4 << 10

	alone     = Shared / 4 // from here on a payload has memory of its own
	texts     = 64         // that are remembered
	textBytes = 128        // of one that is remembered, at most
)

// View reads the first of some frames, which are in order, into f, whose fields
// view b, and gives its length. If before, which may be nil, has the same texts, f
// gets those of it.
func View(b []byte, f, before *codec.Received) int {
	if before != nil {
		if n, payload := before.Again(b, len(b)); n > 0 {
			*f = *before
			f.Payload = payload
			return n
		}
	}
	var d codec.Delivery
	n, _, err := codec.NextDelivery(b, len(b), &d)
	if err != nil || n == 0 {
		panic("busrt: a queue with half a frame in it")
	}
	d.ReceivedInto(f)
	return n
}

// Copier makes copies of frames. The zero value is ready. One goroutine at a time.
type Copier struct {
	last  codec.Received // without its payload
	slab  []byte         // payloads, and room for more
	texts *[texts]string
}

var seed = maphash.MakeSeed()

// Frame reads the first of some frames, which are in order, into f, and gives its
// length. f shares nothing with b. Copies will be made of the others next: no memory
// is taken for more.
func (c *Copier) Frame(b []byte, f *codec.Received) int {
	n, payload := c.last.Again(b, len(b))
	if n > 0 {
		*f = c.last
	} else {
		n = View(b, f, nil)
		payload, f.Payload = f.Payload, nil
		f.Sender, f.Topic = c.text(f.Sender), c.text(f.Topic)
		c.last = codec.Received{}
		if len(f.Sender) <= textBytes && len(f.Topic) <= textBytes {
			c.last = *f
		}
	}
	f.Payload = c.payload(payload, len(b)-n)
	return n
}

func (c *Copier) payload(p []byte, ahead int) []byte {
	if len(p) >= alone {
		return bytes.Clone(p)
	}
	at := len(c.slab)
	if len(p) > cap(c.slab)-at || c.slab == nil {
		c.slab, at = make([]byte, 0, min(len(p)+ahead, Shared)), 0
	}
	c.slab = append(c.slab, p...)
	return c.slab[at:len(c.slab):len(c.slab)]
}

func (c *Copier) text(s string) string {
	if s == "" {
		return ""
	}
	if len(s) > textBytes {
		return strings.Clone(s)
	}
	if c.texts == nil {
		c.texts = new([texts]string)
	}
	known := &c.texts[maphash.String(seed, s)%texts]
	if *known != s {
		*known = strings.Clone(s)
	}
	return *known
}
