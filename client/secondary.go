package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/busrt-go/busrt/codec"
)

// Secondary connects again to the broker of c, under its name with the suffix
// %%0, %%1 and so on, the first that is free of those not given away yet
// [BUSRT-H6] [BUSRT-H9]. The new client has the options of c, but for
// [Reconnect.OnState]; its connection ends when that of c does [BUSRT-O14]. The
// error is [codec.NotSupported] if c is a secondary itself, [codec.NotRegistered]
// if c is not connected, else one of [Dial].
func (c *Client) Secondary(ctx context.Context) (*Client, error) {
	o := c.options
	if codec.PrimaryName(o.Name) != o.Name {
		return nil, fmt.Errorf("busrt: a secondary of %s, which is one itself: %w", o.Name, codec.NotSupported)
	}
	if o.Reconnect != nil {
		r := *o.Reconnect
		r.OnState, r.RetryFirst = nil, false
		o.Reconnect = &r
	}
	for {
		n := c.secondaries.Add(1) - 1
		o.Name = c.Name() + codec.SecondarySeparator + strconv.FormatUint(uint64(n), 10)
		s, err := Dial(ctx, c.place.address, o)
		if !errors.Is(err, codec.Busy) {
			return s, err
		}
	}
}
