package engine

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// info is how a reader of deliveries sees an announcement of a client
// [BUSRT-A1].
func info(event, name string) string {
	return fmt.Sprintf("publish .broker .broker/info: %s %s", event, name)
}

// slowly is the announcement of a client that is cut off [BUSRT-A5].
func slowly(name string) string {
	return fmt.Sprintf("publish .broker .broker/slow: slow %s queue full", name)
}

const shutdownNotice = "publish .broker .broker/warn: shutdown" // [BUSRT-A2]

// legible gives the payload of a delivery, announcements in words. What cannot
// be read as one is left as it is.
func legible(d *codec.Delivery) string {
	if string(d.Sender) != coreName {
		return string(d.Payload)
	}
	switch string(d.Topic) {
	case topicInfo, ".broker/plant":
		var a codec.ClientAnnouncement
		if rest, err := a.UnmarshalMsg(d.Payload); err == nil && len(rest) == 0 {
			return a.Event + " " + a.Client
		}
	case topicSlow:
		var a codec.SlowAnnouncement
		if rest, err := a.UnmarshalMsg(d.Payload); err == nil && len(rest) == 0 {
			return a.Event + " " + a.Client + " " + a.Reason
		}
	case topicWarn:
		var a codec.BrokerAnnouncement
		if rest, err := a.UnmarshalMsg(d.Payload); err == nil && len(rest) == 0 {
			return a.Event
		}
	}
	return string(d.Payload)
}

// The exact bytes: a map of three, the time as a 64-bit integer, b5 zero
// [BUSRT-A1].
func TestAnnouncementBytes(t *testing.T) {
	b := newBus(t, 1, Options{})
	watcher := b.connect("watcher")
	watcher.subscribe(topicInfo)
	before := time.Now()
	b.connect("bob")
	b.run()
	got := string(watcher.take())
	const head = "\x01\x2D\x00\x00\x00\x00.broker\x00.broker/info\x00\x83\xA1s\xA3reg\xA1d\xA3bob\xA1t\xCF"
	if len(got) != len(head)+8 || got[:len(head)] != head {
		t.Fatalf("received % X", got)
	}
	at := time.Unix(0, int64(binary.BigEndian.Uint64([]byte(got[len(head):]))))
	if at.Before(before) || at.After(time.Now()) {
		t.Errorf("announced as of %v", at)
	}
}

// However many subscribe, each hears of it by the end of the event, with no
// further event needed, and in order [BUSRT-A1] [BUSRT-A3].
func TestAnnouncementsReachAll(t *testing.T) {
	for _, subscribers := range []int{1, 3, 4, 100} {
		b := newBus(t, 2, Options{})
		var all []*client
		for i := range subscribers {
			c := b.connectOn(i%2, fmt.Sprint("watcher", i))
			c.subscribe(topicInfo)
			c.got()
			all = append(all, c)
		}
		for _, c := range all { // those that were there hear of the later ones
			c.got()
		}
		b.connectOn(1, "a").leave()
		b.connectOn(0, "b")
		for _, c := range all {
			c.expect(info("reg", "a"), info("unreg", "a"), info("reg", "b"))
		}
	}
}

// Without the core RPC nothing is announced, and `.broker` is nobody.
func TestNoAnnouncementsWithoutCore(t *testing.T) {
	b := newBareBus(t, 1, Options{})
	watcher := b.connect("watcher")
	watcher.subscribe("#")
	b.connect("bob").leave()
	watcher.send(message(1, coreName, "\x01\x01\x00\x00\x00test\x00"), broadcast(2, "*", "x"))
	watcher.expect("ack 1 not registered", "broadcast watcher: x", "ack 2 ok")
}

// Clients cannot publish where the broker does [BUSRT-A4].
func TestReservedTopics(t *testing.T) {
	b := newBus(t, 1, Options{})
	c := b.connect("alice")
	c.subscribe("#")
	for _, tt := range []struct {
		topic  string
		denied bool
	}{
		{coreName, true},
		{topicInfo, true},
		{topicWarn, true},
		{".broker/", true},
		{".broker/a/b", true},
		{".broker2", false},
		{".brokers/info", false},
		{"a/.broker", false},
		{"/.broker", false},
		{".Broker", false},
	} {
		var want []string
		code := "ok"
		if tt.denied {
			code = "access denied"
		}
		for range 2 {
			if !tt.denied {
				want = append(want, "publish alice "+tt.topic+": x")
			}
			want = append(want, "ack 1 "+code)
		}
		c.send(publish(1, tt.topic, "x"), publishFor(1, tt.topic, "alice", "x"))
		c.expect(want...)
	}
}

// A receiver that is behind holds no announcer up, nor whoever caused the
// announcement [BUSRT-A3].
func TestAnnouncingNeverWaits(t *testing.T) {
	for _, watchers := range []int{1, 5} {
		b := newBus(t, 1, Options{QueueFrames: 8})
		for i := range watchers {
			c := b.connect(fmt.Sprint("watcher", i))
			c.subscribe(topicInfo)
			c.fits(0)
		}
		for i := range 6 { // above half of their queues
			b.connect(fmt.Sprint("c", i)).leave()
		}
		c := b.connect("alice")
		c.send(message(1, "alice", "hi"))
		c.expect("message alice: hi", "ack 1 ok")
		if n := len(b.loops[0].shard.paused); n != 0 {
			t.Errorf("%d sessions are paused for announcements", n)
		}
	}
}

// Subscribers of announcements who take none are cut off like any receiver,
// and that is announced in turn [BUSRT-O12] [BUSRT-A5].
func TestAnnouncementsCutOff(t *testing.T) {
	for _, count := range []int{1, 5} {
		b := newBus(t, 2, Options{QueueFrames: 16})
		watcher := b.connect("watcher")
		var deaf []*client
		for i := range count {
			deaf = append(deaf, b.connectOn(i%2, fmt.Sprint("deaf", i)))
		}
		var want []string
		for _, c := range deaf {
			c.subscribe(topicInfo)
			c.fits(0)
			want = append(want, slowly(c.name), info("unreg", c.name))
		}
		watcher.subscribe(topicInfo, topicSlow)
		var queued []string
		for i := range 8 {
			name := fmt.Sprint("a", i)
			b.connect(name).leave()
			queued = append(queued, info("reg", name), info("unreg", name))
		}
		watcher.expect(queued...)
		b.connect("c")
		watcher.expect(append([]string{info("reg", "c")}, want...)...)
		for _, c := range deaf { // what was queued is still written [BUSRT-O12]
			c.fits(socketBuffer)
			c.expect(queued...)
			c.expectEnd(false)
		}
	}
}
