package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"github.com/busrt-go/busrt/cmd/busrt/internal/config"
	"github.com/busrt-go/busrt/codec"
	"github.com/busrt-go/busrt/engine"
	"github.com/busrt-go/busrt/listeners"
)

// reload reads the configuration again and has it take effect, as a whole or not
// at all: the access map, limits, certificates, tokens, the level of the log. What
// needs a start is an error. Connections keep what they have, unless applied:
// then those whose rights shrank lose them.
func (s *service) reload(ctx context.Context, applied bool) (changes []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	notifyReloading()
	defer notify(notifyReady)
	prepared, err := s.prepare()
	if err != nil {
		s.log.Error("configuration not reloaded, the old one stays", "error", err)
		return nil, err
	}
	for _, d := range s.mu.config.Changes(prepared.config) {
		changes = append(changes, d.String())
		s.log.Info("configuration changed: " + d.String())
	}
	s.apply(prepared)
	s.log.Info("configuration reloaded", "changes", len(changes), "applied", applied)
	if applied {
		err = s.broker.ApplyAAA(ctx)
	}
	return changes, err
}

// prepared is a configuration that can take effect without fail.
type prepared struct {
	config  *config.Config
	secrets []*secrets // of each address
}

// prepare finds all that may be wrong, and changes nothing.
func (s *service) prepare() (*prepared, error) {
	if s.loader.Path == "-" {
		return nil, errors.New("busrt: the configuration came from stdin: there is nothing to be read again")
	}
	next, err := loadConfig(s.loader, true)
	if err != nil {
		return nil, err
	}
	if ps := s.started.Restarts(next); len(ps) > 0 {
		return nil, ps
	}
	p := &prepared{config: next}
	for i := range next.Listen {
		l := &next.Listen[i]
		secrets, err := readSecrets(l)
		if err == nil {
			err = next.Options(l, s.access, s.started).Validate()
		}
		if err != nil {
			return nil, err
		}
		p.secrets = append(p.secrets, secrets)
	}
	return p, nil
}

// apply has a configuration take effect. REQUIRES: s.mu.
func (s *service) apply(p *prepared) {
	p.config.Fill(s.access)
	for i, a := range s.addresses {
		a.secrets.Store(p.secrets[i])
		l := &p.config.Listen[i]
		o := p.config.Options(l, s.access, s.started)
		if listeners.CheckBind(l.URL) == nil && !strings.HasPrefix(l.URL, "fifo:") {
			if err := s.group.Adjust(l.URL, o); err != nil {
				s.log.Error("limits not changed", "bind", l.URL, "error", err) // draining: nobody comes any more
			}
		}
	}
	s.level.Set(p.config.Level())
	s.mu.config = p.config
}

// reloadMethod is the method of `.broker`; its parameter applyKey, if true, asks
// for what is called applied above.
const (
	reloadMethod = "reload"
	applyKey     = "apply_connected"
	changesKey   = "changes"
)

// answerReload is the method.
func (s *service) answerReload(ctx context.Context, caller string, params []byte) ([]byte, error) {
	if !s.mayReload(ctx, caller) {
		s.log.Warn("reload denied", "client", caller)
		return nil, codec.AccessDenied
	}
	applied := false
	if len(params) > 0 {
		given, _, err := msgp.ReadMapStrIntfBytes(params, nil)
		value, isBool := given[applyKey].(bool)
		if err != nil || !isBool || len(given) != 1 {
			return nil, invalidParams{}
		}
		applied = value
	}
	s.log.Info("reload asked for", "client", caller)
	changes, err := s.reload(ctx, applied)
	if err != nil {
		return nil, err
	}
	out := msgp.AppendMapHeader(nil, 1)
	out = msgp.AppendString(out, changesKey)
	out = msgp.AppendArrayHeader(out, uint32(len(changes))) //nolint:gosec // a configuration has so few lines
	for _, c := range changes {
		out = msgp.AppendString(out, c)
	}
	return out, nil
}

// invalidParams is the error of a call with parameters that make no sense.
type invalidParams struct{}

func (invalidParams) Error() string                    { return "busrt: want " + applyKey + ", true or false" }
func (e invalidParams) RPC() (code int16, data string) { return codec.RPCInvalidParams, e.Error() }

// mayReload tells whether a caller may have the configuration reloaded: root and
// the broker's own user, as the kernel knows them, and names with admin = true,
// where that name was proved. A name that anybody could have taken proves
// nothing: [clients] has to be in force at the address that the caller came by,
// and the name bound to users, networks, or what the caller has shown.
func (s *service) mayReload(ctx context.Context, caller string) bool {
	p, ok := engine.Caller(ctx)
	if !ok {
		return false
	}
	local := p.Kind == engine.KindLocalIPC && !p.Identity.Addr.IsValid()
	if local && (p.Identity.UID == 0 || int(p.Identity.UID) == os.Geteuid()) {
		return true
	}
	if p.Settings == nil || p.Settings.AAA != s.access {
		return false
	}
	primary, _, _ := strings.Cut(caller, codec.SecondarySeparator)
	client, ok := s.current().Clients[primary]
	proved := slices.Contains(p.Names, primary) ||
		local && (client.UIDs != nil || client.GIDs != nil) ||
		!local && client.Hosts != nil
	return ok && client.Admin && proved
}
