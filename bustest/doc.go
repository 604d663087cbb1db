// Package bustest runs a broker for the tests of programs that use the bus:
//
//	func TestGreeter(t *testing.T) {
//		b := bustest.NewBroker(t)
//		go greeter(t.Context(), b.Address()) // the program under test
//		b.WaitClient("greeter")              // it is there
//		b.Client("alice")                    // a peer for it
//	}
//
// It is the broker as it is, engine and listeners, on a unix socket of its own
// in a short directory, or on a TCP port of the loopback interface. So a
// test can run beside others, in parallel, and needs no installed broker. It
// can be stopped and started again at the same address, for what a program
// does meanwhile.
//
// Nothing needs to sleep: [NewBroker] returns when the address is bound,
// [Broker.Client] when the client is registered, and the methods WaitClient,
// WaitGone and WaitSubscribed when the program under test is as far.
//
// All of it ends with the test, clients first. What goes wrong fails the test;
// no call returns an error. Calls are for the goroutine that runs the test, as
// those of [testing.TB.FailNow] are. No slices.
package bustest
