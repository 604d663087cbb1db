// Access is a broker on TCP with an access map: the client test may do anything,
// from this host; test2 may send messages to test only, and publish below news/. It
// is disconnected now and then.
//
//	go run ./examples/access 127.0.0.1:7777 5s
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], log.New(os.Stdout, "", 0))
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, out *log.Logger) error {
	if len(args) != 2 {
		return errors.New("usage: access HOST:PORT INTERVAL")
	}
	every, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	broker, err := engine.New(engine.Options{Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	broker.InitCoreRPC()
	may := engine.NewAAAMap()
	local := engine.FullAccess().HostsAllow("127.0.0.0/8")
	err = errors.Join(
		may.Set("test", local),
		may.Set("test2", local.MessageTo("test").PublishTo("news/#").DenyBroadcast().DenySubscribe()),
	)
	if err != nil {
		return err
	}
	group, err := listeners.New(broker, listeners.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = group.Shutdown(context.Background()) }()
	at, err := group.Listen(ctx, args[0], listeners.ListenOptions{AAA: may})
	if err != nil {
		return err
	}
	out.Printf("listening at %s", at)
	for tick := time.NewTicker(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch err := broker.ForceDisconnect("test2"); {
		case err == nil:
			out.Print("test2 is disconnected")
		case !errors.Is(err, codec.NotRegistered):
			return err
		}
	}
}
