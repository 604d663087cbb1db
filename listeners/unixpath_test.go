package listeners

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// tree is what a directory holds: names, types and contents.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(path + " " + d.Type().String())
		if d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.WriteString(" " + string(data))
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func listenUnix(t *testing.T, path string) *net.UnixListener {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// staleSocket leaves a socket behind as a killed broker does.
func staleSocket(t *testing.T, path string) {
	t.Helper()
	if err := listenUnix(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// TestClaimUnixRefuses: whatever is not a dead socket stays as it is
// (docs/cli.md, section 7).
func TestClaimUnixRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		path string // relative to the test's directory, "b.sock" if empty
		make func(t *testing.T, path string)
		want string
	}{
		{name: "directory", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Mkdir(p, 0o700)) }, want: "is a directory"},
		{name: "directory with a slash", path: "b.sock/", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Mkdir(p, 0o700)) }, want: "is a directory"},
		{name: "regular file", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, p, "data") }, want: "is a regular file, refusing to replace it"},
		{name: "empty file", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, p, "") }, want: "is a regular file, refusing to replace it"},
		{name: "FIFO", make: func(t *testing.T, p string) { t.Helper(); check(t, unix.Mkfifo(p, 0o600)) }, want: "is a FIFO, refusing"},
		{name: "dangling link", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Symlink("nowhere", p)) }, want: "is a symbolic link, refusing"},
		{name: "link to a dead socket", make: func(t *testing.T, p string) {
			t.Helper()
			staleSocket(t, p+".dead")
			check(t, os.Symlink(p+".dead", p))
		}, want: "is a symbolic link, refusing"},
		{name: "live socket", make: func(t *testing.T, p string) { t.Helper(); listenUnix(t, p) }, want: "another broker is listening there"},
		{name: "live socket, backlog full", make: fullBacklog, want: "another broker is listening there"},
		{name: "live datagram socket", make: func(t *testing.T, p string) {
			t.Helper()
			c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: p, Net: "unixgram"})
			check(t, err)
			t.Cleanup(func() { _ = c.Close() })
		}, want: "cannot be asked"},
		{name: "no directory", path: "none/b.sock", want: "none does not exist"},
		{name: "file as a directory", path: "file/b.sock", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, filepath.Dir(p), "data") }, want: "not a directory"},
		{name: "long path", path: strings.Repeat("d", 120), want: "a unix socket takes 1 to"},
		{name: "lock with contents", make: func(t *testing.T, p string) { t.Helper(); writeFile(t, p+".lock", "data") }, want: "not a lock file of a broker"},
		{name: "lock is a FIFO", make: func(t *testing.T, p string) { t.Helper(); check(t, unix.Mkfifo(p+".lock", 0o600)) }, want: "not a lock file of a broker"},
		{name: "lock is a link", make: func(t *testing.T, p string) { t.Helper(); check(t, os.Symlink("elsewhere", p+".lock")) }, want: "b.sock.lock: "},
		{name: "live socket and an old lock", make: func(t *testing.T, p string) {
			t.Helper()
			listenUnix(t, p)
			writeFile(t, p+".lock", "")
		}, want: "another broker is listening there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			path := dir + "/b.sock"
			if tc.path != "" {
				path = dir + "/" + tc.path
			}
			if tc.make != nil {
				tc.make(t, path)
			}
			before := tree(t, dir)
			c, err := claimUnix(path, ListenOptions{})
			if err == nil {
				_ = c.Release()
				t.Fatal("the path was claimed")
			}
			if !strings.HasPrefix(err.Error(), "busrt: bind \""+path+"\": ") || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with %q", err, tc.want)
			}
			if after := tree(t, dir); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
		})
	}
}

// fullBacklog makes a living socket that takes no more connections: connect
// gives EAGAIN.
func fullBacklog(t *testing.T, path string) {
	t.Helper()
	fd, err := streamSocket()
	check(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	check(t, unix.Bind(fd, socketAddress(path)))
	check(t, unix.Listen(fd, 0))
	for range 16 {
		c, err := streamSocket()
		check(t, err)
		t.Cleanup(func() { _ = unix.Close(c) })
		if err := unix.Connect(c, socketAddress(path)); errors.Is(err, unix.EAGAIN) {
			return
		}
	}
	t.Skip("this kernel's backlog has no end")
}

// TestClaimUnix: absent paths and dead sockets are taken, the socket answers,
// and nothing is left at the end.
func TestClaimUnix(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, path string){
		"absent":      func(*testing.T, string) {},
		"dead socket": staleSocket,
		"old lock":    func(t *testing.T, p string) { t.Helper(); writeFile(t, p+".lock", "") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := dir + "/b.sock"
			prepare(t, path)
			c, err := claimUnix(path, ListenOptions{})
			check(t, err)
			dialed, err := net.Dial("unix", path)
			check(t, err)
			defer func() { _ = dialed.Close() }()
			fd, _, err := unix.Accept(c.FD())
			check(t, err)
			defer func() { _ = unix.Close(fd) }()
			if _, _, err := unix.Accept(c.FD()); !errors.Is(err, unix.EAGAIN) {
				t.Errorf("a second accept: %v, want EAGAIN at once", err)
			}
			if flags, err := unix.FcntlInt(uintptr(c.FD()), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("descriptor flags %x, %v: children inherit the socket", flags, err)
			}
			if _, err := claimUnix(path, ListenOptions{}); err == nil || !strings.Contains(err.Error(), "another broker") {
				t.Errorf("a second claim: %v", err)
			}
			check(t, c.Release())
			if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
				t.Errorf("left behind: %v, %v", names, err)
			}
		})
	}
}

// TestClaimUnixMode: a mode that is asked for does not depend on the umask,
// and the path was never open wider.
func TestClaimUnixMode(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o660, 0o666, 0o777} {
		path := t.TempDir() + "/b.sock"
		c, err := claimUnix(path, ListenOptions{Mode: mode})
		check(t, err)
		st, err := os.Lstat(path)
		check(t, err)
		if st.Mode().Perm() != mode {
			t.Errorf("mode %o, want %o", st.Mode().Perm(), mode)
		}
		check(t, c.Release())
	}
}

// TestClaimUnixRelative: a leading @ is a file name, not an abstract address.
func TestClaimUnixRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"b.sock", "@b.sock"} {
		c, err := claimUnix(path, ListenOptions{})
		check(t, err)
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
		check(t, c.Release())
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}

// TestReleaseKeepsForeignFiles: what took the place of our files is not ours.
func TestReleaseKeepsForeignFiles(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/b.sock"
	c, err := claimUnix(path, ListenOptions{})
	check(t, err)
	for _, p := range []string{path, path + ".lock"} {
		check(t, os.Rename(p, p+".ours")) // keeps the inode in use
		writeFile(t, p, "foreign")
	}
	before := tree(t, dir)
	check(t, c.Release())
	if after := tree(t, dir); after != before {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
}

// TestClaimUnixRace: of many that want a dead socket's path one gets it, and
// the loser deletes nothing of the winner's. Without the lock's look at its own
// inode (fileID.at in lockPath) two win now and then.
func TestClaimUnixRace(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/b.sock"
	staleSocket(t, path)
	for range 50 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		var holders int
		for range 8 {
			wg.Go(func() {
				c, err := claimUnix(path, ListenOptions{})
				if err != nil {
					return // another one holds it
				}
				mu.Lock()
				holders++
				if holders != 1 {
					t.Error("two hold the path")
				}
				mu.Unlock()
				if err := probe(path); err != nil {
					t.Errorf("the holder's socket does not answer: %v", err)
				}
				mu.Lock()
				holders--
				mu.Unlock()
				if err := c.Release(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	c, err := claimUnix(path, ListenOptions{})
	check(t, err)
	check(t, c.Release())
}
