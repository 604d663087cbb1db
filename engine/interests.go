package engine

import (
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// interests are what a client has subscribed to, and what it has excluded, each
// by its exact text [BUSRT-O5]. Used by one goroutine at a time.
type interests struct {
	subscriptions map[string]struct{}
	exclusions    map[string]struct{}
	size          int  // what both cost, by interestSize
	filtered      bool // the exclusions have changed since settle
}

// interestSize is about what a subscription or an exclusion takes in memory: its
// text, and the nodes of its segments (topics.go).
func interestSize(topic string) int { return len(topic) + 128*segments(topic) }

// change alters the interests of p by one topic, which may be a view [BUSRT-O5]
// [BUSRT-O6] [BUSRT-O10]. A reason other than reasonNone says why it may not have
// more. After the last one the caller settles.
func (i *interests) change(p *peer, op codec.Op, topic []byte) reason {
	switch op {
	case codec.OpSubscribe:
		return i.subscribe(p, topic)
	case codec.OpUnsubscribe:
		i.unsubscribe(p, topic)
	case codec.OpExclude:
		return i.exclude(p, topic)
	default:
		if removeText(i.exclusions, topic) {
			i.size -= interestSize(view(topic))
			p.excluded.remove(view(topic))
			i.filtered = true
		}
	}
	return reasonNone
}

// settle voids what was matched by exclusions that have changed.
func (i *interests) settle(p *peer) {
	if i.filtered {
		i.filtered = false
		p.broker.topics.bump()
	}
}

func (i *interests) subscribe(p *peer, topic []byte) reason {
	if string(topic) == topicWarn { // a flag, not a node of the tree [BUSRT-O9]
		p.deaf.Swap(false)
		return reasonNone
	}
	if _, ok := i.subscriptions[string(topic)]; ok {
		return reasonNone
	}
	if len(i.subscriptions) >= p.limits.subscriptions {
		return reasonSubscriptions
	}
	if why := i.afford(p, topic); why != reasonNone {
		return why
	}
	addText(&i.subscriptions, string(topic))
	p.broker.topics.add(view(topic), p)
	return reasonNone
}

func (i *interests) unsubscribe(p *peer, topic []byte) {
	if string(topic) == topicWarn {
		p.deaf.Swap(true)
		return
	}
	if removeText(i.subscriptions, topic) {
		i.size -= interestSize(view(topic))
		p.broker.topics.remove(view(topic), p)
	}
}

// exclude costs the same however many exclusions there are: a client may change
// one a frame.
func (i *interests) exclude(p *peer, topic []byte) reason {
	if _, ok := i.exclusions[string(topic)]; ok {
		return reasonNone
	}
	if len(i.exclusions) >= p.limits.exclusions {
		return reasonExclusions
	}
	if why := i.afford(p, topic); why != reasonNone {
		return why
	}
	text := string(topic)
	addText(&i.exclusions, text)
	p.excluded.add(text)
	i.filtered = true
	return reasonNone
}

// afford pays for one more topic, or says why that is not possible.
func (i *interests) afford(p *peer, topic []byte) reason {
	if why := p.broker.options.checkTopic(topic); why != reasonNone {
		return why
	}
	n := interestSize(view(topic))
	if i.size+n > p.limits.interests {
		return reasonInterests
	}
	i.size += n
	return reasonNone
}

// drop ends all subscriptions, p being gone.
func (i *interests) drop(p *peer) {
	for topic := range i.subscriptions {
		p.broker.topics.remove(topic, p)
	}
	*i = interests{}
}

// checkTopic tells what is wrong with a topic, or a pattern. On the way of each
// publish: a topic shorter than the depth is not deeper.
func (o *Options) checkTopic(topic []byte) reason {
	switch {
	case len(topic) > o.MaxTopic:
		return reasonTopicLong
	case len(topic) >= o.MaxTopicDepth && segments(view(topic)) > o.MaxTopicDepth:
		return reasonTopicDeep
	}
	return reasonNone
}

// segments is how many a topic has.
func segments(topic string) int { return 1 + strings.Count(topic, "/") }

// addText enters text into the set.
func addText(set *map[string]struct{}, text string) {
	if *set == nil {
		*set = make(map[string]struct{})
	}
	(*set)[text] = struct{}{}
}

// removeText takes text out of the set; false if it was not there.
func removeText(set map[string]struct{}, text []byte) bool {
	if _, ok := set[string(text)]; !ok {
		return false
	}
	delete(set, string(text))
	return true
}
