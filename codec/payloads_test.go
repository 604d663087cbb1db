package codec_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
)

// payload is what the generated code gives a type.
type payload interface {
	msgp.Marshaler
	msgp.Unmarshaler
	msgp.Sizer
}

var payloads = []struct {
	name, rule string
	value      payload
	wire       string // hexadecimal, blanks for the eye
}{
	{"test", "BUSRT-C1", &codec.TestResult{OK: true}, "81 A26F6B C3"},
	{"info", "BUSRT-C2", &codec.BrokerInfo{Author: "x", Version: "1.2.3"}, "82 A6617574686F72 A178 A776657273696F6E A5312E322E33"},
	{
		"stats", "BUSRT-C3", &codec.BrokerStats{Uptime: 127, RFrames: 128, RBytes: 65535, WFrames: 65536, WBytes: math.MaxUint64},
		"85 A6757074696D65 7F A8725F6672616D6573 CC80 A7725F6279746573 CDFFFF" +
			"A8775F6672616D6573 CE00010000 A7775F6279746573 CFFFFFFFFFFFFFFFFF",
	},
	{"no clients", "BUSRT-C4", &codec.ClientList{}, "81 A7636C69656E7473 90"},
	{
		"clients", "BUSRT-C4", &codec.ClientList{Clients: []codec.ClientInfo{
			{Name: ".broker", Kind: "internal", Instances: 1},
			{
				Name: "bob", Kind: "tcp", Source: new("[::1]:5"), Port: new(""),
				RFrames: 1, RBytes: 2, WFrames: 3, WBytes: 4, Queue: 200, Instances: 2,
			},
		}},
		"81 A7636C69656E7473 92" +
			"8A A46E616D65 A72E62726F6B6572 A46B696E64 A8696E7465726E616C A6736F75726365 C0 A4706F7274 C0" +
			"A8725F6672616D6573 00 A7725F6279746573 00 A8775F6672616D6573 00 A7775F6279746573 00" +
			"A57175657565 00 A9696E7374616E636573 01" +
			"8A A46E616D65 A3626F62 A46B696E64 A3746370 A6736F75726365 A75B3A3A315D3A35 A4706F7274 A0" +
			"A8725F6672616D6573 01 A7725F6279746573 02 A8775F6672616D6573 03 A7775F6279746573 04" +
			"A57175657565 CCC8 A9696E7374616E636573 02",
	},
	{
		"reg", "BUSRT-A1", &codec.ClientAnnouncement{Event: codec.EventReg, Client: "bob", Time: 1},
		"83 A173 A3726567 A164 A3626F62 A174 CF0000000000000001",
	},
	{
		"unreg", "BUSRT-A1", &codec.ClientAnnouncement{Event: codec.EventUnreg, Client: "", Time: 0x0102030405060708},
		"83 A173 A5756E726567 A164 A0 A174 CF0102030405060708",
	},
	{
		"shutdown", "BUSRT-A2", &codec.BrokerAnnouncement{Event: codec.EventShutdown, Time: 0},
		"82 A173 A873687574646F776E A174 CF0000000000000000",
	},
	{
		"slow", "BUSRT-A5", &codec.SlowAnnouncement{Event: codec.EventSlow, Client: "bob", Reason: "queue full", Time: 255},
		"84 A173 A4736C6F77 A164 A3626F62 A172 AA71756575652066756C6C A174 CF00000000000000FF",
	},
}

func TestPayloads(t *testing.T) {
	for _, c := range payloads {
		t.Run(c.name+" "+c.rule, func(t *testing.T) {
			want, err := hex.DecodeString(strings.ReplaceAll(c.wire, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.value.MarshalMsg([]byte("before"))
			if err != nil || !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Errorf("% X, %v\nwant     % X", got, err, want)
			}
			if size := c.value.Msgsize(); size < len(want) {
				t.Errorf("announces %d bytes, takes %d", size, len(want))
			}
			back := fresh(c.value)
			rest, err := back.UnmarshalMsg(append(want, 0xC1))
			if err != nil || len(rest) != 1 || !reflect.DeepEqual(back, c.value) {
				t.Errorf("read back %+v, %d bytes left, %v", back, len(rest), err)
			}
			for i := range want {
				if _, err := fresh(c.value).UnmarshalMsg(want[:i:i]); err == nil {
					t.Errorf("%d of %d bytes are enough", i, len(want))
				}
			}
		})
	}
}

// TestPayloadsClaims reads lists that claim more than they have.
func TestPayloadsClaims(t *testing.T) {
	for _, length := range []string{"DDFFFFFFFF", "DD00100001"} {
		b, err := hex.DecodeString("81A7636C69656E7473" + length)
		if err != nil {
			t.Fatal(err)
		}
		var l codec.ClientList
		if _, err := l.UnmarshalMsg(b); err == nil || l.Clients != nil {
			t.Errorf("%s: %v, room for %d clients", length, err, len(l.Clients))
		}
	}
}

// TestTimestampOfAnyWidth reads what other brokers may send [BUSRT-A1].
func TestTimestampOfAnyWidth(t *testing.T) {
	for wire, want := range map[string]codec.Timestamp{
		"\x07": 7, "\xCC\x80": 128, "\xCD\x01\x00": 256, "\xCE\x00\x01\x00\x00": 65536, "\xD3\x00\x00\x00\x00\x00\x00\x00\x09": 9,
	} {
		var got codec.Timestamp
		if rest, err := got.UnmarshalMsg([]byte(wire)); got != want || len(rest) != 0 || err != nil {
			t.Errorf("% X: %d, %v, want %d", wire, got, err, want)
		}
	}
	var got codec.Timestamp
	for _, wire := range []string{"", "\xCF\x00", "\xA1x", "\xFF"} {
		if rest, err := got.UnmarshalMsg([]byte(wire)); err == nil || string(rest) != wire {
			t.Errorf("% X: %d, %d bytes left", wire, got, len(rest))
		}
	}
}

// fresh is an empty value of the same type.
func fresh(v payload) payload {
	return reflect.New(reflect.TypeOf(v).Elem()).Interface().(payload)
}
