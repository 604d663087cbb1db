package listeners

import (
	"slices"
	"strings"
	"testing"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// The topics of the protocol's section 11, through sockets: one client
// subscribes to the pattern, another excludes it from everything.
func TestTopicTable(t *testing.T) {
	for _, row := range wiretest.TopicPatterns {
		t.Run(row.Row+" "+row.Pattern, func(t *testing.T) {
			b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
			pub, sub, rest := connect(t, b.at, "pub"), connect(t, b.at, "sub"), connect(t, b.at, "rest")
			sub.subscribe(row.Pattern)
			rest.send(codec.AppendTopics(nil, 1, codec.OpExclude, codec.QoSProcessed, row.Pattern))
			rest.acked(1, codec.OK)
			rest.subscribe("#")
			for _, topic := range slices.Concat(row.Yes, row.No) {
				if topic == ".broker/info" { // the broker's own [BUSRT-A4]
					connect(t, b.at, "newcomer")
					continue
				}
				pub.send(codec.AppendFrame(nil, 2, codec.OpPublish, codec.QoSProcessed, topic, nil))
				pub.acked(2, codec.OK)
			}
			if got := published(pub, sub, "sub"); !slices.Equal(got, row.Yes) {
				t.Errorf("a subscriber of %q got %q, want %q", row.Pattern, got, row.Yes)
			}
			if got := published(pub, rest, "rest"); !slices.Equal(got, row.No) {
				t.Errorf("who excludes %q got %q, want %q", row.Pattern, got, row.No)
			}
		})
	}
}

// published is the topics of what the client was sent until now, when from
// sends it a message.
func published(from, to *client, name string) (topics []string) {
	from.t.Helper()
	from.message(name, "that is all")
	for {
		d := to.next()
		if d.Kind == codec.KindMessage {
			return topics
		}
		topics = append(topics, string(d.Topic))
	}
}

// The masks of the protocol's section 11, through sockets: every name of a row
// is a client.
func TestMaskTable(t *testing.T) {
	for _, row := range wiretest.Masks {
		t.Run(row.Row+" "+row.Pattern, func(t *testing.T) {
			b := serve(t, networkUnix, engine.Options{}, Options{Loops: 1})
			sender := connect(t, b.at, "the.sender.of.all")
			clients := map[string]*client{}
			for _, name := range slices.Concat(row.Yes, row.No) {
				primary := codec.PrimaryName(name)
				for _, name := range []string{primary, name} {
					if clients[name] == nil && !strings.HasPrefix(name, ".") {
						clients[name] = connect(t, b.at, name)
					}
				}
			}
			before := sender.written(".broker")
			sender.send(codec.AppendFrame(nil, 1, codec.OpBroadcast, codec.QoSProcessed, row.Pattern, nil))
			if sender.next().Kind == codec.KindBroadcast { // * is everybody
				sender.acked(1, codec.OK)
			}
			for name, c := range clients {
				if !slices.Contains(row.Yes, name) && !slices.Contains(row.No, name) {
					continue // a primary of one of them
				}
				sender.message(name, "that is all")
				got := c.next().Kind == codec.KindBroadcast
				if want := slices.Contains(row.Yes, name); got != want {
					t.Errorf("%q reaches %q: %v", row.Pattern, name, got)
				}
			}
			const itself = 1 // the second look is one frame more
			got := sender.written(".broker") == before+itself+1
			if want := slices.Contains(row.Yes, ".broker"); got != want {
				t.Errorf("%q reaches .broker: %v", row.Pattern, got)
			}
		})
	}
}

// written is how many frames the broker has passed to the client of that name.
func (c *client) written(name string) uint64 {
	c.t.Helper()
	for _, info := range c.list() {
		if info.Name == name {
			return info.WFrames
		}
	}
	c.t.Fatalf("%q is not connected", name)
	return 0
}

// list asks for the clients [BUSRT-C4].
func (c *client) list() []codec.ClientInfo {
	c.t.Helper()
	var list codec.ClientList
	_, err := list.UnmarshalMsg(c.call("client.list", "").Data)
	check(c.t, err)
	return list.Clients
}

// call asks the broker; nothing else may come meanwhile.
func (c *client) call(method, params string) codec.RPC {
	c.t.Helper()
	c.message(".broker", string(codec.AppendRPCRequest(nil, 7, method, []byte(params))))
	d := c.next()
	answer, ok := codec.ParseRPC(d.Payload)
	if d.Kind != codec.KindMessage || string(d.Sender) != ".broker" || !ok || answer.ID != 7 {
		c.t.Fatalf("%s: got %v from %q, % X", method, d.Kind, d.Sender, d.Payload)
	}
	return answer
}
