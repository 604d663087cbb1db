package engine

import (
	"iter"
	"maps"
	"slices"

	"github.com/busrt-go/busrt/codec"
)

// interests are what a client has subscribed to, and what it has excluded, each
// by its exact text [BUSRT-O5]. Used by one goroutine at a time.
type interests struct {
	subscriptions map[string]struct{}
	exclusions    map[string]struct{}
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
			excluded = addText(&i.exclusions, topic) || excluded
		default:
			excluded = removeText(i.exclusions, topic) || excluded
		}
	}
	if excluded {
		i.publishExclusions(p)
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

// publishExclusions shows routing the exclusions of p as they are now, and
// voids what was matched by the old ones.
func (i *interests) publishExclusions(p *peer) {
	if len(i.exclusions) == 0 {
		p.excluded.Store(nil)
	} else {
		patterns := slices.Collect(maps.Keys(i.exclusions))
		p.excluded.Store(&patterns)
	}
	p.broker.topics.bump()
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
