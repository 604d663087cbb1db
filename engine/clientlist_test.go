package engine

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
)

// Rows are sorted, primaries only, with all fields [BUSRT-C4].
func TestClientList(t *testing.T) {
	b := newBus(t, 2, Options{})
	alice := b.connect("alice")
	b.connectOn(1, "alice%%1")
	b.connect("alice%%2")
	empty := ""
	b.askFor(1, "remote", tcp("10.0.0.1")).say(nil, "\x01\x01")
	b.askFor(1, "Zed", Peer{Kind: KindWebSocket, Port: &empty}).say(nil, "\x01\x01")
	slow := b.connect("slow")
	slow.fits(0)
	alice.send(message(0, "slow", "123"), message(0, "slow", "456"))
	got := alice.call("client.list", "")
	var list codec.ClientList
	if rest, err := list.UnmarshalMsg(got.Data); err != nil || len(rest) > 0 {
		t.Fatalf("% X: %v", got.Data, err)
	}
	source := "10.0.0.1:1234"
	want := []codec.ClientInfo{
		{Name: ".broker", Kind: "internal", Instances: 1},
		{Name: "Zed", Kind: "websocket", Port: &empty, Instances: 1},
		{Name: "alice", Kind: "local_ipc", Port: &bindPath, Instances: 3, RFrames: 3, RBytes: 8 + 8 + 25},
		{Name: "remote", Kind: "tcp", Source: &source, Port: &bindPath, Instances: 1},
		{Name: "slow", Kind: "local_ipc", Port: &bindPath, Instances: 1, WFrames: 2, WBytes: 16, Queue: 2},
	}
	if len(list.Clients) != len(want) {
		t.Fatalf("%d rows, want %d", len(list.Clients), len(want))
	}
	for i, row := range list.Clients {
		if i == 0 {
			row.RFrames, row.RBytes, row.WFrames, row.WBytes = 0, 0, 0, 0 // TestCounters has these
		}
		if !sameRow(&row, &want[i]) {
			t.Errorf("row %d: %+v, want %+v", i, row, want[i])
		}
	}
}

func sameRow(x, y *codec.ClientInfo) bool {
	a, errA := x.MarshalMsg(nil)
	b, errB := y.MarshalMsg(nil)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func TestClientListFilter(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	b.connect("bob.1")
	b.connect("bob.2")
	filter := func(s string) string { return string(msgp.AppendString([]byte("\x81\xA6filter"), s)) }
	for _, tt := range []struct {
		params string
		want   string // names, or an error
	}{
		{"", ".broker alice bob.1 bob.2"},
		{"\x80", ".broker alice bob.1 bob.2"},
		{"\x81\xA6filter\xC0", ".broker alice bob.1 bob.2"},
		{filter(""), ".broker alice bob.1 bob.2"},
		{filter("b"), ".broker bob.1 bob.2"}, // not anchored
		{filter("^b.*2$"), "bob.2"},
		{filter("nobody"), ""},
		{"\x91\xA5alice", "alice"},
		{"\x91\xC0", ".broker alice bob.1 bob.2"},
		{"\x81\xA6filter\xC4\x05alice", "alice"}, // bin
		{"\x82\xA1x\x01\xA6filter\xA5alice\xFF", "alice"},
		{filter("("), "error"},
		{filter("x{300}"), ""},
		{filter("x{1000}"), "error"}, // a program of thousands of instructions
		{filter("(?:[a-z]{9}.*){99}"), "error"},
		{filter(strings.Repeat("x", 1025)), "error"},
		{"\xC0", "error"},
		{"\x01", "error"},
		{"\x81\xA6filter\x01", "error"},
		{"\x81", "error"},
	} {
		got := c.call("client.list", tt.params)
		if tt.want == "error" {
			if got.Kind != codec.RPCError || got.Code != codec.RPCParseError || len(got.Data) == 0 {
				t.Errorf("% X: kind %d, code %d, %q", tt.params, got.Kind, got.Code, got.Data)
			}
			continue
		}
		var list codec.ClientList
		if _, err := list.UnmarshalMsg(got.Data); err != nil {
			t.Errorf("% X: %v", tt.params, err)
		}
		var names []string
		for _, row := range list.Clients {
			names = append(names, row.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("% X: %q, want %q", tt.params, got, tt.want)
		}
	}
}

// While a list is made its caller is not read; what it sent behind the call is
// handled afterwards, and it may leave meanwhile [BUSRT-C4].
func TestClientListHoldsItsCaller(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.send(
		message(1, coreName, string(codec.AppendRPCRequest(nil, 5, "client.list", nil))),
		message(2, "alice", "behind"),
	)
	c.event()
	b.loops[0].shard.Flush()
	if c.session.paused != pauseCall {
		t.Errorf("paused for %b", c.session.paused)
	}
	var got []string
	b.await("the rest", func() bool {
		got = append(got, c.got()...)
		return len(got) >= 4
	})
	if len(got) != 4 || got[3] != "ack 2 ok" || got[2] != "message alice: behind" {
		t.Errorf("got %q", got)
	}
	c.send(message(0, coreName, string(codec.AppendRPCRequest(nil, 5, "client.list", nil))))
	c.event()
	c.session.Abort()
	c.expectEnd(true)
}
