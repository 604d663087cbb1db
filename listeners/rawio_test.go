package listeners

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWriteRaw: any number of slices of any sizes arrive in order, in as many
// calls as the socket needs.
func TestWriteRaw(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			for _, tc := range []struct {
				name        string
				slices, len int
			}{
				{"one", 1, 100},
				{"one, large", 1, 3 << 20},
				{"some", 10, 100},
				{"some, large", 10, 300_000},
				{"more than one call takes", 200, 200},
				{"more than the socket takes", 200, 30_000},
			} {
				t.Run(tc.name, func(t *testing.T) {
					fd, peer := pair(t, network)
					var want []byte
					var bufs [][]byte
					for i := range tc.slices {
						b := bytes.Repeat([]byte{byte(i + 1)}, tc.len-i%3)
						bufs = append(bufs, b, nil) // empty ones do no harm
						want = append(want, b...)
					}
					got := make(chan []byte, 1)
					go func() {
						b, _ := io.ReadAll(peer)
						got <- b
					}()
					for total := 0; ; {
						n, errno := writeRaw(fd, bufs)
						if errno != 0 {
							t.Fatalf("after %d bytes: %v", total, errno)
						}
						if total += n; total == len(want) {
							break
						}
						if len(want) <= readSize {
							t.Errorf("%d of %d bytes written: the socket has more room", n, len(want))
						}
						bufs = [][]byte{want[total:]}
					}
					check(t, unix.Close(fd))
					if b := <-got; !bytes.Equal(b, want) {
						t.Errorf("%d bytes have arrived, want %d", len(b), len(want))
					}
					check(t, peer.Close())
				})
			}
		})
	}
}

// TestRawErrors: nothing to read, the end of a stream, and a peer that is gone
// are told apart.
func TestRawErrors(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			fd, peer := pair(t, network)
			t.Cleanup(func() { check(t, unix.Close(fd)) })
			buf := make([]byte, 10)
			if n, errno := readRaw(fd, buf); n > 0 || errno != unix.EAGAIN {
				t.Errorf("nothing there: %d, %v", n, errno)
			}
			if hungUp(fd) {
				t.Error("hung up, but it has not")
			}
			_, err := peer.Write([]byte("last"))
			check(t, err)
			check(t, peer.Close())
			eventually(t, "the end of the stream", func() bool {
				n, errno := readRaw(fd, buf)
				if errno != 0 && errno != unix.EAGAIN {
					t.Fatal(errno)
				}
				if n == 4 && network == networkUnix && !hungUp(fd) {
					t.Error("not hung up, but it has")
				}
				return n == 0 && errno == 0
			})
			eventually(t, "a failed write", func() bool {
				_, errno := writeRaw(fd, [][]byte{{1}, {2}})
				return errno == unix.EPIPE || errno == unix.ECONNRESET
			})
		})
	}
}
