package codec

import (
	"bytes"
	"iter"
)

// Topics goes through the topics in the body of a subscribe, unsubscribe,
// exclude or unexclude frame: its Payload [BUSRT-F3]. There is always at least
// one.
//
//	topic 00 topic 00 topic
//
// An empty body is one empty topic, and a 00 at the end adds an empty topic.
func Topics(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			i := bytes.IndexByte(body, 0)
			if i < 0 {
				yield(body)
				return
			}
			if !yield(body[:i:i]) {
				return
			}
			body = body[i+1:]
		}
	}
}
