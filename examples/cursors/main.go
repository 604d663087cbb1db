// Cursors fetches a long result piece by piece: the callee keeps it open for as long
// as somebody asks for more.
//
//	go run ./examples/cursors
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/rpc"
	"github.com/busrt-go/busrt/rpc/cursors"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, log.New(os.Stdout, "", 0))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out *log.Logger) error {
	broker, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = broker.Shutdown(ctx) }()
	open, err := cursors.New(cursors.Options{})
	if err != nil {
		return err
	}
	defer open.Close()
	mux := new(rpc.Mux)
	open.Handle(mux) // the methods that fetch rows
	mux.Handle("squares", func(context.Context, *rpc.Request) ([]byte, error) {
		return open.Open(cursors.FromSeq(squares(10)))
	})
	archive, err := join(ctx, broker, "archive", mux)
	if err != nil {
		return err
	}
	reader, err := join(ctx, broker, "reader", nil)
	if err != nil {
		return errors.Join(err, archive.Close())
	}
	result, err := cursors.Open(ctx, reader, "archive", "squares", nil)
	if err != nil {
		return err
	}
	for row, err := range result.Rows(ctx, 4) { // four at a time
		if err != nil {
			return err
		}
		n, _, err := msgp.ReadIntBytes(row)
		if err != nil {
			return err
		}
		out.Print(n)
	}
	return errors.Join(reader.Close(), archive.Close())
}
