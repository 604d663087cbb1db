package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/busrt-go/busrt/client"
	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
	"github.com/busrt-go/busrt/codec"
)

// clientOptions are what stands before the commands that need a broker: PATH
// and the options around it (docs/cli.md, section 1).
type clientOptions struct {
	path      string
	name      string
	bufSize   int
	queueSize int
	timeout   time.Duration
	token     string
	tls       tlsFiles
	insecure  bool
	verbose   bool
	silent    bool
}

func newClientOptions() *clientOptions {
	return &clientOptions{
		name:      defaultName(),
		bufSize:   client.DefaultBufferSize,
		queueSize: client.DefaultQueueSize,
		timeout:   client.DefaultTimeout,
	}
}

// defaultName is a name that no other client of the machine has; none without
// a host name.
func defaultName() string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("cli.%s.%d", host, os.Getpid())
}

// register makes the options those of fs.
func (o *clientOptions) register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.name, "name", "n", o.name, "")
	fs.Var(number{&o.bufSize, 1}, "buf-size", "")
	fs.Var(number{&o.queueSize, 1}, "queue-size", "")
	fs.Var(seconds{&o.timeout}, "timeout", "")
	fs.StringVar(&o.token, "token", "", "")
	fs.StringVar(&o.tls.authority, "tls-ca", "", "")
	fs.StringVar(&o.tls.cert, "tls-cert", "", "")
	fs.StringVar(&o.tls.key, "tls-key", "", "")
	fs.BoolVar(&o.insecure, "tls-insecure", false, "")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "")
	fs.BoolVarP(&o.silent, "silent", "s", false, "")
	eachOnce(fs)
}

// broker is PATH as a client takes it, and the options of that client. A path
// that starts with a dot is that of a unix socket, whatever its end: it is
// neither a host nor one of our commands. How long frames may be, and how long
// it may say nothing, is up to the broker. Options that cannot work are an error.
func (o *clientOptions) broker() (address string, co client.Options, err error) {
	address = o.path
	if strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") {
		if full, err := filepath.Abs(address); err == nil {
			address = full
		}
	}
	co = client.Options{
		Name:       o.name,
		Timeout:    o.timeout,
		BufferSize: o.bufSize,
		QueueSize:  o.queueSize,
		MaxFrame:   min(math.MaxUint32, math.MaxInt/2),
		Silence:    -1,
		Token:      o.token,
	}
	switch {
	case (o.tls.cert == "") != (o.tls.key == ""):
		err = errors.New("busrt: --tls-cert and --tls-key are for each other")
	case !o.tls.none() || o.insecure:
		co.TLS, err = o.tls.client(o.insecure)
	}
	if err == nil {
		err = co.EnsureDefaults().Validate()
	}
	if err != nil {
		return "", co, &codedError{exitConfig, err}
	}
	return address, co, nil
}

// usageBehindPath is a line in the help of commands that need a broker.
const usageBehindPath = "  busrt [OPTIONS] PATH {{slice .UseLine 6}}\n" // behind "busrt "

// connection is a command's place on the bus, and its streams.
type connection struct {
	*clientOptions
	palette
	bus *client.Client
	in  io.Reader
	out io.Writer // results
	log *slog.Logger
}

// connected makes a command of what is to be done once there is a connection.
func (o *clientOptions) connected(do func(ctx context.Context, c *connection, args []string) error) func(*cobra.Command, []string) error {
	return interruptible(func(cmd *cobra.Command, args []string) error {
		c, err := o.connect(cmd)
		if err != nil {
			return unconnected(err)
		}
		defer func() { _ = c.bus.Close() }() // there is nothing left to be done about it
		return outcome(do(cmd.Context(), c, args))
	})
}

// interruptible has the first signal end the context of a command that is run.
// The second one kills, even if nobody reads what is written.
func interruptible(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, _, release := watchSignals(cmd.Context())
		defer release()
		context.AfterFunc(ctx, release)
		cmd.SetContext(ctx)
		err := run(cmd, args)
		if err != nil && ctx.Err() != nil {
			return &toldError{context.Cause(ctx)} // whoever sent the signal knows
		}
		return err
	}
}

func (o *clientOptions) connect(cmd *cobra.Command) (*connection, error) {
	c := &connection{
		clientOptions: o,
		palette:       newPalette(cmd.OutOrStdout()),
		in:            cmd.InOrStdin(),
		out:           cmd.OutOrStdout(),
		log:           o.logger(cmd.ErrOrStderr()),
	}
	c.log.Info(fmt.Sprintf("Connecting to %s, using service name %s", o.path, o.name))
	address, options, err := o.broker()
	if err != nil {
		return nil, err
	}
	if c.bus, err = client.Dial(cmd.Context(), address, options); err != nil {
		return nil, err
	}
	c.log.Debug("connected")
	return c, nil
}

func (o *clientOptions) logger(w io.Writer) *slog.Logger {
	switch {
	case o.silent:
		return slog.New(slog.DiscardHandler)
	case o.verbose:
		return slog.New(newJournal(w, slog.LevelDebug))
	}
	return slog.New(newJournal(w, slog.LevelInfo))
}

// within runs one operation for no longer than the timeout.
func (c *connection) within(ctx context.Context, operation func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return operation(ctx)
}

// ok says that an operation is done.
func (c *connection) ok() error { return c.println(c.paint(styleGreen, "OK")) }

func (c *connection) println(line string) error { return c.print(line + "\n") }

// print prints text in one piece.
func (c *connection) print(text string) error {
	if _, err := io.WriteString(c.out, text); err != nil {
		return fmt.Errorf("busrt: printing: %w", config.Reason(err))
	}
	return nil
}

// hear says that the connection is over, and whether that is a failure: it is
// none if the broker has closed it, but if it made no sense.
func (c *connection) hear(err error) error {
	gone, ok := errors.AsType[*client.DisconnectedError](err)
	if _, faulty := errors.AsType[codec.FrameError](err); !ok || faulty {
		return err
	}
	cause := gone.Cause.Error()
	if errors.Is(err, io.EOF) {
		cause = "Eof"
	}
	c.log.Error("busrt client reader error: " + cause)
	return nil
}
