package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal tells whether a stream of the program is a terminal.
func isTerminal(stream any) bool {
	_, ok := terminalSize(stream)
	return ok
}

// terminalSize gives the size of the terminal that a stream is; false: it is
// none. Only terminals have a size, unlike other devices, as /dev/null.
func terminalSize(stream any) (*unix.Winsize, bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return nil, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return size, err == nil
}
