package engine

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// listClients answers `client.list` [BUSRT-C4]. Names, sorting and a regular
// expression may take long, so that is done off the loop; the caller is not
// read meanwhile, which keeps the answer in its place.
func (st *staging) listClients(caller *Session, call codec.RPC, realtime bool) {
	id, params := call.ID, bytes.Clone(call.Data)
	caller.pause(pauseCall)
	go func() {
		b := caller.broker
		b.answerTo(&caller.peer, b.clientList(id, params), realtime)
		caller.post(wishAnswer)
	}()
}

// clientList makes the payload of the answer. Any goroutine.
func (b *Broker) clientList(id uint32, params []byte) []byte {
	filter, set, err := codec.ParseClientFilter(params)
	var re *regexp.Regexp
	if err == nil && set {
		re, err = compileFilter(filter)
	}
	if err != nil {
		return codec.AppendRPCError(nil, id, codec.RPCParseError, []byte(err.Error()))
	}
	var list codec.ClientList
	for _, c := range b.clients(re) {
		list.Clients = append(list.Clients, c.ClientInfo)
	}
	payload, err := list.MarshalMsg(codec.AppendRPCReply(nil, id, nil))
	if err != nil {
		return codec.AppendRPCError(nil, id, codec.RPCInternal, []byte(err.Error()))
	}
	return payload
}

// ClientInfo describes a primary client, as `client.list` does [BUSRT-C4], and
// further.
type ClientInfo struct {
	codec.ClientInfo
	UID, GID uint32 // over unix sockets: of the process that connected
	PID      int32
	Lost     uint64 // frames that it was to receive and had no room for [BUSRT-O13]
}

// Clients describes all primary clients, `.broker` among them, sorted by the
// bytes of their names. Any goroutine. It takes none of the broker's locks; those of
// the parts of the table of names, one at a time, are for writers.
func (b *Broker) Clients() []ClientInfo { return b.clients(nil) }

// clients describes the primary clients whose names re matches, nil for all,
// sorted by name. Any goroutine.
func (b *Broker) clients(re *regexp.Regexp) []ClientInfo {
	var list []ClientInfo
	secondaries := make(map[string]uint32) // how many each primary has; counted here, a lock would be held for long
	b.names.Range(func(name string, p *peer) bool {
		switch {
		case p.isSecondary():
			secondaries[p.primary]++
		case re == nil || re.MatchString(name):
			list = append(list, p.describe())
		}
		return true
	})
	slices.SortFunc(list, func(x, y ClientInfo) int { return strings.Compare(x.Name, y.Name) })
	for i := range list {
		list[i].Instances = 1 + secondaries[list[i].Name]
	}
	return list
}

// describe gives p's row, without its instances.
func (p *peer) describe() ClientInfo {
	c := ClientInfo{ClientInfo: codec.ClientInfo{
		Name: p.name, Kind: string(KindInternal),
		RFrames: p.traffic.rFrames.Load(), RBytes: p.traffic.rBytes.Load(),
		WFrames: p.traffic.wFrames.Load(), WBytes: p.traffic.wBytes.Load(),
		Queue: levelFrames(p.out.level.Load()),
	}}
	c.Lost = p.losses.frames.Load()
	if s := p.session; s != nil {
		c.Kind, c.Port = string(s.info.Kind), s.info.Port
		c.UID, c.GID, c.PID = s.info.Identity.UID, s.info.GID, s.info.PID
		if s.info.Source != "" {
			c.Source = &s.info.Source
		}
	}
	return c
}
