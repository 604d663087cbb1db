package listeners

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
)

// A FIFO is read through one descriptor from birth to end, so no byte falls
// between two. The end of a writer's stream is a read of 0 bytes; the next
// writer is then waited for with the runtime's poller, which is edge-triggered:
// the hang-up that persists while nobody writes wakes it once, and bytes of a
// new writer wake it again. Rejected: opening the FIFO anew for each writer. A
// writer that comes and goes between the last read and the open leaves its
// lines in the pipe, and the open waits for yet another writer to read them.

// fifoMode is the default mode of a FIFO: its owner and group may write
// [BUSRT-L2].
const fifoMode fs.FileMode = 0o620

// sender is what a FIFO needs of the broker's own client. A payload is valid
// until the call returns. Calls may wait for slow receivers [BUSRT-O17].
type sender interface {
	Message(ctx context.Context, target string, payload []byte, q codec.QoS) codec.Status
	Broadcast(ctx context.Context, mask string, payload []byte, q codec.QoS) codec.Status
	Publish(ctx context.Context, topic string, payload []byte, q codec.QoS) codec.Status
}

// fifo is a FIFO whose lines the broker sends, and the goroutine that reads it.
type fifo struct {
	path string
	id   fileID
	lock *pathLock
	file *os.File
	raw  syscall.RawConn

	to     sender
	log    *slog.Logger
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	// Of the goroutine alone.
	lines lineCutter
	fed   bool // bytes have come since the last end of a stream
}

// openFIFO makes a FIFO at path and begins to read it. A FIFO that nobody reads
// is replaced; anything else at the path is refused and left alone. mode 0 is
// fifoMode; it does not depend on the umask. Any goroutine.
func openFIFO(path string, mode fs.FileMode, to sender, log *slog.Logger) (*fifo, error) {
	if mode == 0 {
		mode = fifoMode
	}
	bind := "fifo:" + path
	if _, err := occupant(bind, path, fs.ModeNamedPipe); err != nil {
		return nil, err
	}
	lock, err := lockPath(bind, path)
	if err != nil {
		return nil, err
	}
	f := &fifo{path: path, lock: lock, to: to, log: log, done: make(chan struct{})}
	if err = removeUnread(bind, path); err == nil {
		err = f.create(bind, mode.Perm())
	}
	if err != nil {
		return nil, errors.Join(err, lock.undo())
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go f.run(ctx)
	return f, nil
}

// removeUnread makes room at the path if all there is is a FIFO without a
// reader.
func removeUnread(bind, path string) error {
	st, err := occupant(bind, path, fs.ModeNamedPipe)
	if err != nil || st == nil {
		return err
	}
	writer, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err == nil {
		_ = writer.Close()
		return bindErrorf(bind, "another program is reading there")
	}
	if !errors.Is(err, unix.ENXIO) {
		return bindErrorf(bind, "there is a FIFO that cannot be asked whether it is read: %w", reason(err))
	}
	if err := idOf(st).remove(path); err != nil {
		return bindErrorf(bind, "there is a FIFO that nobody reads, and it cannot be removed: %w", reason(err))
	}
	return nil
}

// create makes the FIFO and opens its reading end.
func (f *fifo) create(bind string, mode fs.FileMode) error {
	if err := unix.Mkfifo(f.path, uint32(mode)); err != nil {
		return bindErrorf(bind, "%w", err)
	}
	st, err := os.Lstat(f.path)
	if err != nil {
		return bindErrorf(bind, "%w", reason(err))
	}
	f.id = idOf(st)
	if err := f.open(mode); err != nil {
		if f.file != nil {
			_ = f.file.Close()
		}
		_ = f.id.remove(f.path)
		return bindErrorf(bind, "%w", reason(err))
	}
	return nil
}

func (f *fifo) open(mode fs.FileMode) (err error) {
	if f.file, err = os.OpenFile(f.path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0); err != nil {
		return err
	}
	if st, err := f.file.Stat(); err != nil || idOf(st) != f.id {
		return errors.Join(err, errors.New("something else took its place"))
	}
	if err = f.file.Chmod(mode); err != nil { // the umask took some bits away
		return err
	}
	if err = f.file.SetReadDeadline(time.Time{}); err != nil {
		return errors.New("this system cannot wait for the writers of a FIFO")
	}
	f.raw, err = f.file.SyscallConn()
	return err
}

// Close ends the reading, cutting short a send that waits, and removes the
// FIFO and its lock if they are still ours. Call once; any goroutine.
func (f *fifo) Close() error {
	f.cancel()
	err := f.file.Close()
	<-f.done
	return errors.Join(err, f.id.remove(f.path), f.lock.release())
}

// run reads lines until Close.
func (f *fifo) run(ctx context.Context) {
	defer close(f.done)
	buf := make([]byte, 64<<10) // what a pipe holds
	for {
		n, err := f.read(buf)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, io.EOF):
			f.end(ctx)
		case err != nil:
			f.log.Error("FIFO failed, it is not read any more", "path", f.path, "error", err)
			return
		}
		dropped := f.lines.dropped
		for line := range f.lines.cut(buf[:n]) {
			f.send(ctx, line)
		}
		if dropped == 0 && f.lines.dropped > 0 { // once per writer
			f.log.Warn("line too long, dropped", "path", f.path, "limit", maxLine)
		}
	}
}

// read waits for bytes, or for the end of a stream that had some (io.EOF).
func (f *fifo) read(buf []byte) (n int, err error) {
	wait := f.raw.Read(func(fd uintptr) bool {
		n, err = unix.Read(int(fd), buf)
		for errors.Is(err, unix.EINTR) {
			n, err = unix.Read(int(fd), buf)
		}
		noWriter := n == 0 && err == nil
		return !errors.Is(err, unix.EAGAIN) && (!noWriter || f.fed)
	})
	if err = errors.Join(wait, err); err != nil {
		return 0, err
	}
	f.fed = n > 0
	if n == 0 {
		err = io.EOF
	}
	return n, err
}

// end is called when the last writer has closed.
func (f *fifo) end(ctx context.Context) {
	if line, ok := f.lines.end(); ok {
		f.send(ctx, line)
	}
}

// send hands one line to the broker. What a script does wrong is its own
// affair: the line is told about at the debug level only.
func (f *fifo) send(ctx context.Context, line []byte) {
	frame, ok := parseLine(line)
	if !ok {
		f.log.Debug("line skipped", "path", f.path, "bytes", len(line))
		return
	}
	var status codec.Status
	switch frame.op {
	case codec.OpPublish:
		status = f.to.Publish(ctx, frame.target, frame.payload, codec.QoSNo)
	case codec.OpBroadcast:
		status = f.to.Broadcast(ctx, frame.target, frame.payload, codec.QoSNo)
	default:
		status = f.to.Message(ctx, frame.target, frame.payload, codec.QoSNo)
	}
	if status != codec.OK {
		f.log.Debug("line not delivered", "path", f.path, "target", frame.target, "status", status)
	}
}
