package listeners

import (
	"strings"
	"testing"
)

// [section 13: Address rule], and what bind strings have beyond it.
func TestParseAddress(t *testing.T) {
	const notAnAddress = "not a unix path"
	for _, tc := range []struct {
		bind string
		want address
		err  string // part of the message
	}{
		{bind: "/run/busrt", want: address{"unix", "/run/busrt", ""}},
		{bind: "/tmp/b.sock", want: address{"unix", "/tmp/b.sock", ""}},
		{bind: "b.sock", want: address{"unix", "b.sock", ""}},
		{bind: "dir/b.socket", want: address{"unix", "dir/b.socket", ""}},
		{bind: "b.ipc", want: address{"unix", "b.ipc", ""}},
		{bind: "odd:name.sock", want: address{"unix", "odd:name.sock", ""}},
		{bind: "127.0.0.1:9924.sock", want: address{"unix", "127.0.0.1:9924.sock", ""}},
		{bind: "unix:b", want: address{"unix", "b", ""}},
		{bind: "unix:///run/b", want: address{"unix", "/run/b", ""}},
		{bind: "127.0.0.1:9924", want: address{"tcp", "127.0.0.1:9924", ""}},
		{bind: "localhost:0", want: address{"tcp", "localhost:0", ""}},
		{bind: ":9924", want: address{"tcp", ":9924", ""}},
		{bind: "[::1]:9924", want: address{"tcp", "[::1]:9924", ""}},
		{bind: "[fe80::1%eth0]:9924", want: address{"tcp", "[fe80::1%eth0]:9924", ""}},
		{bind: "tcp://localhost:65535", want: address{"tcp", "localhost:65535", ""}},
		{bind: "tcp:localhost:1", want: address{"tcp", "localhost:1", ""}},
		{bind: "fifo:/run/b.fifo", want: address{"fifo", "/run/b.fifo", ""}},
		{bind: "fifo:b", want: address{"fifo", "b", ""}},
		{bind: "fifo:/tmp/b.sock", want: address{"fifo", "/tmp/b.sock", ""}},
		{bind: "ws://localhost:80", want: address{"ws", "localhost:80", ""}},
		{bind: "ws://:0/", want: address{"ws", ":0", ""}},
		{bind: "wss://[::1]:80/x.sock", want: address{"wss", "[::1]:80", "/x.sock"}},
		{bind: "tls://localhost:80", want: address{"tls", "localhost:80", ""}},
		{bind: "fd:", want: address{"fd", "", ""}},
		{bind: "fd://bus", want: address{"fd", "bus", ""}},

		{bind: "", err: notAnAddress},
		{bind: "b", err: notAnAddress},
		{bind: "./b", err: notAnAddress},
		{bind: "./b:80", err: notAnAddress},
		{bind: "localhost", err: notAnAddress},
		{bind: "localhost:", err: notAnAddress},
		{bind: "localhost:http", err: notAnAddress},
		{bind: "localhost:65536", err: notAnAddress},
		{bind: "localhost:-1", err: notAnAddress},
		{bind: "::1:80", err: notAnAddress},
		{bind: "a b:80", err: notAnAddress},
		{bind: "/a\x00b", err: notAnAddress},
		{bind: "tcp:///run/b.sock", err: notAnAddress},
		{bind: "fifo:", err: "a path is missing"},
		{bind: "unix:", err: "a path is missing"},
		{bind: "unix:a\x00", err: "a path is missing"},
		{bind: "ws://localhost", err: notAnAddress},
		{bind: "ws:localhost:80", err: notAnAddress},
		{bind: "wss:///x", err: notAnAddress},
		{bind: "ws://localhost:80/?a=b", err: "a path at most"},
		{bind: "tls://localhost:80/x", err: notAnAddress},
	} {
		got, err := parseAddress(tc.bind)
		if tc.err == "" {
			if err != nil || got != tc.want {
				t.Errorf("%q: got %v, %v; want %v", tc.bind, got, err, tc.want)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), "busrt: bind ") || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%q: got %v, %v; want an error with %q", tc.bind, got, err, tc.err)
		}
	}
}
