package engine

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// Access is what the clients of one primary name may do, and from where: an
// entry of an [AAAMap]. Begin with [FullAccess] and take away:
//
//	engine.FullAccess().HostsAllow("10.0.0.0/8").PublishTo("news/#").DenyBroadcast()
//
// Each method returns a changed copy, so that one value can be the pattern of
// many. A method that names what is allowed replaces what an earlier call of it
// has named; called with nothing, it allows nothing. Slices are copied. What is
// wrong with an argument is reported by [AAAMap.Set].
//
// The zero value is [FullAccess].
type Access struct {
	hosts                                  []netip.Prefix // as are all lists: nil allows everything
	uids, gids                             []uint32
	message, broadcast, publish, subscribe acl
	own                                    Settings // without a map
	err                                    error    // of the first call that had one
}

// FullAccess allows everything, from everywhere.
func FullAccess() Access { return Access{} }

// HostsAllow limits the networks that clients may come from [BUSRT-S2], each an
// address or a prefix such as "10.0.0.0/8" or "fd00::/8". A client that came by
// a unix socket comes from no network: this does not concern it. IPv4 addresses
// in IPv6 form are IPv4 addresses, here and there.
func (a Access) HostsAllow(networks ...string) Access {
	list := make([]netip.Prefix, 0, len(networks))
	for _, n := range networks {
		p, err := parseNetwork(n)
		if err != nil {
			return a.fail(err)
		}
		list = append(list, p)
	}
	return a.PrefixesAllow(list...)
}

// PrefixesAllow is [Access.HostsAllow] for those who have them parsed.
func (a Access) PrefixesAllow(networks ...netip.Prefix) Access {
	a.hosts = make([]netip.Prefix, 0, len(networks))
	for _, p := range networks {
		if !p.IsValid() {
			return a.fail(errNoPrefix)
		}
		if p.Addr().Is4In6() && p.Bits() >= mappedBits {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
		}
		a.hosts = append(a.hosts, p.Masked())
	}
	return a
}

// UIDsAllow limits the users whose processes may connect, as the kernel tells
// them of a unix socket's peer when it connects. Who comes over a network is no
// user and is refused.
func (a Access) UIDsAllow(ids ...uint32) Access {
	a.uids = append([]uint32{}, ids...)
	return a
}

// GIDsAllow limits the effective groups of processes that may connect, like
// [Access.UIDsAllow]; the supplementary groups of a user do not count. If both
// are limited, both have to fit.
func (a Access) GIDsAllow(ids ...uint32) Access {
	a.gids = append([]uint32{}, ids...)
	return a
}

// MessageTo limits whom one-to-one messages may go to, replies of RPC included,
// to masks of names such as "sensor.*" [BUSRT-S3]. They are matched with the full
// name of the target and with its primary name [BUSRT-S6].
func (a Access) MessageTo(masks ...string) Access { return a.limit(&a.message, maskSyntax, masks) }

// BroadcastTo limits broadcasts to masks of names. Every name that the mask of a
// broadcast can match has to be allowed [BUSRT-S5].
func (a Access) BroadcastTo(masks ...string) Access { return a.limit(&a.broadcast, maskSyntax, masks) }

// PublishTo limits publishing, to all subscribers or those of one name, to
// masks of topics such as "news/#". Topics of the broker's own are denied
// anyway [BUSRT-A4].
func (a Access) PublishTo(masks ...string) Access { return a.limit(&a.publish, topicSyntax, masks) }

// SubscribeTo limits subscriptions to masks of topics. Every topic that a
// pattern can match has to be allowed [BUSRT-S5]. The broker's warnings come to
// everybody, unasked [BUSRT-O9].
func (a Access) SubscribeTo(masks ...string) Access {
	return a.limit(&a.subscribe, topicSyntax, masks)
}

// DenyMessage allows no one-to-one messages, those to `.broker` included.
func (a Access) DenyMessage() Access { return a.MessageTo() }

// DenyBroadcast allows no broadcasts.
func (a Access) DenyBroadcast() Access { return a.BroadcastTo() }

// DenyPublish allows no publishing.
func (a Access) DenyPublish() Access { return a.PublishTo() }

// DenySubscribe allows no subscriptions.
func (a Access) DenySubscribe() Access { return a.SubscribeTo() }

// Slow is what becomes of the clients as receivers that take less than they are
// sent, whatever their listener says of it. It counts for new connections only.
func (a Access) Slow(policy SlowPolicy) Access {
	a.own.Slow = policy
	return a
}

// Limits gives the clients what is set in s, in place of what their listener or
// the broker says, and in place of what [Access.Slow] has set; the timeout of a
// handshake is the listener's nevertheless. It counts for new connections only. s
// has no map.
func (a Access) Limits(s Settings) Access {
	if s.AAA != nil {
		return a.fail(errMapInMap)
	}
	a.own = s
	return a
}

var errMapInMap = errors.New("busrt: an entry of an access map has no map of its own")

// limit puts masks in the place of list, which is of the copy a.
func (a *Access) limit(list *acl, x syntax, masks []string) Access {
	made, err := newACL(x, masks)
	if err != nil {
		return a.fail(err)
	}
	*list = made
	return *a
}

func (a Access) fail(err error) Access {
	if a.err == nil {
		a.err = err
	}
	return a
}

// admits tells whether the peer may take the name at all. A peer without an
// address is on this host. Any goroutine.
func (a *Access) admits(p *Peer) bool {
	if p.Identity.Addr.IsValid() {
		return (a.hosts == nil || within(p.Identity.Addr, a.hosts)) && a.uids == nil && a.gids == nil
	}
	return (a.uids == nil || slices.Contains(a.uids, p.Identity.UID)) && (a.gids == nil || slices.Contains(a.gids, p.GID))
}

// Whether an operation is allowed. nil is the access of those who came by a
// listener without a map: everything. These are on the way of each frame. Any
// goroutine.

func (a *Access) mayMessage(target []byte) bool {
	return a == nil || a.message == nil || a.messages(view(target))
}

func (a *Access) mayBroadcast(mask []byte) bool {
	return a == nil || a.broadcast.includes(maskSyntax, view(mask))
}

func (a *Access) mayPublish(topic []byte) bool {
	return a == nil || a.publish.allows(topicSyntax, view(topic))
}

func (a *Access) maySubscribe(pattern string) bool {
	return a == nil || a.subscribe.includes(topicSyntax, pattern)
}

// messages is mayMessage where there are masks [BUSRT-S6].
func (a *Access) messages(target string) bool {
	if a.message.allows(maskSyntax, target) {
		return true
	}
	primary, _, secondary := strings.Cut(target, codec.SecondarySeparator)
	return secondary && a.message.allows(maskSyntax, primary)
}
