package cursors_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc"
	"github.com/busrt-go/busrt/rpc/cursors"
)

// planets are the rows: MessagePack texts.
func planets() iter.Seq2[msgp.Raw, error] {
	return func(yield func(msgp.Raw, error) bool) {
		for _, name := range []string{"Mercury", "Venus", "Earth", "Mars"} {
			if !yield(msgp.AppendString(nil, name), nil) {
				return
			}
		}
	}
}

func join(address, name string, h rpc.Handler) *rpc.Conn {
	bus, err := client.Dial(context.Background(), address, client.Options{Name: name})
	if err != nil {
		panic(err)
	}
	c, err := rpc.New(bus, h, rpc.Options{})
	if err != nil {
		panic(err)
	}
	return c
}

func Example() {
	address, stop, _ := brokertest.ForExample()
	defer stop()
	open, err := cursors.New(cursors.Options{})
	if err != nil {
		panic(err)
	}
	defer open.Close()
	var mux rpc.Mux
	open.Handle(&mux)
	mux.Handle("planets", func(context.Context, *rpc.Request) ([]byte, error) {
		return open.Open(cursors.FromSeq(planets()))
	})
	server := join(address, "server", &mux)
	defer func() { _ = server.Close() }()

	ctx := context.Background()
	c := join(address, "caller", nil)
	defer func() { _ = c.Close() }()
	cur, err := cursors.Open(ctx, c, "server", "planets", nil)
	if err != nil {
		panic(err)
	}
	for row, err := range cur.Rows(ctx, 3) { // three with each call
		if err != nil {
			panic(err)
		}
		name, _, err := msgp.ReadStringBytes(row)
		fmt.Println(name, err)
	}
	// Output:
	// Mercury <nil>
	// Venus <nil>
	// Earth <nil>
	// Mars <nil>
}
