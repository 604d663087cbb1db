package codec_test

import (
	"bytes"
	"testing"

	"github.com/busrt-go/busrt/codec"
)

func TestReceived(t *testing.T) {
	tests := []struct {
		name          string
		kind          codec.Kind
		realtime      bool
		sender, topic string
		payload       string
		primary       string
	}{
		{"message", codec.KindMessage, true, "a.b", "", "hello", "a.b"},
		{"broadcast of a secondary [BUSRT-H6]", codec.KindBroadcast, false, "a%%b%%c", "", "x", "a"},
		{"publish", codec.KindPublish, false, "a", "t/u", "hello", "a"},
		{"publish with nothing in it", codec.KindPublish, false, "a", "", "", "a"},
		{"publish of nobody", codec.KindPublish, false, "", "t", "x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wire := codec.AppendDelivery(nil, tt.kind, tt.realtime, tt.sender, []byte(tt.topic), []byte(tt.payload))
			var d codec.Delivery
			if n, _, err := codec.NextDelivery(wire, codec.DefaultMaxBody, &d); n != len(wire) || err != nil {
				t.Fatalf("took %d of %d bytes: %v", n, len(wire), err)
			}
			var view codec.Received
			d.ReceivedInto(&view)
			kept := view.Clone()
			if view.Sender != tt.sender || view.Topic != tt.topic || string(view.Payload) != tt.payload {
				t.Errorf("view %+v", view)
			}
			clear(wire) // the views die, the copy does not
			if tt.payload != "" && !bytes.Equal(view.Payload, make([]byte, len(tt.payload))) {
				t.Error("the payload was copied: it is no view")
			}
			want := codec.Received{Kind: tt.kind, Realtime: tt.realtime, Sender: tt.sender, Topic: tt.topic}
			if kept.Kind != want.Kind || kept.Realtime != want.Realtime || kept.Sender != want.Sender ||
				kept.Topic != want.Topic || string(kept.Payload) != tt.payload {
				t.Errorf("copy %+v, want %+v with %q", kept, want, tt.payload)
			}
			if got := kept.PrimarySender(); got != tt.primary {
				t.Errorf("primary %q, want %q", got, tt.primary)
			}
		})
	}
}

func TestReceivedViewDoesNotAllocate(t *testing.T) {
	wire := codec.AppendDelivery(nil, codec.KindPublish, false, "sender", []byte("topic"), make([]byte, 100))
	var d codec.Delivery
	if _, _, err := codec.NextDelivery(wire, codec.DefaultMaxBody, &d); err != nil {
		t.Fatal(err)
	}
	var r codec.Received
	if n := testing.AllocsPerRun(100, func() { d.ReceivedInto(&r) }); n != 0 {
		t.Errorf("%v allocations a view of %q", n, r.Sender)
	}
	if n := testing.AllocsPerRun(100, func() { r = r.Clone() }); n != 2 {
		t.Errorf("%v allocations a copy, want one for the texts and one for the payload", n)
	}
}
