package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/busrt-go/busrt/codec"
)

// GoneError says that the client that was called left before it answered, or
// was replaced by another of its name: whether the call was handled is not known. errors.Is finds [codec.NotRegistered] in it.
type GoneError struct {
	Target string // as it was called
}

// Error is the message of e.
func (e *GoneError) Error() string { return "busrt: " + e.Target + " left before it answered" }

// Unwrap is the code a later call would get.
func (e *GoneError) Unwrap() error { return codec.NotRegistered }

// What announcements come by [BUSRT-A1]. Clients cannot forge the sender.
const (
	announcer = ".broker"
	topicInfo = ".broker/info"
)

// subscribeTimeout is how long [New] may wait for an ack.
const subscribeTimeout = 5 * time.Second

// announceLag is what an announcement may take to get here, with much to spare.
const announceLag = time.Second

// watchCallees subscribes, if that is wanted.
func (c *Conn) watchCallees() error {
	if !c.options.WatchCallees {
		return nil
	}
	s, ok := c.bus.(subscriber)
	if !ok {
		return errors.New("busrt: WatchCallees needs a bus that can subscribe")
	}
	ctx, cancel := context.WithTimeout(c.ctx, subscribeTimeout)
	defer cancel()
	if err := s.Subscribe(ctx, topicInfo); err != nil {
		return fmt.Errorf("busrt: watching callees: %w", err)
	}
	c.calls.timed = true
	return nil
}

// announced looks at a frame that is no message, and tells whether it is to be
// kept from the handler.
func (c *Conn) announced(f *codec.Received) bool {
	if !c.options.WatchCallees || f.Kind != codec.KindPublish || f.Topic != topicInfo || f.Sender != announcer {
		return false
	}
	var a codec.ClientAnnouncement
	if _, err := a.UnmarshalMsg(f.Payload); err == nil {
		switch a.Event {
		case codec.EventUnreg:
			c.lost(a.Client, 0)
		case codec.EventReg:
			c.lost(a.Client, announceLag)
		}
	}
	return !c.options.ShowAnnouncements
}

// lost fails the calls of some age to a client that is no more, or to one of its
// secondaries, which go with it [BUSRT-O14].
//
// A departure concerns all calls that have begun before it is heard of. After an
// arrival nobody of that name but the newcomer is there, even if it was forced
// and no departure announced [BUSRT-H10]; but calls may have found the newcomer
// before it is heard of, so it concerns only those that are too old for that.
func (c *Conn) lost(primary string, age time.Duration) {
	c.calls.fail(func(c *call) error {
		if codec.PrimaryName(c.target) != primary || time.Since(c.begun) < age {
			return nil
		}
		return &GoneError{c.target}
	})
}
