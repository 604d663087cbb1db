package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// mappedBits is the length of the prefix that all IPv4 addresses in IPv6 form
// share.
const mappedBits = 96

var errNoPrefix = errors.New("busrt: not a network: the zero netip.Prefix")

// parseNetwork reads a prefix, or an address as the network of it alone.
func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("busrt: network %q: want an address, or one with the length of a prefix as in 10.0.0.0/8", text)
		}
		return p, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("busrt: host %q: want an address without zone, names are not looked up", text)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// within tells whether one of the networks contains the address, which is not
// IPv4 in IPv6 form any more [BUSRT-H9].
func within(addr netip.Addr, networks []netip.Prefix) bool {
	addr = addr.WithZone("") // no prefix contains one with a zone
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
