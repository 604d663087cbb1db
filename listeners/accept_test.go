package listeners

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
)

// TestListenersMeet: a client of each listener sends to the client of the next;
// port 0 and the mode of a socket are as asked for.
func TestListenersMeet(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{Loops: 2})
	second := b.dir + "/second.sock"
	at := []net.Addr{b.at, b.listen(t, networkTCP), b.listen(t, networkTCP)}
	shared, err := b.Listen(t.Context(), second, ListenOptions{Mode: 0o666})
	check(t, err)
	at = append(at, shared)
	if st, err := os.Lstat(second); err != nil || st.Mode().Perm() != 0o666 || shared.String() != second {
		t.Errorf("%v at %v, %v; want mode 666 at %s", st.Mode(), shared, err, second)
	}
	if first, ok := at[1].(*net.TCPAddr); !ok || first.Port == 0 || first.String() == at[2].String() {
		t.Errorf("TCP listeners at %v and %v", at[1], at[2])
	}
	var clients []*client
	for i := range at {
		clients = append(clients, connect(t, at[i], string(rune('a'+i))))
	}
	for i, c := range clients {
		next := (i + 1) % len(clients)
		c.message(string(rune('a'+next)), "hello")
		clients[next].got(codec.KindMessage, string(rune('a'+i)), "", "hello")
	}
}

// TestListenErrors: what cannot be listened on is refused, with the bind string
// in the message, and everything else goes on.
func TestListenErrors(t *testing.T) {
	b := serve(t, networkTCP, engine.Options{}, Options{})
	taken, err := b.Listen(t.Context(), b.dir+"/b.sock", ListenOptions{})
	check(t, err)
	for _, tc := range []struct{ bind, want string }{
		{"nonsense", "not a unix path"},
		{taken.String(), "another broker is listening there"},
		{b.at.String(), "address already in use"},
		{"256.0.0.1:0", "256.0.0.1"},
		{"fifo:" + b.dir, "is a directory"},
	} {
		at, err := b.Listen(t.Context(), tc.bind, ListenOptions{})
		if err == nil || at != nil || !strings.HasPrefix(err.Error(), "busrt: bind \""+tc.bind+"\": ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, %v; want an error with %q", at, err, tc.want)
		}
	}
	connect(t, b.at, "x")
	connect(t, taken, "y")
}

// TestOptions are checked before anything is started.
func TestOptions(t *testing.T) {
	b, err := engine.New(engine.Options{})
	check(t, err)
	for _, n := range []int{-1, maxLoops + 1} {
		if g, err := New(b, Options{Loops: n}); err == nil || !strings.HasPrefix(err.Error(), "busrt: ") {
			t.Errorf("%d loops: %v, %v", n, g, err)
		}
	}
	if n := (Options{}).EnsureDefaults().Loops; n < 1 || n > 4 {
		t.Errorf("%d loops by default", n)
	}
}

// TestLoopsShare: connections go to the loop that has the least.
func TestLoopsShare(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 3})
			var clients []*client
			for i := range 12 {
				clients = append(clients, connect(t, b.at, string(rune('a'+i))))
			}
			for i, l := range b.loops {
				if n := l.sessions(); n != 4 || l.load.Load() != 4 {
					t.Errorf("loop %d has %d sessions, its load is %d", i, n, l.load.Load())
				}
			}
			for _, c := range clients {
				check(t, c.Close())
			}
			for _, l := range b.loops {
				eventually(t, "no load", func() bool { return l.load.Load() == 0 && l.sessions() == 0 })
			}
		})
	}
}

// TestNoDescriptors: when descriptors run out connections wait, the loop does
// not spin over them, those that are there go on, and as soon as there are
// descriptors again the waiting ones are served.
//
// Mutants it fails with: rest that stays watched; tick that does not resume.
func TestNoDescriptors(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			b := serve(t, network, engine.Options{}, Options{Loops: 1})
			x := connect(t, b.at, "x")
			waiting := unconnected(t, network)
			giveBack := exhaust(t)
			connectTo(t, waiting, b.at)
			l := b.loops[0]
			eventually(t, "a rest", func() (resting bool) {
				l.do(func() { resting = len(l.resting) == 1 })
				return resting
			})
			if n := acceptTries(t, l); n > 20 { // each tick in between tries once; spinning gives one a job
				t.Errorf("%d events in a hundred jobs for the listening socket while it rests", n)
			}
			x.message("x", "still here")
			x.got(codec.KindMessage, "x", "", "still here")
			giveBack()
			f := os.NewFile(uintptr(waiting), "waiting")
			c, err := net.FileConn(f)
			check(t, errors.Join(err, f.Close()))
			t.Cleanup(func() { _ = c.Close() })
			if code := wired(t, c).hello("y"); code != codec.OK {
				t.Errorf("refused: %v", code)
			}
		})
	}
}

// spy counts the events of a source.
type spy struct {
	source
	n int
}

func (s *spy) ready(ready interest) { s.n++; s.source.ready(ready) }

// acceptTries counts the events of the resting acceptor until the loop has
// served a hundred jobs, between which it polls.
func acceptTries(t *testing.T, l *loop) int {
	t.Helper()
	var s *spy
	l.do(func() {
		s = &spy{source: l.resting[0]}
		l.enter(l.resting[0].fd, s)
	})
	for range 100 {
		l.do(func() {})
	}
	n := 0
	l.do(func() { n = s.n })
	return n
}

// exhaust takes all descriptors this process may have, until giveBack.
func exhaust(t *testing.T) (giveBack func()) {
	t.Helper()
	var limit unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	low := limit
	low.Cur = 128
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	var taken []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) {
			break
		}
		check(t, err)
		taken = append(taken, fd)
	}
	giveBack = sync.OnceFunc(func() {
		for _, fd := range taken {
			check(t, unix.Close(fd))
		}
		check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	})
	t.Cleanup(giveBack)
	return giveBack
}

// unconnected makes a socket for later.
func unconnected(t *testing.T, network string) int {
	t.Helper()
	family := unix.AF_INET
	if network == networkUnix {
		family = unix.AF_UNIX
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	check(t, err)
	return fd
}

func connectTo(t *testing.T, fd int, at net.Addr) {
	t.Helper()
	if tcp, ok := at.(*net.TCPAddr); ok {
		check(t, unix.Connect(fd, &unix.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}))
	} else {
		check(t, unix.Connect(fd, &unix.SockaddrUnix{Name: at.String()}))
	}
	check(t, unix.SetNonblock(fd, true))
}

// TestListenContext bounds the look-up of a host.
func TestListenContext(t *testing.T) {
	b := serve(t, networkUnix, engine.Options{}, Options{})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if at, err := b.Listen(ctx, "localhost:0", ListenOptions{}); err == nil {
		t.Errorf("listens at %v", at)
	}
}
