package listeners

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

var pythonNeeds = []need{
	{"[section 14: Python busrt (sync), 1] answers and acks within a second", testAnswersInTime},
	{"[section 14: Python busrt (sync), 2] whole frames without gaps", testFramesAreWhole},
	{"[section 14: Python busrt (sync), 3] is read again within a second", testReadInTime},
	{"[section 14: Python busrt (sync), 4] a full close", testFullClose},
	{"[section 14: Python busrt (sync), 5] error data is text", testErrorText},
	{"[section 14: Python busrt (sync), 6] a call gets its ack and its reply", testAckAndReply},
	{"[section 14: Python busrt (sync), 7] never sees a kind it does not know", testKnownKinds},
	{"[section 14: Python busrt (sync), 8] a wrong length ends the connection", testWrongLength},
}

// pythonTime is what the sync client gives an answer, an ack or a whole write.
const pythonTime = time.Second

// soon runs an exchange that must be over in that time.
func (c *client) soon(exchange func()) {
	c.t.Helper()
	check(c.t, c.SetDeadline(time.Now().Add(pythonTime)))
	exchange()
	check(c.t, c.SetDeadline(time.Now().Add(patience)))
}

// Also while a receiver reads nothing, so that the sender is held up [BUSRT-O17].
func testAnswersInTime(t *testing.T, network string) {
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	connect(t, b.at, "deaf")
	x := dial(t, b.at)
	x.soon(func() { x.bytes(codec.Greeting[:]...) })
	x.send(codec.Greeting[:])
	x.soon(func() { x.bytes(byte(codec.OK)) })
	x.send(codec.AppendHello(nil, "x"))
	x.soon(func() { x.bytes(byte(codec.OK)) })
	payload := make([]byte, 1<<18)
	for id := range uint32(100) { // beyond the half of the queue, and the whole
		x.soon(func() {
			x.send(codec.AppendFrame(nil, id, codec.OpMessage, codec.QoSProcessed, "deaf", payload))
			if d := x.next(); d.Kind != codec.KindAck || d.ID != id {
				t.Errorf("got %v, want the ack %d", d, id)
			}
		})
	}
}

func testReadInTime(t *testing.T, network string) { // [BUSRT-O17]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	connect(t, b.at, "deaf")
	x := connect(t, b.at, "x")
	payload := strings.Repeat("p", 1<<18)
	for range 100 {
		x.soon(func() { x.message("deaf", payload) })
	}
	x.alive("x")
}

func testFullClose(t *testing.T, network string) {
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	x := connect(t, b.at, "x")
	x.send([]byte("\x01\x00\x00\x00\x7F\x00\x00\x00\x00"))
	x.ended()
	eventually(t, "a write that fails", func() bool {
		_, err := x.Write(codec.AppendPing(nil))
		return err != nil
	})
}

func testErrorText(t *testing.T, network string) { // [BUSRT-R4]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	x := connect(t, b.at, "x")
	for _, call := range [][2]string{
		{"test", "x"},
		{"info", "\xC0"},
		{"stats", "\x80"},
		{"", ""},
		{"none", "\xFF"},
		{"\xFF", ""},
		{"client.list", "\xC0"},
		{"client.list", "\xC1"},
		{"client.list", "\x81"},
		{"client.list", "\x81\xA6filter\xA1("},
		{"client.list", "\x81\xA6filter\xA2(\xFF"},
		{"client.list", "\x81\xA6filter\xC4\x02[\xFE"},
	} {
		got := x.call(call[0], call[1])
		if got.Kind != codec.RPCError || !utf8.Valid(got.Data) {
			t.Errorf("%q %q: kind %d, data %q", call[0], call[1], got.Kind, got.Data)
		}
	}
}

func testAckAndReply(t *testing.T, network string) { // [BUSRT-R6]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{Loops: 2})
	x := connect(t, b.at, "x")
	x.send(codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, ".broker", codec.AppendRPCRequest(nil, 1, "test", nil)))
	got := map[codec.Kind]int{}
	for range 2 {
		got[x.next().Kind]++
	}
	if got[codec.KindAck] != 1 || got[codec.KindMessage] != 1 {
		t.Errorf("got %v, want an ack and a reply", got)
	}
	x.send(codec.AppendFrame(nil, 2, codec.OpMessage, codec.QoSProcessed, "nobody", codec.AppendRPCRequest(nil, 2, "test", nil)))
	x.acked(2, codec.NotRegistered)
}

// It sends no exclude, unexclude and publish_for, and hears others' as publishes.
func testKnownKinds(t *testing.T, network string) { // [BUSRT-B4] [BUSRT-B6]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	py, x := connect(t, b.at, "py"), connect(t, b.at, "x")
	py.subscribe("#")
	x.send(codec.AppendPublishFor(nil, 1, codec.QoSProcessed, "a", "py", []byte("for")))
	x.acked(1, codec.OK)
	for id, op := range map[uint32]codec.Op{2: codec.OpExclude, 3: codec.OpUnexclude} {
		x.send(codec.AppendTopics(nil, id, op, codec.QoSProcessed, "#"))
		x.acked(id, codec.OK)
	}
	py.got(codec.KindPublish, "x", "a", "for")
	py.alive("py")
}

// The length counts characters where the body has bytes: the last byte begins
// the next header. Other clients do not notice.
func testWrongLength(t *testing.T, network string) { // [BUSRT-F6] [BUSRT-T1]
	t.Helper()
	b := serve(t, network, engine.Options{Timeout: pythonTime}, Options{})
	wrong := func(name string) *client {
		c := connect(t, b.at, name)
		frame := codec.AppendFrame(nil, 1, codec.OpMessage, codec.QoSProcessed, "küche", []byte("hi"))
		frame[5]--
		c.send(frame)
		c.acked(1, codec.NotRegistered)
		return c
	}
	goesOn := wrong("goes.on")
	goesOn.send(codec.AppendFrame(nil, 0x7F7F7F7F, codec.OpMessage, codec.QoSProcessed, "x", nil))
	wrong("waits").ended()
	goesOn.ended()
	connect(t, b.at, "waits").alive("waits")
}

var asyncNeeds = []need{
	{"[section 14: Python busrt-async, 1] sender and topic up to 8 KiB", testLongHeads},
	{"[section 14: Python busrt-async, 2] closes on frame boundaries, fully", testBoundaryAndClose},
	{"[section 14: Python busrt-async, 3] a ping every second keeps it", testPingEverySecond},
}

// It looks for sender and topic in 8 KiB: the longest name leaves room.
func testLongHeads(t *testing.T, network string) { // [BUSRT-H7]
	t.Helper()
	b := serve(t, network, engine.Options{}, Options{})
	const room = 8 << 10
	if code := dial(t, b.at).hello(strings.Repeat("n", 256)); code != codec.Data {
		t.Errorf("a name of 256 bytes: %v", code)
	}
	name := strings.Repeat("n", 255)
	x, y := connect(t, b.at, name), connect(t, b.at, "y")
	topic := strings.Repeat("t", room-len(name)-2)
	y.subscribe(topic)
	x.send(codec.AppendFrame(nil, 0, codec.OpPublish, codec.QoSNo, topic, []byte("p")))
	y.got(codec.KindPublish, name, topic, "p")
}

func testBoundaryAndClose(t *testing.T, network string) { // [BUSRT-B7]
	t.Helper()
	b := serve(t, network, engine.Options{StallTime: -1, Timeout: patience}, Options{Loops: 2})
	x, y := connect(t, b.at, "x"), connect(t, b.at, "y")
	payload := strings.Repeat("p", 100_000)
	for range 50 { // more than the socket takes
		x.message("y", payload)
	}
	x.alive("x")
	y.send([]byte("\x01\x00\x00\x00\x7F\x00\x00\x00\x00"))
	for range 50 {
		y.got(codec.KindMessage, "x", "", payload)
	}
	y.ended()
	eventually(t, "a write that fails", func() bool {
		_, err := y.Write(codec.AppendPing(nil))
		return err != nil
	})
}

func testPingEverySecond(t *testing.T, network string) { // [BUSRT-T1] [BUSRT-T4]
	t.Helper()
	b := serve(t, network, engine.Options{Timeout: engine.DefaultTimeout}, Options{})
	x := connect(t, b.at, "x")
	every := time.NewTicker(time.Second) // time itself is what is tested
	defer every.Stop()
	for range 2 {
		<-every.C
		x.send(codec.AppendPing(nil))
	}
	x.alive("x")
}
