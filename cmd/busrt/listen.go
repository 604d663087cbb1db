package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
)

const listenHelp = `{{.Short}}.

Usage:
` + usageBehindPath + `
Options:
  -t, --topics TOPIC   Subscribe to a topic, may be given more than once; + stands
                       for one part of a topic between slashes, # for the rest
      --exclude TOPIC  Keep a topic away all the same, may be given more than once
  -h, --help           Print help

Messages and broadcasts arrive in any case, publishes as far as a topic is
subscribed to. Ends when the broker does, with exit code 0.
`

func newListen(o *clientOptions) *cobra.Command {
	var topics, excluded []string
	cmd := &cobra.Command{
		Use:   "listen [OPTIONS]",
		Short: "Print every message, broadcast and publish that arrives",
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, _ []string) error {
			if err := c.topics(ctx, "excluding a topic", c.bus.Exclude, excluded); err != nil {
				return err
			}
			if err := c.topics(ctx, "subscribing to a topic", c.bus.Subscribe, topics); err != nil {
				return err
			}
			if err := c.listening("messages"); err != nil {
				return err
			}
			for {
				frames, err := c.bus.RecvBatch(ctx)
				if err != nil {
					return c.hear(err)
				}
				for i := range frames {
					if err := c.event(c.frame(&frames[i])); err != nil {
						return err
					}
				}
			}
		}),
	}
	cmd.SetHelpTemplate(listenHelp)
	cmd.Flags().StringArrayVarP(&topics, "topics", "t", nil, "")
	cmd.Flags().StringArrayVar(&excluded, "exclude", nil, "")
	return cmd
}

// topics subscribes to topics or excludes them, even if there are none: the
// reference sends an empty list then.
func (c *connection) topics(ctx context.Context, what string, do func(context.Context, ...string) error, topics []string) error {
	for _, t := range topics {
		c.log.Info(what + " " + t)
	}
	return c.within(ctx, func(ctx context.Context) error { return do(ctx, topics...) })
}

// listening says that from now on everything that arrives is printed.
func (c *connection) listening(to string) error {
	return c.println(fmt.Sprintf("%s\nListening to %s for %s ...",
		c.separator(), to, c.paint(styleBoldCyan, c.name)))
}

// separator is the line behind each event.
func (c *connection) separator() string { return c.paint(styleDim, "----") }

// frame gives what is printed of a frame: the lines above the payload, and that.
func (c *connection) frame(f *client.Frame) (head string, payload []byte) {
	c.log.Info(fmt.Sprintf("Incoming frame %s byte(s)", grouped(uint64(len(f.Payload)))))
	head = c.head(frameKind(f.Kind), f.Sender)
	if f.Kind == codec.KindPublish {
		head += "topic: " + c.paint(styleMagenta, f.Topic) + "\n"
	}
	return head, f.Payload
}

// head is the first line of an event: what came from whom.
func (c *connection) head(kind, sender string) string {
	return fmt.Sprintf("%s from %s\n", c.paint(styleYellow, kind), c.from(sender))
}

func (c *connection) from(sender string) string {
	return fmt.Sprintf("%s (%s)", c.paint(styleBold, sender), codec.PrimaryName(sender))
}

// event prints an event in one piece.
func (c *connection) event(head string, payload []byte) error {
	text := appendPayload([]byte(head), payload, false)
	return c.print(string(text) + c.separator() + "\n")
}

// frameKind is what the reference calls a kind.
func frameKind(k codec.Kind) string {
	switch k {
	case codec.KindMessage:
		return "Message"
	case codec.KindBroadcast:
		return "Broadcast"
	case codec.KindPublish:
		return "Publish"
	default:
		return k.String()
	}
}
