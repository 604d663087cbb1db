package engine

import (
	"iter"
	"sync"

	"github.com/busrt-go/busrt/codec"
)

// interests are what a client has subscribed to, each by its exact text
// [BUSRT-O5]. Used by one goroutine at a time.
type interests struct {
	subscriptions map[string]struct{}
}

// exclusions are what a client does not want to hear of, each by its exact text
// [BUSRT-O10]. Its owner changes them, whoever fills a match cache looks. Not a
// list that is copied at each change: a client with many could have megabytes
// copied by a packet.
type exclusions struct {
	sync.RWMutex
	texts map[string]struct{}
}

// change alters the interests of p [BUSRT-O5] [BUSRT-O6] [BUSRT-O10]. Topics may
// be views.
func (i *interests) change(p *peer, op codec.Op, topics iter.Seq[[]byte]) {
	var excluded bool
	for topic := range topics {
		switch op {
		case codec.OpSubscribe:
			i.subscribe(p, topic)
		case codec.OpUnsubscribe:
			i.unsubscribe(p, topic)
		case codec.OpExclude:
			excluded = p.exclude(topic) || excluded
		default:
			excluded = p.unexclude(topic) || excluded
		}
	}
	if excluded {
		p.broker.topics.bump() // what was matched by the old ones is void
	}
}

func (i *interests) subscribe(p *peer, topic []byte) {
	if string(topic) == topicWarn { // a flag, not a node of the tree [BUSRT-O9]
		p.deaf.Swap(false)
		return
	}
	if addText(&i.subscriptions, topic) {
		p.broker.topics.add(view(topic), p)
	}
}

func (i *interests) unsubscribe(p *peer, topic []byte) {
	if string(topic) == topicWarn {
		p.deaf.Swap(true)
		return
	}
	if removeText(i.subscriptions, topic) {
		p.broker.topics.remove(view(topic), p)
	}
}

// exclude adds an exclusion; false if it was there. The owner only.
func (p *peer) exclude(topic []byte) bool {
	x := p.excluded.Load()
	if x == nil {
		x = new(exclusions)
		p.excluded.Store(x)
	}
	x.Lock()
	defer x.Unlock()
	return addText(&x.texts, topic)
}

// unexclude takes an exclusion back; false if it was not there. The owner only.
func (p *peer) unexclude(topic []byte) bool {
	x := p.excluded.Load()
	if x == nil {
		return false
	}
	x.Lock()
	defer x.Unlock()
	there := removeText(x.texts, topic)
	if len(x.texts) == 0 {
		p.excluded.Store(nil) // nobody has to look any more
	}
	return there
}

// excludes tells whether one of the peer's exclusions matches topic. Only
// called when a match cache is filled. Any goroutine.
func (p *peer) excludes(topic string) bool {
	x := p.excluded.Load()
	if x == nil {
		return false
	}
	x.RLock()
	defer x.RUnlock()
	for pattern := range x.texts {
		if topicSyntax.match(pattern, topic) {
			return true
		}
	}
	return false
}

// drop ends all subscriptions, p being gone.
func (i *interests) drop(p *peer) {
	for topic := range i.subscriptions {
		p.broker.topics.remove(topic, p)
	}
	*i = interests{}
}

// addText enters text into the set; false if it was there.
func addText(set *map[string]struct{}, text []byte) bool {
	if _, ok := (*set)[string(text)]; ok {
		return false
	}
	if *set == nil {
		*set = make(map[string]struct{})
	}
	(*set)[string(text)] = struct{}{}
	return true
}

// removeText takes text out of the set; false if it was not there.
func removeText(set map[string]struct{}, text []byte) bool {
	if _, ok := set[string(text)]; !ok {
		return false
	}
	delete(set, string(text))
	return true
}
