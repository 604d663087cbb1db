package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is a broker, and how to make use of it.
type peer struct {
	name    string
	install func(ctx context.Context, dir string) (path string, err error) // "": it is not there
	version []string                                                       // arguments that have it printed
	serve   func(port string) []string                                     // arguments for 127.0.0.1:port
	kit     func(address string) kit
}

// peers is in the order of the table; ratios are those to the first.
var peers = []peer{
	{
		name: "ours",
		install: func(ctx context.Context, dir string) (string, error) {
			root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/busrt-go/busrt").Output()
			if err != nil {
				return "", err
			}
			return build(ctx, strings.TrimSpace(string(root)), "./cmd/busrt", filepath.Join(dir, "busrt"))
		},
		version: []string{"version"},
		serve:   func(port string) []string { return []string{"server", "-B", "127.0.0.1:" + port} },
		kit:     func(address string) kit { return busrtKit{address} },
	},
	{
		name: "nats-server",
		install: func(ctx context.Context, dir string) (string, error) {
			return build(ctx, ".", "github.com/nats-io/nats-server/v2", filepath.Join(dir, "nats-server"))
		},
		version: []string{"--version"},
		serve:   func(port string) []string { return []string{"-a", "127.0.0.1", "-p", port} },
		kit:     func(address string) kit { return natsKit{address} },
	},
	{
		name: "redis-server",
		install: func(context.Context, string) (string, error) {
			path, err := exec.LookPath("redis-server")
			if err != nil {
				return "", nil //nolint:nilerr // no path says it, and it is no error
			}
			return path, nil
		},
		version: []string{"--version"},
		serve: func(port string) []string {
			return []string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"}
		},
		kit: func(address string) kit { return redisKit{address} },
	},
}

// build builds a program of the module in dir, or of one that it requires.
func build(ctx context.Context, dir, pkg, path string) (string, error) {
	c := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("busrt: building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// program is a peer that is there.
type program struct {
	peer
	path string
	is   string // what it says of its version
}

// installed makes programs of the peers; those that are missing are named on
// errs.
func installed(ctx context.Context, peers []peer, dir string, errs io.Writer) ([]program, error) {
	var programs []program
	for _, p := range peers {
		path, err := p.install(ctx, dir)
		if err != nil {
			return nil, err
		}
		if path == "" {
			_, _ = fmt.Fprintf(errs, "skipped: %s is not on PATH\n", p.name)
			continue
		}
		said, err := exec.CommandContext(ctx, path, p.version...).Output()
		if err != nil {
			return nil, fmt.Errorf("busrt: version of %s: %w", p.name, err)
		}
		is, _, _ := strings.Cut(string(said), "\n")
		programs = append(programs, program{p, path, is})
	}
	return programs, nil
}
