package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/rpc"
)

const rpcListenHelp = `{{.Short}}.

Usage:
` + usageBehindPath + `
Options:
  -t, --topics TOPIC  Subscribe to a topic, may be given more than once; + stands
                      for one part of a topic between slashes, # for the rest
  -h, --help          Print help

Ends when the broker does, with exit code 0.
`

func newRPCListen(o *clientOptions) *cobra.Command {
	var topics []string
	cmd := &cobra.Command{
		Use:   "listen [OPTIONS]",
		Short: "Answer every call with an empty result, and print what arrives",
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, _ []string) error {
			if err := c.topics(ctx, "subscribing to a topic", c.bus.Subscribe, topics); err != nil {
				return err
			}
			if err := c.listening("RPC messages"); err != nil {
				return err
			}
			p := &printer{c: c, failed: make(chan error, 1)}
			conn, err := rpc.New(overheard{c.bus, c}, p, rpc.Options{Unordered: true, MaxConcurrent: 1}) // all kinds of events in one order
			if err != nil {
				return err
			}
			select {
			case <-conn.Done():
				return c.hear(conn.Err())
			case err := <-p.failed:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}),
	}
	cmd.SetHelpTemplate(rpcListenHelp)
	cmd.Flags().StringArrayVarP(&topics, "topics", "t", nil, "")
	return cmd
}

// printer is an [rpc.Handler] that prints what it gets.
type printer struct {
	c      *connection
	failed chan error // the first error of printing
}

func (p *printer) print(head string, payload []byte) {
	if err := p.c.event(head, payload); err != nil {
		select {
		case p.failed <- err:
		default:
		}
	}
}

// Call prints a call and answers it with an empty result.
func (p *printer) Call(_ context.Context, r *rpc.Request) ([]byte, error) {
	p.c.log.Info("Incoming RPC call")
	method := r.Method
	if !utf8.ValidString(method) {
		method = "HEX: " + hex.EncodeToString([]byte(method))
	}
	p.print(fmt.Sprintf("method: %s\nfrom %s\n", p.c.paint(styleBoldBlue, method), p.c.from(r.Sender)), r.Params)
	return nil, nil
}

// Notification prints a notification.
func (p *printer) Notification(_ context.Context, n *rpc.Notification) {
	p.c.log.Info(fmt.Sprintf("Incoming RPC notification %s byte(s)", grouped(uint64(len(n.Data)))))
	p.print(p.c.head("Notification", n.Sender), n.Data)
}

// Frame prints a broadcast or publish.
func (p *printer) Frame(_ context.Context, f *client.Frame) {
	head, payload := p.c.frame(f)
	p.print(head, payload)
}

// overheard is a client that logs the messages which are no RPC: nobody else
// hears of them.
type overheard struct {
	*client.Client
	c *connection
}

// RecvBatch is that of the client.
func (o overheard) RecvBatch(ctx context.Context) ([]client.Frame, error) {
	frames, err := o.Client.RecvBatch(ctx)
	for i := range frames {
		o.c.complain(&frames[i])
	}
	return frames, err
}

// complain logs a message that is no RPC, in the reference's words.
func (c *connection) complain(f *client.Frame) {
	if f.Kind != codec.KindMessage {
		return
	}
	if _, ok := codec.ParseRPC(f.Payload); ok {
		return
	}
	what := "Invalid RPC frame"
	if len(f.Payload) > 0 && !knownRPC(codec.RPCKind(f.Payload[0])) {
		what = fmt.Sprintf("Unsupported RPC frame code %d", f.Payload[0])
	}
	c.log.Error("Data Error: " + what)
}

func knownRPC(k codec.RPCKind) bool {
	switch k {
	case codec.RPCNotification, codec.RPCRequest, codec.RPCReply, codec.RPCError:
		return true
	}
	return false
}
