package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/busrt-go/busrt/codec"
)

// brokerName is the client that is the broker itself.
const brokerName = ".broker"

func newBroker(o *clientOptions) *cobra.Command {
	return group("broker", "Ask the broker about itself",
		question(o, "client.list", "List the clients, but not this one", printClients),
		question(o, "info", "Print the author and the version of the broker", printInfo),
		question(o, "stats", "Print what the broker has taken in and passed on", printStats),
		question(o, "test", "Print what the broker answers to a test", (*connection).result),
	)
}

// question makes the command that calls a method of the broker and prints its
// result.
func question(o *clientOptions, method, short string, show func(c *connection, result []byte) error) *cobra.Command {
	return &cobra.Command{
		Use:   method,
		Short: short,
		Args:  noArgs,

		DisableFlagsInUseLine: true,
		RunE: o.connected(func(ctx context.Context, c *connection, _ []string) error {
			result, err := c.call(ctx, brokerName, method, nil)
			if err != nil {
				return err
			}
			return show(c, result)
		}),
	}
}

func printClients(c *connection, result []byte) error {
	var list codec.ClientList
	if _, err := list.UnmarshalMsg(result); err != nil {
		return err
	}
	slices.SortFunc(list.Clients, func(a, b codec.ClientInfo) int { return strings.Compare(a.Name, b.Name) })
	t := newTable("name", "type", "source", "port", "r_frames", "r_bytes", "w_frames", "w_bytes", "queue", "ins")
	for _, i := range list.Clients {
		if i.Name != c.name {
			t.row(i.Name, i.Kind, orEmpty(i.Source), orEmpty(i.Port),
				grouped(i.RFrames), grouped(i.RBytes), grouped(i.WFrames), grouped(i.WBytes),
				grouped(i.Queue), grouped(uint64(i.Instances)))
		}
	}
	return c.print(t.render(c.palette))
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func printInfo(c *connection, result []byte) error {
	var info codec.BrokerInfo
	if _, err := info.UnmarshalMsg(result); err != nil {
		return err
	}
	t := newTable("field", "value")
	t.row("author", info.Author)
	t.row("version", info.Version)
	return c.print(t.render(c.palette))
}

func printStats(c *connection, result []byte) error {
	var stats codec.BrokerStats
	if _, err := stats.UnmarshalMsg(result); err != nil {
		return err
	}
	t := newTable("field", "value")
	for _, row := range []struct {
		field string
		value uint64
	}{
		{"r_frames", stats.RFrames},
		{"r_bytes", stats.RBytes},
		{"w_frames", stats.WFrames},
		{"w_bytes", stats.WBytes},
		{"uptime", stats.Uptime},
	} {
		t.row(row.field, strconv.FormatUint(row.value, 10))
	}
	return c.print(t.render(c.palette))
}
