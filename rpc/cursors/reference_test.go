package cursors_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/internal/brokertest"
	"github.com/busrt-go/busrt/rpc/cursors"
)

// The published crate at the other end, both ways. scripts/cursors builds the
// program for it.
func TestReference(t *testing.T) {
	peer := os.Getenv("BUSRT_CURSORS_PEER")
	if peer == "" {
		t.Skip("BUSRT_CURSORS_PEER is not set, see scripts/cursors")
	}
	b := brokertest.Serve(t, "unix", engine.Options{})
	serve(t, b, cursors.Options{})
	for _, rows := range []int{0, 1, 9, 10, 11, 100} {
		for _, bulk := range []int{0, 1, 10, 1000} {
			out, err := exec.CommandContext(within(t), peer, "call", b.Address, fmt.Sprint(rows), fmt.Sprint(bulk)).CombinedOutput()
			check(t, err)
			if got := strings.Fields(string(out)); strings.Join(got, " ") != list(rows) {
				t.Errorf("%d rows by %d, called by the reference: %v", rows, bulk, got)
			}
		}
	}

	server := exec.CommandContext(within(t), peer, "serve", b.Address)
	out, err := server.StdoutPipe()
	check(t, err)
	check(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	c := dial(t, b, "caller", nil)
	for _, rows := range []int{0, 1, 9, 10, 11, 100} {
		for _, bulk := range []int{0, 1, 10, 1000} {
			cur, err := cursors.Open(within(t), c, "peer", "rows", msgp.Raw(msgp.AppendInt(nil, rows)))
			check(t, err)
			var got []string
			for row, err := range cursors.Rows[number](within(t), cur, bulk) {
				check(t, err)
				got = append(got, fmt.Sprint(row))
			}
			if strings.Join(got, " ") != list(rows) {
				t.Errorf("%d rows by %d, given by the reference: %v", rows, bulk, got)
			}
		}
	}
}

// list are the rows as text.
func list(rows int) string {
	var all []string
	for i := range upTo(rows) {
		all = append(all, fmt.Sprint(i))
	}
	return strings.Join(all, " ")
}
