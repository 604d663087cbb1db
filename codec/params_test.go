package codec_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"

	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/internal/wiretest"
)

// [BUSRT-L3]
func TestAppendParams(t *testing.T) {
	for _, c := range wiretest.Parameters {
		t.Run(c.Name, func(t *testing.T) {
			got, err := codec.AppendParams([]byte("before"), c.Words)
			if want := append([]byte("before"), c.Wire...); !bytes.Equal(got, want) {
				t.Errorf("% X, want % X", got, want)
			}
			if (err != nil) != (c.Wire == nil) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

// TestParamsIntegers reads any integer back and finds no shorter form of it.
func TestParamsIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64().Draw(t, "integer")
		b, err := codec.AppendParams(nil, []string{"=" + strconv.FormatInt(want, 10)})
		if err != nil {
			t.Fatal(err)
		}
		b = b[2:] // the map and its empty key
		if got, rest, err := msgp.ReadInt64Bytes(b); got != want || len(rest) != 0 || err != nil {
			t.Fatalf("%d became %d, %v", want, got, err)
		}
		signed, unsigned := msgp.AppendInt64(nil, want), msgp.AppendUint64(nil, uint64(want))
		if want < 0 {
			unsigned = signed
		}
		if shortest := min(len(signed), len(unsigned)); len(b) != shortest {
			t.Fatalf("%d takes % X, could be %d bytes", want, b, shortest)
		}
	})
}
