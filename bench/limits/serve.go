//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/codec"
)

const (
	serveCommand = "serve"
	brokerName   = ".broker"
	echoMethod   = "benchmark.test"
	readBuffer   = 64 << 10
)

// server answers calls of benchmark.test [BUSRT-C5], acks included, on one loop,
// and others with the error that there is no such method. It routes nothing,
// counts nothing and keeps no time; frames are parsed, for whoever calls checks ids.
type server struct {
	epoll, listener int
	peers           map[int32]*peer
	buffer          []byte
	out             []byte
	reply           []byte
	decoder         codec.Decoder
}

// peer is a connection.
type peer struct {
	greeted, named bool
	rest           []byte // of what is not whole yet
}

// serve listens at path until ctx ends.
func serve(ctx context.Context, path string) error {
	s := &server{peers: make(map[int32]*peer), buffer: make([]byte, readBuffer)}
	if err := s.listen(path); err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }()
	defer s.close()

	// The end of a context is an event as any other.
	quit, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(quit) }()
	if err := s.watch(quit); err != nil {
		return err
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_, _ = unix.Write(quit, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	err = s.loop(int32(quit))
	if !stop() {
		<-done // before the descriptor is closed
	}
	return err
}

func (s *server) listen(path string) (err error) {
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if s.listener, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return errors.Join(err, unix.Close(s.epoll))
	}
	if err = unix.Bind(s.listener, &unix.SockaddrUnix{Name: path}); err == nil {
		err = unix.Listen(s.listener, unix.SOMAXCONN)
	}
	if err == nil {
		err = s.watch(s.listener)
	}
	if err != nil {
		s.close()
		return fmt.Errorf("busrt: %s: %w", path, err)
	}
	return nil
}

func (s *server) close() {
	for fd := range s.peers {
		_ = unix.Close(int(fd))
	}
	_ = unix.Close(s.listener)
	_ = unix.Close(s.epoll)
}

func (s *server) watch(fd int) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// loop serves until quit is readable.
func (s *server) loop(quit int32) error {
	events := make([]unix.EpollEvent, 128)
	for {
		n, err := unix.EpollWait(s.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, e := range events[:max(0, n)] {
			switch e.Fd {
			case quit:
				return nil
			case int32(s.listener):
				if err := s.accept(); err != nil {
					return err
				}
			default:
				if !s.readable(e.Fd) {
					delete(s.peers, e.Fd)
					_ = unix.Close(int(e.Fd))
				}
			}
		}
	}
}

func (s *server) accept() error {
	fd, _, err := unix.Accept4(s.listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return err
	}
	if err := s.watch(fd); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	s.peers[int32(fd)] = new(peer)
	_, _ = unix.Write(fd, codec.Greeting[:]) // if it is gone, a read will tell
	return nil
}

// readable reads once, answers what is whole and keeps the rest. False means
// that the connection is of no use any more.
func (s *server) readable(fd int32) bool {
	n, err := unix.Read(int(fd), s.buffer)
	if err != nil {
		return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR)
	}
	p, in := s.peers[fd], s.buffer[:n]
	if len(p.rest) > 0 {
		p.rest = append(p.rest, in...)
		in = p.rest
	}
	s.out = s.out[:0]
	took, ok := s.answer(p, in)
	p.rest = append(p.rest[:0], in[took:]...)
	if n == 0 || !ok {
		return false
	}
	if len(s.out) == 0 {
		return true
	}
	// Callers wait for their answers, so there is room for them.
	n, err = unix.Write(int(fd), s.out)
	return err == nil && n == len(s.out)
}

// answer appends to s.out what a broker would send, and tells how much of in it
// has taken.
func (s *server) answer(p *peer, in []byte) (took int, ok bool) {
	if !p.greeted {
		if len(in) < len(codec.Greeting) {
			return 0, true
		}
		if codec.CheckGreeting(in) != codec.OK {
			return 0, false
		}
		p.greeted = true
		took = len(codec.Greeting)
		s.out = append(s.out, byte(codec.OK))
	}
	if !p.named {
		name, n := codec.ConsumeHello(in[took:])
		if n == 0 {
			return took, true
		}
		p.named = len(name) > 0
		took += n
		s.out = append(s.out, byte(codec.OK))
	}
	for {
		var f codec.Frame
		n, _, err := s.decoder.Next(in[took:], &f)
		if n == 0 || err != nil {
			return took, err == nil
		}
		took += n
		if f.Op == codec.OpNop {
			continue
		}
		call, isCall := codec.ParseRPC(f.Payload)
		if f.Op != codec.OpMessage || string(f.Target) != brokerName || !isCall {
			return took, false
		}
		s.out = appendAnswer(s.out, &s.reply, &f, &call)
	}
}

// appendAnswer appends the ack of a call and its reply; scratch is made use of.
func appendAnswer(dst []byte, scratch *[]byte, f *codec.Frame, call *codec.RPC) []byte {
	if f.QoS.NeedsAck() {
		dst = codec.AppendAck(dst, f.ID, codec.OK)
	}
	if string(call.Method) == echoMethod {
		*scratch = codec.AppendRPCReply((*scratch)[:0], call.ID, call.Data)
	} else {
		*scratch = codec.AppendRPCError((*scratch)[:0], call.ID, codec.RPCMethodNotFound, nil)
	}
	return codec.AppendDelivery(dst, codec.KindMessage, f.QoS.Realtime(), brokerName, nil, *scratch)
}
