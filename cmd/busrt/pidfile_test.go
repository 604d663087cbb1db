package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// there puts something at a path.
type there func(t *testing.T, path string)

func regular(data string) there {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPidFile(t *testing.T) {
	tests := map[string]there{
		"new":                        func(*testing.T, string) {},
		"left behind":                regular("4194305"),
		"left behind with line ends": regular("12\r\n"),
		"empty":                      regular(""),
	}
	for name, put := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			put(t, path)
			p, err := createPidFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wantPid(t, path)
			if err := p.remove(); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Errorf("after remove: %v", err)
			}
		})
	}
}

func TestPidFileRefused(t *testing.T) {
	tests := []struct {
		name string
		put  there
		want string
	}{
		{"no pid file", regular("root:x:0:0"), "holds something else than a process id, refusing to replace it"},
		{"two numbers", regular("1 2"), "holds something else than a process id, refusing to replace it"},
		{"long", regular(strings.Repeat("\x00", 1000)), "holds something else than a process id, refusing to replace it"},
		{"directory", special(func(path string) error { return os.Mkdir(path, 0o700) }), "is a directory"},
		{"FIFO", special(func(path string) error { return syscall.Mkfifo(path, 0o600) }), "is not a regular file"},
		{"symbolic link", special(func(path string) error { return os.Symlink("elsewhere", path) }), "too many levels of symbolic links"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pid")
			tt.put(t, path)
			before := look(t, path)
			_, err := createPidFile(path)
			if want := fmt.Sprintf("busrt: pid file %q: %s", path, tt.want); err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			if after := look(t, path); after != before {
				t.Errorf("%s became %s", before, after)
			}
			if got := files(t, filepath.Dir(path)); len(got) != 1 {
				t.Errorf("there is more now: %q", got)
			}
		})
	}
}

func special(create func(path string) error) there {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := create(path); err != nil {
			t.Fatal(err)
		}
	}
}

// look describes what is at a path.
func look(t *testing.T, path string) string {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		return err.Error()
	}
	seen := fmt.Sprint(st.Mode(), st.Size())
	if st.Mode().IsRegular() {
		data, err := os.ReadFile(path)
		seen += fmt.Sprintf(" %q %v", data, err)
	}
	return seen
}

// wantPid wants the id of this process in a file, and nothing else.
func wantPid(t *testing.T, path string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != strconv.Itoa(os.Getpid()) {
		t.Errorf("it holds %q (%v), this process is %d", got, err, os.Getpid())
	}
}

func TestPidFileInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	p, err := createPidFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := createPidFile(path); err == nil || err.Error() != "busrt: pid file "+strconv.Quote(path)+": is in use by another broker" {
		t.Errorf("the second gets %v", err)
	}
	wantPid(t, path)
	if err := p.remove(); err != nil {
		t.Fatal(err)
	}
	next, err := createPidFile(path)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := next.remove(); err != nil {
		t.Error(err)
	}
}

// What has taken the place of the pid file is somebody else's.
func TestPidFileReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	p, err := createPidFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if err := p.remove(); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "1" {
		t.Errorf("it holds %q (%v)", got, err)
	}
}
