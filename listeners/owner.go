package listeners

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// owner is whom a path is to belong to; -1 leaves it as it is.
type owner struct{ uid, gid int }

// owner looks up whom the options name.
func (o ListenOptions) owner() (own owner, err error) {
	own.uid, err = numbered("user", o.Owner, func(name string) (string, error) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return u.Uid, nil
	})
	if err != nil {
		return own, err
	}
	own.gid, err = numbered("group", o.Group, func(name string) (string, error) {
		g, err := user.LookupGroup(name)
		if err != nil {
			return "", err
		}
		return g.Gid, nil
	})
	return own, err
}

// numbered is the number of a user or group that is given by it or by name; a
// name of digits is taken for the number. -1 for nobody.
func numbered(what, name string, lookup func(string) (string, error)) (int, error) {
	if name == "" {
		return -1, nil
	}
	if id, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int(id), nil
	}
	id, err := lookup(name)
	if err != nil {
		return -1, fmt.Errorf("%s %q: %w", what, name, err)
	}
	return strconv.Atoi(id)
}

// give makes the path theirs.
func (own owner) give(path string) error {
	if own == (owner{-1, -1}) {
		return nil
	}
	return os.Lchown(path, own.uid, own.gid)
}
