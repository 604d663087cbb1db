package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
)

// What the model test draws from: little, so that things meet.
var (
	modelNames    = []string{"a", "b", "a.b", "c.d", "e", "a%%1", "a%%2", "b%%x"}
	modelTopics   = []string{"", "a", "a/b", "b/a", "a/b/c", "a/+", ".broker/x", ".broker"}
	modelPatterns = []string{"", "a", "a/b", "a/+", "+", "#", "+/b", "a/#", "a/#/c", "+/+", ".broker/info"}
	modelMasks    = []string{"*", "?", "a.*", "?.?", "a", "b%%x", "nobody", coreName}
)

// modelClient is what the model knows of a client, and the real one.
type modelClient struct {
	*client
	subscribed, excluded map[string]bool
	want                 []string // what it should receive next
}

func (c *modelClient) primary() string { return codec.PrimaryName(c.name) }

// hears tells whether the client receives what is published to topic, by
// another road than the broker's.
func (c *modelClient) hears(topic string) bool {
	match := func(patterns map[string]bool) bool {
		for p := range patterns {
			if oracle(topicSyntax, p).MatchString(topic) {
				return true
			}
		}
		return false
	}
	return match(c.subscribed) && !match(c.excluded)
}

// model is a bus told in the simplest way: one thing after the other.
type model struct {
	*bus
	clients map[string]*modelClient
	force   bool
	serial  int // for payloads
}

// each visits the clients in the order of their names.
func (m *model) each(do func(*modelClient)) {
	for _, name := range slices.Sorted(maps.Keys(m.clients)) {
		do(m.clients[name])
	}
}

func (m *model) announce(event, name string) {
	m.each(func(c *modelClient) {
		if c.hears(topicInfo) {
			c.want = append(c.want, info(event, name))
		}
	})
}

// connect registers a client, or is refused.
func (m *model) connect(t *rapid.T) {
	name := rapid.SampledFrom(modelNames).Draw(t, "name")
	primary := codec.PrimaryName(name)
	want := "\x01\x01"
	switch {
	case name != primary && m.clients[primary] == nil:
		want = "\x01\x71"
	case m.clients[name] == nil:
	case m.force && name == primary:
		m.drop(name)
	default:
		want = "\x01\x76"
	}
	c := m.askFor(rapid.IntRange(0, len(m.loops)-1).Draw(t, "loop"), name, local(1000))
	c.say(nil, want)
	if want != "\x01\x01" {
		c.expectEnd(false)
		return
	}
	c.chunk = rapid.SampledFrom([]int{readBuffer, 1, 5, 20}).Draw(t, "chunk")
	c.gulp = rapid.SampledFrom([]int{socketBuffer, 1, 11}).Draw(t, "gulp")
	if name == primary {
		m.announce(codec.EventReg, name)
	}
	m.clients[name] = &modelClient{client: c, subscribed: map[string]bool{}, excluded: map[string]bool{}}
}

// drop takes a client, and its secondaries, out of the model.
func (m *model) drop(name string) {
	for other, c := range m.clients {
		if other == name || c.primary() == name {
			delete(m.clients, other)
		}
	}
}

// leave ends a client, in one of the ways there are.
func (m *model) leave(t *rapid.T) {
	c := m.any(t)
	if c == nil {
		return
	}
	var tied []*modelClient
	m.each(func(o *modelClient) {
		if o != c && o.primary() == c.name {
			tied = append(tied, o)
		}
	})
	m.drop(c.name)
	if c.primary() == c.name {
		m.announce(codec.EventUnreg, c.name)
	}
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		c.client.leave()
	case 1:
		c.send([]byte("\x01\x00\x00\x00\x07\x00\x00\x00\x00"), message(0, c.name, "not accepted"))
		c.client.expect(c.want...)
	default:
		c.session.Abort()
		m.loops[c.loopNumber()].shard.Flush()
	}
	if m.run(); !c.closed {
		t.Fatalf("%q did not end", c.name)
	}
	for _, o := range tied {
		o.client.expect(o.want...)
		o.expectEnd(false)
	}
}

func (c *client) loopNumber() int { return slices.Index(c.bus.loops, c.loop) }

// any draws a client; nil if there is none.
func (m *model) any(t *rapid.T) *modelClient {
	if len(m.clients) == 0 {
		return nil
	}
	return m.clients[rapid.SampledFrom(slices.Sorted(maps.Keys(m.clients))).Draw(t, "client")]
}

// packet has a client send some frames in one piece.
func (m *model) packet(t *rapid.T) {
	c := m.any(t)
	if c == nil {
		return
	}
	for range rapid.IntRange(1, 8).Draw(t, "frames") {
		m.serial++
		id := uint32(m.serial)
		if rapid.Bool().Draw(t, "no ack") {
			id = 0
		}
		code := m.frame(t, c, id)
		if id != 0 {
			c.want = append(c.want, fmt.Sprintf("ack %d %s", id, code.String()))
		}
	}
}

// frame has c send one frame, and gives the code that it should get.
func (m *model) frame(t *rapid.T, c *modelClient, id uint32) codec.Status {
	payload := fmt.Sprint(m.serial)
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		payload = strings.Repeat(payload+" ", 2000)
	}
	topic := rapid.SampledFrom(modelTopics)
	patterns := rapid.SliceOfN(rapid.SampledFrom(modelPatterns), 1, 3)
	switch rapid.IntRange(0, 7).Draw(t, "op") {
	case 0:
		target := rapid.SampledFrom(modelNames).Draw(t, "target")
		c.send(message(id, target, payload))
		to := m.clients[target]
		if to == nil {
			return codec.NotRegistered
		}
		to.want = append(to.want, "message "+c.name+": "+payload)
	case 1:
		mask := rapid.SampledFrom(modelMasks).Draw(t, "mask")
		c.send(broadcast(id, mask, payload))
		m.each(func(o *modelClient) {
			if oracle(maskSyntax, mask).MatchString(o.name) {
				o.want = append(o.want, "broadcast "+c.name+": "+payload)
			}
		})
	case 2:
		topic := topic.Draw(t, "topic")
		c.send(publish(id, topic, payload))
		return m.publish(c, topic, payload, func(*modelClient) bool { return true })
	case 3:
		topic, receiver := topic.Draw(t, "topic"), rapid.SampledFrom(modelNames).Draw(t, "receiver")
		c.send(publishFor(id, topic, receiver, payload))
		return m.publish(c, topic, payload, func(o *modelClient) bool { return o.primary() == receiver })
	case 4:
		c.change(id, codec.OpSubscribe, patterns.Draw(t, "patterns"))
	case 5:
		c.change(id, codec.OpUnsubscribe, patterns.Draw(t, "patterns"))
	case 6:
		c.change(id, codec.OpExclude, patterns.Draw(t, "patterns"))
	default:
		c.change(id, codec.OpUnexclude, patterns.Draw(t, "patterns"))
	}
	return codec.OK
}

func (m *model) publish(c *modelClient, topic, payload string, to func(*modelClient) bool) codec.Status {
	if topic == coreName || strings.HasPrefix(topic, coreName+"/") {
		return codec.AccessDenied
	}
	m.each(func(o *modelClient) {
		if to(o) && o.hears(topic) {
			o.want = append(o.want, "publish "+c.name+" "+topic+": "+payload)
		}
	})
	return codec.OK
}

func (c *modelClient) change(id uint32, op codec.Op, patterns []string) {
	c.send(list(id, op, patterns...))
	set := c.subscribed
	if op == codec.OpExclude || op == codec.OpUnexclude {
		set = c.excluded
	}
	for _, p := range patterns {
		if op == codec.OpSubscribe || op == codec.OpExclude {
			set[p] = true
		} else {
			delete(set, p)
		}
	}
}

// Whatever a few clients do, one thing after the other, everybody receives what
// the model says, in that order.
func TestBrokerAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{clients: map[string]*modelClient{}, force: rapid.Bool().Draw(t, "force")}
		m.bus = newBus(t, rapid.IntRange(1, 3).Draw(t, "loops"), Options{ForceRegister: m.force})
		t.Repeat(map[string]func(*rapid.T){
			"connect": m.connect,
			"leave":   m.leave,
			"packet":  m.packet,
			"packets": m.packet, // more of them
			"": func(*rapid.T) {
				m.each(func(c *modelClient) {
					c.client.expect(c.want...)
					c.want = nil
				})
			},
		})
	})
}
