package listeners

import (
	"golang.org/x/sys/unix"

	"github.com/busrt-go/busrt/engine"
)

// unixPeers describes the connections of a unix socket: who they are is the
// user that connected [BUSRT-H9].
func unixPeers(bind *string, s *settings) func(int, unix.Sockaddr) (engine.Peer, error) {
	return func(fd int, _ unix.Sockaddr) (engine.Peer, error) {
		who, err := peerCredentials(fd)
		if err != nil {
			return engine.Peer{}, err
		}
		return engine.Peer{
			Kind: engine.KindLocalIPC, Identity: engine.Identity{UID: who.uid}, GID: who.gid, PID: who.pid,
			Port: bind, Settings: s.Load(),
		}, nil
	}
}

// credentials of the process that connected a unix socket, as they were then;
// the kernel vouches for them.
type credentials struct {
	uid, gid uint32
	pid      int32 // 0: unknown
}
