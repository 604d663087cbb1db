package rpc

import (
	"context"
	"fmt"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/codec"
)

// decodable is a pointer to T that reads MessagePack, as msgp generates them.
type decodable[T any] interface {
	*T
	msgp.Unmarshaler
}

// encodable is a pointer to T that writes MessagePack.
type encodable[T any] interface {
	*T
	msgp.Marshaler
}

// Call calls with MessagePack [BUSRT-R7]: params nil are empty params, an empty
// result is the zero R. An example of R is [codec.BrokerInfo].
func Call[R any, P decodable[R]](ctx context.Context, c *Conn, target, method string, params msgp.Marshaler) (R, error) {
	var (
		result R
		b      []byte
		err    error
	)
	if params != nil {
		if b, err = params.MarshalMsg(nil); err != nil {
			return result, fmt.Errorf("busrt: params of %s: %w", method, err)
		}
	}
	if b, err = c.Call(ctx, target, method, b); err != nil || len(b) == 0 {
		return result, err
	}
	if _, err := P(&result).UnmarshalMsg(b); err != nil {
		return result, fmt.Errorf("busrt: result of %s: %w", method, err)
	}
	return result, nil
}

// Typed makes f a [CallFunc] with MessagePack params and result. Empty params
// are the zero P, params that cannot be read [codec.RPCInvalidParams]; a nil
// result is an empty one.
func Typed[P, R any, PP decodable[P], PR encodable[R]](f func(ctx context.Context, r *Request, params *P) (*R, error)) CallFunc {
	return func(ctx context.Context, r *Request) ([]byte, error) {
		var params P
		if len(r.Params) > 0 {
			if _, err := PP(&params).UnmarshalMsg(r.Params); err != nil {
				return nil, &Error{codec.RPCInvalidParams, err.Error()}
			}
		}
		result, err := f(ctx, r, &params)
		if err != nil || result == nil {
			return nil, err
		}
		return PR(result).MarshalMsg(nil)
	}
}
