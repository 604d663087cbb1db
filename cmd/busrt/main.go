// Command busrt is a BUS/RT-compatible message broker in one static binary.
// Called as busrtd it is the server alone, with the command line of the
// reference's server. docs/cli.md has the facts that both keep to.
package main

import (
	"context"
	"os"
)

func main() {
	std := stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(exit(std, run(context.Background(), os.Args, std)))
}
