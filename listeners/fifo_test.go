package listeners

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// recorder is a sender that takes down what it is asked to send.
type recorder struct {
	sent chan string
	hold bool // sends wait until their context ends
}

func (r *recorder) take(ctx context.Context, kind, target string, payload []byte, q codec.QoS) codec.Status {
	r.sent <- fmt.Sprintf("%s %s %q %d", kind, target, payload, q)
	if r.hold {
		<-ctx.Done()
		return codec.Timeout
	}
	return codec.OK
}

func (r *recorder) Message(ctx context.Context, target string, payload []byte, q codec.QoS) codec.Status {
	return r.take(ctx, "message", target, payload, q)
}

func (r *recorder) Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) codec.Status {
	return r.take(ctx, "broadcast", mask, payload, q)
}

func (r *recorder) Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) codec.Status {
	return r.take(ctx, "publish", topic, payload, q)
}

// expect waits for the next thing that is sent.
func (r *recorder) expect(t *testing.T, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case got := <-r.sent:
		if got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	case <-ctx.Done():
		t.Fatalf("never sent: %s", want)
	}
}

// makeFIFO opens a FIFO in a directory of its own; nothing may be left of it.
func makeFIFO(t *testing.T, mode fs.FileMode, log *slog.Logger) (*fifo, *recorder) {
	t.Helper()
	dir := t.TempDir()
	leftovers(t, dir)
	r := &recorder{sent: make(chan string, 64)}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f, err := openFIFO(dir+"/f", mode, r, log)
	check(t, err)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if len(r.sent) > 0 {
			t.Errorf("sent too: %s", <-r.sent)
		}
	})
	return f, r
}

// writer opens the FIFO as a script does.
func writer(t *testing.T, f *fifo) *os.File {
	t.Helper()
	w, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	check(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func write(t *testing.T, w *os.File, text string) {
	t.Helper()
	_, err := w.WriteString(text)
	check(t, err)
}

// TestFIFO: each kind of line becomes what it stands for, in order, QoS No; bad
// ones are skipped [BUSRT-L1] [BUSRT-L2] [BUSRT-L3].
func TestFIFO(t *testing.T) {
	f, r := makeFIFO(t, 0, nil)
	w := writer(t, f)
	write(t, w, "x hello world\n=t the news\nonly-a-word\na.? to some\n\xff bad\nx .note\nx :m a=1\r\nx spl")
	r.expect(t, `message x "hello world" 0`)
	r.expect(t, `publish t "the news" 0`)
	r.expect(t, `broadcast a.? "to some" 0`)
	r.expect(t, `message x "\x00note" 0`)
	r.expect(t, `message x "\x01\x00\x00\x00\x00m\x00\x81\xa1a\x01" 0`)
	write(t, w, "it\n")
	r.expect(t, `message x "split" 0`)
}

// TestFIFOWriters: one after the other, and several at once. A last line without
// a newline counts when the last writer closes, and does not run into what the
// next one writes [BUSRT-L1].
func TestFIFOWriters(t *testing.T) {
	f, r := makeFIFO(t, 0, nil)
	for i := range 50 {
		w := writer(t, f)
		write(t, w, fmt.Sprintf("x %d", i))
		check(t, w.Close())
		r.expect(t, fmt.Sprintf(`message x "%d" 0`, i))
	}
	check(t, writer(t, f).Close()) // who writes nothing says nothing
	a, b := writer(t, f), writer(t, f)
	write(t, a, "x from a\n")
	r.expect(t, `message x "from a" 0`)
	check(t, a.Close())
	write(t, b, "x from b\n")
	r.expect(t, `message x "from b" 0`)
	check(t, b.Close())
	last := writer(t, f)
	write(t, last, "x last\n")
	r.expect(t, `message x "last" 0`)
}

// TestFIFOHastyWriters come and go while others do: no line is lost between two
// of them.
func TestFIFOHastyWriters(t *testing.T) {
	f, r := makeFIFO(t, 0, nil)
	const each, writers = 100, 4
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := range each {
				w, err := os.OpenFile(f.path, os.O_WRONLY, 0)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = fmt.Fprintf(w, "x %d.%d\n", i, n)
				if err = errors.Join(err, w.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := make(map[string]bool)
	for range each * writers {
		seen[<-r.sent] = true
	}
	all.Wait()
	if len(seen) != each*writers {
		t.Errorf("%d different lines, want %d", len(seen), each*writers)
	}
}

// TestFIFOLongLine is dropped with one warning per writer; the next line counts.
func TestFIFOLongLine(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	f, r := makeFIFO(t, 0, slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(b)
	}), nil)))
	w := writer(t, f)
	long := "x " + strings.Repeat("l", maxLine) + "\n"
	write(t, w, long+long+"x short\n")
	r.expect(t, `message x "short" 0`)
	mu.Lock()
	defer mu.Unlock()
	if log := out.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "line too long") || !strings.Contains(log, f.path) {
		t.Errorf("the log has %q", log)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestFIFOMode does not depend on the umask; by default the group may write
// [BUSRT-L2].
func TestFIFOMode(t *testing.T) {
	for mode, want := range map[fs.FileMode]fs.FileMode{0: 0o620, 0o622: 0o622, 0o600: 0o600} {
		f, _ := makeFIFO(t, mode, nil)
		st, err := os.Lstat(f.path)
		check(t, err)
		if st.Mode() != want|fs.ModeNamedPipe {
			t.Errorf("mode %v, want %v", st.Mode(), want)
		}
	}
}

// TestFIFOClose cuts a send short that waits for a slow receiver, and writers
// find nobody.
func TestFIFOClose(t *testing.T) {
	dir := t.TempDir()
	leftovers(t, dir)
	r := &recorder{sent: make(chan string, 8), hold: true}
	f, err := openFIFO(dir+"/f", 0, r, slog.New(slog.DiscardHandler))
	check(t, err)
	w, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	check(t, err)
	write(t, w, "x one\nx two\n")
	r.expect(t, `message x "one" 0`)
	check(t, f.Close())
	if _, err := w.WriteString("x three\n"); !errors.Is(err, unix.EPIPE) {
		t.Errorf("a write after the end: %v", err)
	}
	check(t, w.Close())
}

// TestFIFORefuses: only a FIFO that nobody reads is replaced; everything else
// stays (docs/cli.md, section 7).
func TestFIFORefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(t *testing.T, path string)
		want string // empty: it is replaced
	}{
		{name: "nothing", make: func(*testing.T, string) {}},
		{name: "an old FIFO", make: func(t *testing.T, p string) { t.Helper(); check(t, unix.Mkfifo(p, 0o600)) }},
		{name: "an old lock", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, p+".lock", "") }},
		{name: "file", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, p, "data") }, want: "is a regular file, refusing"},
		{name: "directory", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Mkdir(p, 0o700)) }, want: "is a directory"},
		{name: "dead socket", make: staleSocket, want: "is a socket, refusing"},
		{name: "link", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Symlink("x", p)) }, want: "is a symbolic link, refusing"},
		{name: "a FIFO that is read", make: func(t *testing.T, p string) {
			t.Helper()
			check(t, unix.Mkfifo(p, 0o600))
			reader, err := os.OpenFile(p, os.O_RDONLY|unix.O_NONBLOCK, 0)
			check(t, err)
			t.Cleanup(func() { _ = reader.Close() })
		}, want: "another program is reading there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			path := dir + "/f"
			tc.make(t, path)
			before := tree(t, dir)
			f, err := openFIFO(path, 0, &recorder{}, slog.New(slog.DiscardHandler))
			if tc.want == "" {
				check(t, err)
				if other, err := openFIFO(path, 0, &recorder{}, slog.New(slog.DiscardHandler)); err == nil {
					_ = other.Close()
					t.Error("opened twice")
				}
				check(t, f.Close())
				if left := tree(t, dir); strings.Count(left, "\n") != 1 {
					t.Errorf("left behind: %s", left)
				}
				return
			}
			if err == nil {
				_ = f.Close()
				t.Fatal("opened")
			}
			if !strings.HasPrefix(err.Error(), `busrt: bind "fifo:`+path+`": `) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want %q in it", err, tc.want)
			}
			if after := tree(t, dir); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
		})
	}
}

// TestFIFOOfBroker: what a script writes comes from `.broker` [BUSRT-L1], and
// the FIFO goes with the group.
func TestFIFOOfBroker(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 2})
	at, err := b.Listen(t.Context(), "fifo:"+b.dir+"/f", ListenOptions{})
	check(t, err)
	if at.Network() != networkFIFO || at.String() != b.dir+"/f" {
		t.Errorf("%s %s", at.Network(), at)
	}
	x := connect(t, b.at, "x")
	x.subscribe("t/#")
	w, err := os.OpenFile(at.String(), os.O_WRONLY, 0)
	check(t, err)
	write(t, w, "x hello world\n=t/1 news\n? all\n.broker :test\nnobody here\nx end\n")
	check(t, w.Close())
	x.got(codec.KindMessage, ".broker", "", "hello world")
	x.got(codec.KindPublish, ".broker", "t/1", "news")
	x.got(codec.KindBroadcast, ".broker", "", "all")
	x.got(codec.KindMessage, ".broker", "", "end")
}
