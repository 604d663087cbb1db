package config

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// Limits are those of each client. The broker has all of them; an address may have
// some of its own, and a client before that. Zero fields are those of the next.
type Limits struct {
	Timeout          Duration `toml:"timeout"`
	QueueFrames      int      `toml:"queue_frames"`
	QueueBytes       Size     `toml:"queue_bytes"`
	Slow             string   `toml:"slow"`
	MaxFrame         Size     `toml:"max_frame"`
	FrameRate        *int     `toml:"frame_rate"` // 0: any number
	MaxSubscriptions int      `toml:"max_subscriptions"`
	MaxExclusions    int      `toml:"max_exclusions"`
	MaxInterests     Size     `toml:"max_interests"`
}

// policies are the words for what becomes of slow receivers.
var policies = []string{"pause", "disconnect", "drop-new"}

func policy(word string) engine.SlowPolicy {
	switch word {
	case "pause":
		return engine.SlowPause
	case "disconnect":
		return engine.SlowDisconnect
	case "drop-new":
		return engine.SlowDropNew
	}
	return engine.SlowDefault
}

// settings are the limits as the engine has them.
func (l Limits) settings() engine.Settings {
	s := engine.Settings{
		Timeout: l.Timeout.Duration, QueueFrames: l.QueueFrames, QueueBytes: l.QueueBytes.Bytes, Slow: policy(l.Slow),
		MaxFrame:         l.MaxFrame.Bytes,
		MaxSubscriptions: l.MaxSubscriptions, MaxExclusions: l.MaxExclusions, MaxInterests: l.MaxInterests.Bytes,
	}
	if l.FrameRate != nil {
		s.FrameRate = cmp.Or(*l.FrameRate, -1)
	}
	return s
}

// over gives all with what l has in its place.
func (l Limits) over(all Limits) Limits {
	return Limits{
		Timeout:          cmp.Or(l.Timeout, all.Timeout),
		QueueFrames:      cmp.Or(l.QueueFrames, all.QueueFrames),
		QueueBytes:       cmp.Or(l.QueueBytes, all.QueueBytes),
		Slow:             cmp.Or(l.Slow, all.Slow),
		MaxFrame:         cmp.Or(l.MaxFrame, all.MaxFrame),
		FrameRate:        cmp.Or(l.FrameRate, all.FrameRate),
		MaxSubscriptions: cmp.Or(l.MaxSubscriptions, all.MaxSubscriptions),
		MaxExclusions:    cmp.Or(l.MaxExclusions, all.MaxExclusions),
		MaxInterests:     cmp.Or(l.MaxInterests, all.MaxInterests),
	}
}

// limits checks those that are given in a table: what is left out is right, but a
// 0 that is written is no limit.
func (k *checker) limits(table string, l *Limits) {
	for _, f := range []struct {
		name string
		err  error
	}{
		{"timeout", positive(l.Timeout)},
		{"queue_frames", brokerWith(func(o *engine.Options) { o.QueueFrames = l.QueueFrames })},
		{"queue_bytes", brokerWith(func(o *engine.Options) { o.QueueBytes = l.QueueBytes.Bytes })},
		{"max_frame", brokerWith(func(o *engine.Options) { o.MaxFrame = l.MaxFrame.Bytes })},
		{"frame_rate", rate(l.FrameRate)},
		{"max_subscriptions", brokerWith(func(o *engine.Options) { o.MaxSubscriptions = l.MaxSubscriptions })},
		{"max_exclusions", brokerWith(func(o *engine.Options) { o.MaxExclusions = l.MaxExclusions })},
		{"max_interests", brokerWith(func(o *engine.Options) { o.MaxInterests = l.MaxInterests.Bytes })},
	} {
		if k.given(table, f.name) {
			k.failed(join(table, f.name), f.err)
		}
	}
	if k.given(table, "slow") {
		k.oneOf(join(table, "slow"), l.Slow, policies)
	}
}

// given tells whether a key of a table is there, whatever its value.
func (k *checker) given(table, name string) bool {
	return k.origins[join(table, name)].Kind != FromDefault
}

func rate(n *int) error {
	if n != nil && *n < 0 {
		return fmt.Errorf("%d frames a second: want 1 at least, or 0 for any number", *n)
	}
	return nil
}

// sound are options of a broker in which nothing is wrong.
var sound = engine.Options{MaxMemory: -1}.EnsureDefaults()

// brokerWith tells what is wrong with a change to them.
func brokerWith(change func(*engine.Options)) error {
	o := sound
	change(&o)
	return o.Validate()
}

// groupWith is brokerWith for listeners.
func groupWith(change func(*listeners.Options)) error {
	o := listeners.Options{}.EnsureDefaults()
	change(&o)
	return o.Validate()
}

// bounds checks what belongs to the broker as a whole.
func (k *checker) bounds() {
	b := k.Broker
	for _, f := range []struct {
		name string
		err  error
	}{
		{"loops", groupWith(func(o *listeners.Options) { o.Loops = b.Loops })},
		{"max_topic", brokerWith(func(o *engine.Options) { o.MaxTopic = b.MaxTopic.Bytes })},
		{"max_topic_depth", brokerWith(func(o *engine.Options) { o.MaxTopicDepth = b.MaxTopicDepth })},
		{"max_name", some(b.MaxName, "1 to 65535", brokerWith(func(o *engine.Options) { o.Names.MaxLen = b.MaxName }))},
		{"max_name_dots", some(b.MaxNameDots, "1 to 65535", brokerWith(func(o *engine.Options) { o.Names.MaxDots = b.MaxNameDots }))},
		{"max_handshakes", brokerWith(func(o *engine.Options) { o.MaxHandshakes = b.MaxHandshakes })},
		{"max_connections", groupWith(func(o *listeners.Options) { o.MaxConnections = b.MaxConnections })},
		{"peer_connections", groupWith(func(o *listeners.Options) { o.PeerConnections = b.PeerConnections })},
		{"connect_rate", groupWith(func(o *listeners.Options) { o.ConnectRate = b.ConnectRate })},
		{"max_memory", some(b.MaxMemory.Bytes, `a size such as "1GiB", or -1 for any`, nil)},
	} {
		k.failed(join("broker", f.name), f.err)
	}
}

// some refuses a 0, which would be the default to the engine.
func some(n int, want string, err error) error {
	if n == 0 {
		return errors.New("0 is no limit: want " + want)
	}
	return err
}
