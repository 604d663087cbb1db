package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
)

// accessOracle says what an entry allows in the slowest way there is: by regular
// expressions, and, of patterns, by trying all texts of a small universe. It
// knows the lists as they were written down, not the Access made of them.
type accessOracle struct {
	topics, names                          *universe
	message, broadcast, publish, subscribe []string // nil: everything [BUSRT-S3]
}

func anyMatches(x syntax, masks []string, text string) bool {
	return masks == nil || slices.ContainsFunc(masks, func(m string) bool { return oracle(x, m).MatchString(text) })
}

func (o *accessOracle) allows(op codec.Op, target string) bool {
	switch op {
	case codec.OpMessage: // [BUSRT-O1] [BUSRT-S6]
		primary, _, _ := strings.Cut(target, "%%")
		return anyMatches(maskSyntax, o.message, target) || anyMatches(maskSyntax, o.message, primary)
	case codec.OpBroadcast: // [BUSRT-O2] [BUSRT-S5]
		return o.broadcast == nil || o.names.includes(o.broadcast, target)
	case codec.OpSubscribe: // [BUSRT-O5] [BUSRT-S5]
		return o.subscribe == nil || o.topics.includes(o.subscribe, target)
	default: // [BUSRT-O3] [BUSRT-O4]
		return anyMatches(topicSyntax, o.publish, target)
	}
}

// entry makes the Access of the lists.
func (o *accessOracle) entry() Access {
	a := FullAccess()
	for _, l := range []struct {
		masks []string
		limit func(Access, ...string) Access
	}{
		{o.message, Access.MessageTo},
		{o.broadcast, Access.BroadcastTo},
		{o.publish, Access.PublishTo},
		{o.subscribe, Access.SubscribeTo},
	} {
		if l.masks != nil {
			a = l.limit(a, l.masks...)
		}
	}
	return a
}

// lists draws a list that is not set, empty, or has masks: of those that the
// universe has, the ones that a map takes.
func lists(u *universe) *rapid.Generator[[]string] {
	masks := slices.DeleteFunc(slices.Clone(u.patterns), func(p string) bool { return u.syntax.flaw(p) != "" })
	return rapid.OneOf(
		rapid.Just([]string(nil)),
		rapid.Just([]string{}),
		rapid.SliceOfN(rapid.SampledFrom(masks), 1, 5),
	)
}

// Random entries, operations and targets, through a session: the answer, what
// is counted, what is subscribed to, and who receives anything agree with the
// oracle: 9,000 combinations of rule, operation and target a run.
func TestAccessAgainstOracle(t *testing.T) {
	const operations = 90 // in each of rapid's 100 runs
	topics, names := newUniverse(topicSyntax), newUniverse(maskSyntax)
	targets := map[codec.Op][]string{
		codec.OpMessage:    sequences(maskSyntax, 3, "", "a", "b", "a%%1", "z"),
		codec.OpBroadcast:  names.patterns,
		codec.OpPublish:    topics.texts,
		codec.OpPublishFor: topics.texts,
		codec.OpSubscribe:  topics.patterns,
	}
	ops := []codec.Op{codec.OpMessage, codec.OpBroadcast, codec.OpPublish, codec.OpPublishFor, codec.OpSubscribe}
	rapid.Check(t, func(t *rapid.T) {
		o := &accessOracle{
			topics: topics, names: names,
			message: lists(names).Draw(t, "message"), broadcast: lists(names).Draw(t, "broadcast"),
			publish: lists(topics).Draw(t, "publish"), subscribe: lists(topics).Draw(t, "subscribe"),
		}
		b := newBus(t, 1, Options{})
		hears := b.connect("a") // every publish; messages and broadcasts to it
		hears.subscribe("#")
		c := b.connectBy(guard(b, "test", o.entry()), "test")
		hears.got()
		for i := range operations {
			op := rapid.SampledFrom(ops).Draw(t, "op")
			target := rapid.SampledFrom(targets[op]).Draw(t, "target")
			b.attempt(o, c, hears, uint32(i+1), op, target)
		}
	})
}

// attempt has c do one thing, and compares what comes of it with the oracle.
func (b *bus) attempt(o *accessOracle, c, hears *client, id uint32, op codec.Op, target string) {
	b.Helper()
	allowed := o.allows(op, target)
	counted := c.session.traffic.rFrames.Load()
	switch op {
	case codec.OpSubscribe:
		c.send(list(id, op, target))
	case codec.OpPublishFor:
		c.send(publishFor(id, target, "a", "x"))
	default:
		c.send(frame(op, id, target, "x"))
	}
	var acks []codec.Status
	for _, d := range c.deliveries() {
		if d.Kind == codec.KindAck && d.ID == id {
			acks = append(acks, d.Code)
		}
	}
	denials := slices.DeleteFunc(slices.Clone(acks), func(code codec.Status) bool { return code != codec.AccessDenied })
	_, subscribed := c.session.subscriptions[target]
	heard := len(hears.got()) > 0
	counted = c.session.traffic.rFrames.Load() - counted
	what := fmt.Sprintf("%v %q, allowed %t by %q %q %q %q: acks %v, counted %d, subscribed %t, heard %t",
		op, target, allowed, o.message, o.broadcast, o.publish, o.subscribe, acks, counted, subscribed, heard)
	switch {
	case len(denials) > 1 || (len(denials) == 1) == allowed:
		b.Fatalf("denied or not: %s", what)
	case op == codec.OpSubscribe && (subscribed != allowed || acks[len(acks)-1] != codec.OK || counted != 1):
		b.Fatalf("subscribed or not: %s", what)
	case op != codec.OpSubscribe && (len(acks) != 1 || (counted == 1) != allowed):
		b.Fatalf("counted or not: %s", what)
	case heard && (!allowed || op == codec.OpSubscribe):
		b.Fatalf("heard what was denied: %s", what)
	case !heard && allowed && (op == codec.OpPublish || op == codec.OpPublishFor || target == "a" && op != codec.OpSubscribe):
		b.Fatalf("not heard: %s", what)
	}
}
