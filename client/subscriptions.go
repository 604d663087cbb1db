package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/busrt-go/busrt/codec"
)

// topicWarn is what every client gets from its registration on [BUSRT-O9].
const topicWarn = ".broker/warn"

// subscriptions are what a client has asked to receive, and not to, by the
// exact texts.
type subscriptions struct {
	topics, exclusions map[string]struct{}
}

func (s *subscriptions) init() {
	s.topics = map[string]struct{}{topicWarn: {}}
	s.exclusions = map[string]struct{}{}
}

// note notes what an operation has changed.
func (s *subscriptions) note(op codec.Op, topics []string) {
	if len(topics) == 0 {
		topics = []string{""} // [BUSRT-F3]
	}
	for _, topic := range topics {
		switch op {
		case codec.OpSubscribe:
			s.topics[topic] = struct{}{}
		case codec.OpUnsubscribe:
			delete(s.topics, topic)
		case codec.OpExclude:
			s.exclusions[topic] = struct{}{}
		case codec.OpUnexclude:
			delete(s.exclusions, topic)
		default:
		}
	}
}

// restore makes all of it known on a new link: first what is not wanted. Each
// topic goes in a frame of its own, so that no frame is too long and each that
// is denied is known; their acks are waited for together.
func (s *subscriptions) restore(ctx context.Context, l *link) (denied, err error) {
	var (
		asked    []outgoing
		confirms []Confirm
	)
	ask := func(op codec.Op, topic string) {
		asked = append(asked, outgoing{op: op, qos: codec.QoSProcessed, topics: []string{topic}})
	}
	for _, topic := range slices.Sorted(maps.Keys(s.exclusions)) {
		ask(codec.OpExclude, topic)
	}
	if _, wanted := s.topics[topicWarn]; !wanted {
		ask(codec.OpUnsubscribe, topicWarn)
	}
	for _, topic := range slices.Sorted(maps.Keys(s.topics)) {
		if topic != topicWarn {
			ask(codec.OpSubscribe, topic)
		}
	}
	for i := range asked {
		confirm, err := l.post(ctx, &asked[i], soon)
		if err != nil {
			return nil, err
		}
		confirms = append(confirms, confirm)
	}
	for i, confirm := range confirms {
		err := confirm.Wait(ctx)
		switch status, ok := errors.AsType[codec.Status](err); {
		case ok:
			denied = errors.Join(denied, fmt.Errorf("busrt: topic %q: %w", asked[i].topics[0], status))
		case err != nil:
			return nil, err
		}
	}
	return denied, nil
}
