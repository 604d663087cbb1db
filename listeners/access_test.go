package listeners

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// guarded adds an address with a map and other settings of its own.
func (b *bus) guarded(t *testing.T, network string, o ListenOptions) net.Addr {
	t.Helper()
	bind := "127.0.0.1:0"
	if network == networkUnix {
		bind = b.dir + "/guarded.sock"
	}
	at, err := b.Listen(t.Context(), bind, o)
	check(t, err)
	return at
}

func entry(t *testing.T, m *engine.AAAMap, name string, a engine.Access) {
	t.Helper()
	check(t, m.Set(name, a))
}

// frames of a client, with an ack that is wanted.
func wanting(op codec.Op, target string) []byte {
	return codec.AppendFrame(nil, 5, op, codec.QoSProcessed, target, []byte("x"))
}

// TestDeniedOperations: every row of section 5 that ends in 79, over each
// transport, beside its neighbour that does not [BUSRT-S3]. Nothing of what is
// denied arrives.
func TestDeniedOperations(t *testing.T) {
	some := engine.FullAccess().MessageTo("free", "x").BroadcastTo("free", "worker.?").PublishTo("news/#").SubscribeTo("news/+")
	none := engine.FullAccess().DenyMessage().DenyBroadcast().DenyPublish().DenySubscribe()
	subscribe := func(topics ...string) []byte {
		return codec.AppendTopics(nil, 5, codec.OpSubscribe, codec.QoSProcessed, topics...)
	}
	publishFor := func(topic string) []byte {
		return codec.AppendPublishFor(nil, 5, codec.QoSProcessed, topic, "free", []byte("x"))
	}
	const ok, denied, unknown = codec.OK, codec.AccessDenied, codec.NotRegistered
	for _, tt := range []struct {
		rule, what string
		access     engine.Access
		frame      []byte
		want       []codec.Status
		heard      bool
	}{
		{"O1", "message", some, wanting(codec.OpMessage, "free"), []codec.Status{ok}, true},
		{"O1", "message", some, wanting(codec.OpMessage, "test"), []codec.Status{denied}, false},
		{"O1", "message to the broker", none, wanting(codec.OpMessage, ".broker"), []codec.Status{denied}, false},
		{"O1", "message, none allowed", none, wanting(codec.OpMessage, "free"), []codec.Status{denied}, false},
		{"S6", "message to a secondary of an allowed name", some, wanting(codec.OpMessage, "x%%1"), []codec.Status{unknown}, false},
		{"O2", "broadcast", some, wanting(codec.OpBroadcast, "free"), []codec.Status{ok}, true},
		{"O2", "broadcast, none allowed", none, wanting(codec.OpBroadcast, "free"), []codec.Status{denied}, false},
		{"S5", "broadcast by mask", some, wanting(codec.OpBroadcast, "worker.?"), []codec.Status{ok}, false},
		{"S5", "broadcast by a wider mask", some, wanting(codec.OpBroadcast, "*"), []codec.Status{denied}, false},
		{"O3", "publish", some, wanting(codec.OpPublish, "news/a"), []codec.Status{ok}, true},
		{"O3", "publish", some, wanting(codec.OpPublish, "news"), []codec.Status{denied}, false},
		{"O3", "publish, none allowed", none, wanting(codec.OpPublish, "news/a"), []codec.Status{denied}, false},
		{"O4", "publish_for", some, publishFor("news/a"), []codec.Status{ok}, true},
		{"O4", "publish_for", some, publishFor("secret"), []codec.Status{denied}, false},
		{"O4", "publish_for, none allowed", none, publishFor("news/a"), []codec.Status{denied}, false},
		{"A4", "publish as the broker", engine.FullAccess(), wanting(codec.OpPublish, ".broker/info"), []codec.Status{denied}, false},
		{"O5", "subscribe", some, subscribe("news/a", "news/+"), []codec.Status{ok}, false},
		{"O5", "subscribe", some, subscribe("a", "news/a", "b"), []codec.Status{denied, denied, ok}, false},
		{"O5", "subscribe, none allowed", none, subscribe("news/a"), []codec.Status{denied, ok}, false},
		{"S5", "subscribe wider", some, subscribe("news/#"), []codec.Status{denied, ok}, false},
		{"S5", "subscribe to everything", some, subscribe("#"), []codec.Status{denied, ok}, false},
		{"O6", "unsubscribe", none, codec.AppendTopics(nil, 5, codec.OpUnsubscribe, codec.QoSProcessed, "a"), []codec.Status{ok}, false},
		{"O6", "exclude", none, codec.AppendTopics(nil, 5, codec.OpExclude, codec.QoSProcessed, "a"), []codec.Status{ok}, false},
		{"O6", "unexclude", none, codec.AppendTopics(nil, 5, codec.OpUnexclude, codec.QoSProcessed, "a"), []codec.Status{ok}, false},
	} {
		for _, network := range networks {
			t.Run(tt.rule+" "+tt.what+" "+network, func(t *testing.T) {
				b := serve(t, network, engine.Options{}, Options{Loops: 1})
				aaa := engine.NewAAAMap()
				entry(t, aaa, "test", tt.access)
				at := b.guarded(t, network, ListenOptions{AAA: aaa})
				free := connect(t, b.at, "free")
				free.subscribe("news/#", "secret", "news")
				c := connect(t, at, "test")
				c.send(tt.frame)
				for _, code := range tt.want {
					c.acked(5, code)
				}
				if tt.heard {
					if d := free.next(); string(d.Sender) != "test" || string(d.Payload) != "x" {
						t.Errorf("heard %v of %q: %q", d.Kind, d.Sender, d.Payload)
					}
				}
				free.message("free", "the end")
				free.got(codec.KindMessage, "free", "", "the end")
			})
		}
	}
}

// TestDeniedNames: who is refused in the handshake, and why [BUSRT-H4]
// [BUSRT-S1] [BUSRT-S2]. The kernel says who the peer of a unix socket is.
func TestDeniedNames(t *testing.T) {
	uid, gid := uint32(os.Getuid()), uint32(os.Getegid())
	full := engine.FullAccess()
	for _, tt := range []struct {
		what      string
		access    engine.Access // of "test"
		name      string
		unix, tcp codec.Status
	}{
		{"listed", full, "test", codec.OK, codec.OK},
		{"not listed", full, "other", codec.AccessDenied, codec.AccessDenied},
		{"secondary of one who is not", full, "other%%1", codec.AccessDenied, codec.AccessDenied},
		{"hosts", full.HostsAllow("127.0.0.0/8"), "test", codec.OK, codec.OK},
		{"other hosts", full.HostsAllow("10.0.0.0/8", "::/0"), "test", codec.OK, codec.AccessDenied},
		{"no hosts", full.HostsAllow(), "test", codec.OK, codec.AccessDenied},
		{"user", full.UIDsAllow(uid), "test", codec.OK, codec.AccessDenied},
		{"another user", full.UIDsAllow(uid + 1), "test", codec.AccessDenied, codec.AccessDenied},
		{"group", full.GIDsAllow(gid+1, gid), "test", codec.OK, codec.AccessDenied},
		{"another group", full.GIDsAllow(gid + 1), "test", codec.AccessDenied, codec.AccessDenied},
	} {
		for network, want := range map[string]codec.Status{networkUnix: tt.unix, networkTCP: tt.tcp} {
			t.Run(tt.what+" "+network, func(t *testing.T) {
				b := serve(t, network, engine.Options{}, Options{Loops: 1})
				aaa := engine.NewAAAMap()
				entry(t, aaa, "test", tt.access)
				c := dial(t, b.guarded(t, network, ListenOptions{AAA: aaa}))
				if code := c.hello(tt.name); code != want {
					t.Errorf("answered %v, want %v", code, want)
				}
				if want != codec.OK {
					c.ended()
				}
			})
		}
	}
}

// TestHostsOfDualStack: a socket of both families tells IPv4 peers in IPv6 form;
// they are judged by their IPv4 address [BUSRT-H9] [BUSRT-S2].
func TestHostsOfDualStack(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	aaa := engine.NewAAAMap()
	entry(t, aaa, "four", engine.FullAccess().HostsAllow("127.0.0.0/8"))
	entry(t, aaa, "mapped", engine.FullAccess().HostsAllow("::ffff:127.0.0.1"))
	entry(t, aaa, "six", engine.FullAccess().HostsAllow("::/0"))
	wild, err := b.Listen(t.Context(), ":0", ListenOptions{AAA: aaa})
	check(t, err)
	tcp, ok := wild.(*net.TCPAddr)
	if !ok || tcp.IP.To4() != nil {
		t.Skipf("no dual stack here: %v", wild)
	}
	for _, tt := range []struct {
		name     string
		from     net.IP
		expected codec.Status
	}{
		{"four", net.IPv4(127, 0, 0, 1), codec.OK},
		{"mapped", net.IPv4(127, 0, 0, 1), codec.OK},
		{"six", net.IPv4(127, 0, 0, 1), codec.AccessDenied},
		{"four", net.IPv6loopback, codec.AccessDenied},
		{"mapped", net.IPv6loopback, codec.AccessDenied},
		{"six", net.IPv6loopback, codec.OK},
	} {
		c, err := net.Dial("tcp", (&net.TCPAddr{IP: tt.from, Port: tcp.Port}).String())
		if err != nil && tt.from.To4() == nil {
			t.Logf("no IPv6 loopback here: %v", err)
			continue
		}
		check(t, err)
		if code := wired(t, c).hello(tt.name); code != tt.expected {
			t.Errorf("%s from %v: %v, want %v", tt.name, tt.from, code, tt.expected)
		}
		check(t, c.Close())
	}
}

// TestForcedAndApplied: a live client is ended by force, and when its name is
// taken from the map [BUSRT-S4], though it does not read.
func TestForcedAndApplied(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{})
			aaa := engine.NewAAAMap()
			entry(t, aaa, "test", engine.FullAccess())
			at := b.guarded(t, network, ListenOptions{AAA: aaa})
			c := connect(t, at, "test")
			for name, want := range map[string]error{"nobody": codec.NotRegistered, ".broker": codec.NotSupported, "test": nil} {
				if err := b.broker.ForceDisconnect(name); !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
			}
			c.ended()
			c = connect(t, at, "test")
			flood(t, connect(t, b.at, "free"), "test")
			aaa.Delete("test")
			c.message("test", "as before")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			check(t, b.broker.ApplyAAA(ctx))
			if err := b.broker.ForceDisconnect("test"); !errors.Is(err, codec.NotRegistered) {
				t.Errorf("there still: %v", err)
			}
			c.ended()
			if code := dial(t, at).hello("test"); code != codec.AccessDenied {
				t.Errorf("again: %v", code)
			}
		})
	}
}

// flood sends more to a client that does not read than its socket takes.
func flood(t *testing.T, from *client, target string) {
	t.Helper()
	payload := make([]byte, 1<<20)
	for range 4 {
		from.send(codec.AppendFrame(nil, 3, codec.OpMessage, codec.QoSProcessed, target, payload))
		from.acked(3, codec.OK)
	}
}

// TestNobodyElsesName: whatever a client sends, others see its own name as the
// sender [BUSRT-B5]: a name cannot hold what separates it from the payload, and
// the payload is never read as part of the header [BUSRT-H7].
func TestNobodyElsesName(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{})
			victim, witness := connect(t, b.at, "alice"), connect(t, b.at, "bob")
			witness.subscribe("t", "t/#")
			for name, want := range map[string]codec.Status{
				"alice\x00": codec.Data, "alice\x00x": codec.Data, "\x00alice": codec.Data, "alice\n": codec.Data,
				"alice": codec.Busy, ".broker": codec.Data, ".broker\x00": codec.Data, "": codec.Data,
			} {
				if code := dial(t, b.at).hello(name); code != want {
					t.Errorf("%q: %v, want %v", name, code, want)
				}
			}
			mallory := connect(t, b.at, "mallory")
			forged := codec.AppendDelivery(nil, codec.KindMessage, false, "alice", nil, []byte("forged"))
			for _, payload := range []string{"alice\x00hello", "\x00alice\x00hello", string(forged), string(forged[codec.DeliveryHeaderLen:])} {
				for _, op := range []codec.Op{codec.OpMessage, codec.OpBroadcast, codec.OpPublish} {
					target, kind, topic := "bob", codec.KindMessage, ""
					switch op {
					case codec.OpBroadcast:
						kind = codec.KindBroadcast
					case codec.OpPublish:
						target, kind, topic = "t/alice", codec.KindPublish, "t/alice"
					default:
					}
					mallory.send(codec.AppendFrame(nil, 0, op, codec.QoSNo, target, []byte(payload)))
					witness.got(kind, "mallory", topic, payload)
				}
			}
			mallory.send(codec.AppendPublishFor(nil, 0, codec.QoSNo, "t", "bob", []byte("alice\x00x")))
			witness.got(codec.KindPublish, "mallory", "t", "alice\x00x")
			second := connect(t, b.at, "mallory%%alice")
			second.message("bob", "x")
			witness.got(codec.KindMessage, "mallory%%alice", "", "x")
			victim.message("bob", "mine")
			witness.got(codec.KindMessage, "alice", "", "mine")
		})
	}
}

// TestSettingsOfAddresses: one broker, two addresses, each with limits and times
// of its own [BUSRT-F8] [BUSRT-T1] [BUSRT-H8].
func TestSettingsOfAddresses(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{})
			const quick = 300 * time.Millisecond
			at := b.guarded(t, network, ListenOptions{MaxFrame: 100, Timeout: quick})
			patient, hasty, mute := connect(t, b.at, "patient"), connect(t, at, "hasty"), dial(t, at)
			begun := time.Now()
			mute.bytes(codec.Greeting[:]...)
			hasty.ended()
			mute.ended()
			if d := time.Since(begun); d < quick {
				t.Errorf("ended after %v", d)
			}
			long := string(make([]byte, 100))
			patient.message("patient", long)
			patient.got(codec.KindMessage, "patient", "", long)
			hasty = connect(t, at, "hasty")
			hasty.message("patient", long)
			hasty.ended()
			patient.message("patient", "nothing came")
			patient.got(codec.KindMessage, "patient", "", "nothing came")
		})
	}
}
