package engine_test

import (
	"fmt"

	"github.com/busrt-go/busrt/engine"
)

// A map for a listener: [Settings], or ListenOptions of package listeners, take
// it. It may be changed while clients are connected.
func ExampleAAAMap() {
	m := engine.NewAAAMap()
	set := func(name string, a engine.Access) {
		if err := m.Set(name, a); err != nil {
			fmt.Println(err)
		}
	}
	set("test", engine.FullAccess().HostsAllow("127.0.0.0/8"))
	set("test2", engine.FullAccess().MessageTo("test").PublishTo("news/#").DenySubscribe().DenyBroadcast())

	sensor := engine.FullAccess().HostsAllow("10.0.0.0/8", "fd00::/8").PublishTo("sensors/#").SubscribeTo("commands/+")
	set("hall.1", sensor)
	set("hall.2", sensor.MessageTo("hall.1"))

	set("typo", engine.FullAccess().MessageTo("hall*"))
	set("typo", engine.FullAccess().HostsAllow("10.0.0.0/33"))
	fmt.Println(m.Names())

	m.Delete("test2") // for connections to come; Broker.ApplyAAA ends those there are
	fmt.Println(m.Names())
	// Output:
	// busrt: mask "hall*": no name has "hall*" in it; the wildcards ? and * are whole segments
	// busrt: network "10.0.0.0/33": want an address, or one with the length of a prefix as in 10.0.0.0/8
	// [hall.1 hall.2 test test2]
	// [hall.1 hall.2 test]
}
