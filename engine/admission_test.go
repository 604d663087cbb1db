package engine

import (
	"testing"
)

// Who may take a name: those in the map [BUSRT-S1], from where their entry says
// [BUSRT-S2], with a credential for it; and in which order that is checked
// [BUSRT-H4].
func TestAccessToNames(t *testing.T) {
	with := func(p Peer, names ...string) Peer {
		p.Names = append([]string{}, names...)
		return p
	}
	inGroup := func(p Peer, gid uint32) Peer {
		p.GID = gid
		return p
	}
	full, loopback := FullAccess(), FullAccess().HostsAllow("127.0.0.0/8", "::1")
	const ok, denied = "\x01\x01", "\x01\x79"
	for _, tt := range []struct {
		rule, what string
		entry      Access // of the name test
		peer       Peer
		name, want string
	}{
		{"S1", "in the map", full, local(1), "test", ok},
		{"S1", "not in the map", full, local(1), "other", denied},
		{"S1", "case counts", full, local(1), "Test", denied},
		{"S1", "a secondary of a name that is not", full, local(1), "other%%1", denied},
		{"S1", "a secondary without a primary", full, local(1), "test%%1", "\x01\x71"},
		{"S1", "the suffix is no part of it", full, local(1), "x%%test", denied},
		{"H4", "a bad name, not in the map", full, local(1), ".x", "\x01\x72"},
		{"H4", "taken, and not in the map", full, local(1), "outsider", denied},
		{"S2", "from everywhere", full, tcp("203.0.113.5"), "test", ok},
		{"S2", "from everywhere in IPv6", full, tcp("2001:db8::5"), "test", ok},
		{"S2", "network", loopback, tcp("127.3.2.1"), "test", ok},
		{"S2", "another network", loopback, tcp("128.0.0.1"), "test", denied},
		{"S2", "address", loopback, tcp("::1"), "test", ok},
		{"S2", "another address", loopback, tcp("::2"), "test", denied},
		{"S2", "not asked on unix sockets", loopback, local(1), "test", ok},
		{"S2", "no network at all", FullAccess().HostsAllow(), tcp("127.0.0.1"), "test", denied},
		{"S2", "no network at all, unix", FullAccess().HostsAllow(), local(1), "test", ok},
		{"H9", "IPv4 in IPv6 form is IPv4", loopback, tcp("::ffff:127.0.0.1"), "test", ok},
		{"H9", "IPv4 in IPv6 form is not IPv6", FullAccess().HostsAllow("::/0"), tcp("::ffff:127.0.0.1"), "test", denied},
		{"H9", "another in IPv6 form", loopback, tcp("::ffff:128.0.0.1"), "test", denied},
		{"H9", "network in IPv6 form", FullAccess().HostsAllow("::ffff:10.0.0.0/104"), tcp("10.9.8.7"), "test", ok},
		{"H9", "address in IPv6 form", FullAccess().HostsAllow("::ffff:10.0.0.1"), tcp("10.0.0.2"), "test", denied},
		{"S2", "all of IPv4", FullAccess().HostsAllow("0.0.0.0/0"), tcp("2001:db8::5"), "test", denied},
		{"S2", "a zone is no part of an address", FullAccess().HostsAllow("fe80::/10"), tcp("fe80::1%7"), "test", ok},
		{"S2", "user", FullAccess().UIDsAllow(7, 8), local(8), "test", ok},
		{"S2", "another user", FullAccess().UIDsAllow(7, 8), local(9), "test", denied},
		{"S2", "root is no exception", FullAccess().UIDsAllow(7), local(0), "test", denied},
		{"S2", "a network has no users", FullAccess().UIDsAllow(0), tcp("127.0.0.1"), "test", denied},
		{"S2", "no user", FullAccess().UIDsAllow(), local(0), "test", denied},
		{"S2", "group", FullAccess().GIDsAllow(50), inGroup(local(9), 50), "test", ok},
		{"S2", "another group", FullAccess().GIDsAllow(50), inGroup(local(9), 51), "test", denied},
		{"S2", "a network has no groups", FullAccess().GIDsAllow(0), tcp("127.0.0.1"), "test", denied},
		{"S2", "user, and another group", FullAccess().UIDsAllow(9).GIDsAllow(50), inGroup(local(9), 51), "test", denied},
		{"H9", "the credential's name", full, with(tcp("10.0.0.1"), "other", "test"), "test", ok},
		{"H9", "another credential", full, with(tcp("10.0.0.1"), "other"), "test", denied},
		{"H9", "a credential for no name", full, with(tcp("10.0.0.1")), "test", denied},
		{"H9", "a credential for a name that is not in the map", full, with(tcp("10.0.0.1"), "other"), "other", denied},
	} {
		t.Run(tt.rule+" "+tt.what, func(t *testing.T) {
			b := newBus(t, 1, Options{})
			b.connect("outsider")
			c := b.askFor(0, tt.name, guard(b, "test", tt.entry).by(tt.peer))
			c.say(nil, tt.want)
			if tt.want != ok {
				c.expectEnd(false)
				b.mustBeFree("test")
			}
		})
	}
}

// A credential that is bound to names is, too, where there is no map; and a
// secondary needs the same one as its primary [BUSRT-H9].
func TestCredentials(t *testing.T) {
	b := newBus(t, 1, Options{})
	shown := func(credential string) Peer {
		p := tcp("10.0.0.1")
		p.Identity.Credential, p.Names = credential, []string{"alice"}
		return p
	}
	b.askFor(0, "bob", shown("A")).say(nil, "\x01\x79")
	b.askFor(0, "alice", shown("A")).say(nil, "\x01\x01")
	b.askFor(0, "alice%%1", shown("B")).say(nil, "\x01\x79")
	b.askFor(0, "alice%%1", tcp("10.0.0.1")).say(nil, "\x01\x79")
	b.askFor(0, "alice%%1", shown("A")).say(nil, "\x01\x01")
	p := tcp("::ffff:10.0.0.1")
	p.Identity.Credential = "A"
	b.askFor(0, "alice%%2", p).say(nil, "\x01\x01")
	if n := b.broker.ended[reasonCredential].Load(); n != 1 {
		t.Errorf("%d ended for their credential", n)
	}
}
