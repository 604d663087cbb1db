package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/redis/go-redis/v9"
)

// redisKit is go-redis. Frames are published in pipelines, for Redis answers
// each PUBLISH; calls go through two lists, which takes fewer commands than
// publishing both ways, and one connection at each end.
type redisKit struct{ address string }

const channel = "peers.channel"

// dial gives a client whose reads wait for as long as the stage.
func (k redisKit) dial() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: k.address, ReadTimeout: -1, PoolSize: 1})
}

func (k redisKit) sender(ctx context.Context, r route) (sender, error) {
	c := k.dial()
	return &redisSender{Client: c, pipe: c.Pipeline(), most: max(1, r.window/4)}, c.Ping(ctx).Err()
}

type redisSender struct {
	*redis.Client
	pipe redis.Pipeliner
	most int // commands of a pipeline
}

func (s *redisSender) send(ctx context.Context, payload []byte) error {
	s.pipe.Publish(ctx, channel, payload)
	if s.pipe.Len() < s.most {
		return nil
	}
	return s.flush(ctx)
}

func (s *redisSender) flush(ctx context.Context) error {
	_, err := s.pipe.Exec(ctx)
	return err
}

func (k redisKit) receiver(ctx context.Context, _ route, _ int, t *tally, fail func(error)) (io.Closer, error) {
	c := k.dial()
	s := c.Subscribe(ctx, channel)
	if _, err := s.Receive(ctx); err != nil { // that it is subscribed
		return nil, errors.Join(err, s.Close(), c.Close())
	}
	go func() {
		for {
			if _, err := s.ReceiveMessage(ctx); err != nil {
				fail(err)
				return
			}
			t.add(1)
		}
	}()
	return closers{s, c}, nil
}

// closers are closed together.
type closers []io.Closer

func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

// lists of a caller and its callee: what is asked and what is answered.
func lists(i int) (questions, answers string) {
	return fmt.Sprintf("peers.questions.%d", i), fmt.Sprintf("peers.answers.%d", i)
}

func (k redisKit) caller(ctx context.Context, i int) (caller, error) {
	c := &redisCaller{Client: k.dial()}
	c.questions, c.answers = lists(i)
	return c, c.Ping(ctx).Err()
}

type redisCaller struct {
	*redis.Client
	questions, answers string
}

func (c *redisCaller) call(ctx context.Context, payload []byte) ([]byte, error) {
	answer, err := exchange(ctx, c.Client, c.questions, payload, c.answers)
	return []byte(answer), err
}

func (k redisKit) callee(ctx context.Context, i int) (io.Closer, error) {
	c := k.dial()
	questions, answers := lists(i)
	if err := c.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	go func() {
		// Ends with an error when the stage closes the client.
		asked, err := c.BLPop(ctx, 0, questions).Result()
		for err == nil {
			asked[1], err = exchange(ctx, c, answers, asked[1], questions)
		}
	}()
	return c, nil
}

// exchange puts a value on one list and waits for the next of another, in one
// write.
func exchange(ctx context.Context, c *redis.Client, put string, value any, take string) (string, error) {
	pipe := c.Pipeline()
	pipe.RPush(ctx, put, value)
	taken := pipe.BLPop(ctx, 0, take)
	if _, err := pipe.Exec(ctx); err != nil {
		return "", err
	}
	return taken.Val()[1], nil
}
