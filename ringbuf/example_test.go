package ringbuf_test

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/busrt-go/busrt/ringbuf"
)

// lines is the measure of these examples: a record is a line, and costs one.
func lines(b []byte) (whole int, cost uint64) {
	return bytes.LastIndexByte(b, '\n') + 1, uint64(bytes.Count(b, []byte{'\n'}))
}

// receiver takes as many bytes as it has room for.
type receiver struct {
	out  ringbuf.Outbox
	room int
}

// write passes on what is queued. The caller holds the token.
func (r *receiver) write() {
	views := make([][]byte, 0, 8)
	for {
		n, total := 0, 0
		for _, v := range r.out.Views(views[:0]) {
			total += len(v)
			v = v[:min(len(v), r.room)]
			n += len(v)
			r.room -= len(v)
			fmt.Printf("took %q\n", v)
		}
		_, cost := r.out.Advance(n, lines)
		fmt.Println("lines done:", cost)
		switch r.out.Yield(n < total) {
		case ringbuf.Again:
		case ringbuf.Released:
			return
		case ringbuf.Wake:
			fmt.Println("full: it is the owner's turn")
			return
		}
	}
}

// A receiver that is slower than its senders, up to its end.
func ExampleOutbox() {
	var (
		pool ringbuf.Pool
		r    = receiver{room: 10}
	)
	say := func(line string) {
		seg := pool.Get(len(line))
		seg.B = append(seg.B, line...)
		if r.out.Push([]ringbuf.Ref{{Seg: seg, Cost: 1}}) {
			r.write() // it was idle
		}
	}
	say("one\n")
	say("two, rather long\n")
	say("three\n") // waits, in the segment of the one before

	r.room = 12 // the owner finds that it takes more
	if r.out.Resume() {
		r.write()
	}
	if r.out.Claim() { // nobody else writes from here on
		fmt.Printf("ends within a line: %t\n", r.out.Boundary() != nil)
		fmt.Println("lines given up:", r.out.Close())
	}
	// Output:
	// took "one\n"
	// lines done: 1
	// took "two, r"
	// lines done: 0
	// full: it is the owner's turn
	// took "ather long\nt"
	// lines done: 1
	// full: it is the owner's turn
	// ends within a line: true
	// lines given up: 1
}

// Posters put values into a mailbox, and only the first of them has to wake the
// consumer.
func ExampleWaker() {
	var (
		mail  = ringbuf.NewMPSC[int](64)
		waker ringbuf.Waker
		bell  = make(chan struct{}, 1) // at most one wake is under way
		wg    sync.WaitGroup
	)
	wake := func() {
		if waker.Wake() {
			bell <- struct{}{}
		}
	}
	for i := range 10 {
		wg.Go(func() {
			mail.Push(i) // and what to do if it is full is the embedder's
			wake()
		})
	}
	sum := 0
	for seen := 0; seen < 10; {
		<-bell
		waker.Begin()
		for v, ok := mail.Pop(); ok; v, ok = mail.Pop() {
			sum += v
			seen++
		}
		if waker.Done() {
			wake()
		}
	}
	wg.Wait()
	fmt.Println(sum)
	// Output: 45
}

// One segment for several receivers: the last of them gives it back.
func ExampleSegment() {
	var (
		pool      ringbuf.Pool
		receivers [3]ringbuf.Outbox
	)
	seg := pool.Get(16)
	seg.B = append(seg.B, "to all\n"...)
	seg.Retain(len(receivers)) // one for each, and one is the sender's
	for i := range receivers {
		receivers[i].Push([]ringbuf.Ref{{Seg: seg, Cost: 1}})
	}
	fmt.Println(seg.Shared())
	for i := range receivers {
		receivers[i].Advance(len(seg.B), nil) // all of it: nothing to measure
		receivers[i].Yield(false)
	}
	fmt.Println(seg.Shared())
	seg.Release()
	// Output:
	// true
	// false
}
