package listeners

import (
	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// unixPeers describes the connections of a unix socket: who they are is the
// user that connected [BUSRT-H9].
func unixPeers(bind *string) func(int, unix.Sockaddr) (engine.Peer, error) {
	return func(fd int, _ unix.Sockaddr) (engine.Peer, error) {
		uid, err := peerUID(fd)
		if err != nil {
			return engine.Peer{}, err
		}
		return engine.Peer{Kind: engine.KindLocalIPC, Identity: engine.Identity{UID: uid}, Port: bind}, nil
	}
}
