package config

import (
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"
)

// The values that TOML has no type for keep a text that they do not understand:
// it is reported with all other problems, not before them.

// Duration is a time, written as "1.5s" or as a number of seconds.
type Duration struct {
	time.Duration
	bad string
}

// maxTime is a year: far from what a timer's arithmetic can hold.
const maxTime = 365 * 24 * time.Hour

// UnmarshalText reads one.
func (d *Duration) UnmarshalText(text []byte) error {
	*d = Duration{}
	var err error
	f, number := strconv.ParseFloat(string(text), 64)
	switch {
	case number != nil:
		d.Duration, err = time.ParseDuration(string(text))
	case math.Abs(f) <= maxTime.Seconds(): // not for NaN
		d.Duration = time.Duration(f * float64(time.Second))
	default:
		err = strconv.ErrRange
	}
	if err != nil || d.Duration.Abs() > maxTime {
		*d = Duration{bad: string(text)}
	}
	return nil
}

// Size is a number of bytes, written as 65536 or "64KiB".
type Size struct {
	Bytes int
	bad   string
}

var units = []struct {
	name  string
	bytes int
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// UnmarshalText reads one.
func (s *Size) UnmarshalText(text []byte) error {
	*s = Size{bad: string(text)}
	for _, u := range units {
		number, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(number), "_", ""))
		if err == nil && max(n, -n) <= math.MaxInt/u.bytes {
			*s = Size{Bytes: n * u.bytes}
		}
		break
	}
	return nil
}

func (s Size) String() string {
	for _, u := range units {
		if s.Bytes != 0 && s.Bytes%u.bytes == 0 {
			return strconv.Itoa(s.Bytes/u.bytes) + u.name
		}
	}
	return "0"
}

// Mode is permissions, written in octal: "0660".
type Mode struct {
	fs.FileMode
	bad string
}

// UnmarshalText reads one. It begins with 0: what 660 means to TOML is another
// number.
func (m *Mode) UnmarshalText(text []byte) error {
	octal := strings.TrimPrefix(string(text), "0o")
	n, err := strconv.ParseUint(octal, 8, 32)
	*m = Mode{FileMode: fs.FileMode(n)}
	if err != nil || text[0] != '0' || m.FileMode&^fs.ModePerm != 0 || n == 0 {
		*m = Mode{bad: string(text)}
	}
	return nil
}

func (m Mode) String() string {
	if m.FileMode == 0 {
		return ""
	}
	return "0" + strconv.FormatUint(uint64(m.FileMode), 8)
}

// malformed is a value that may have kept what it does not understand.
type malformed interface{ malformed() string }

func (d Duration) malformed() string { return d.bad }
func (s Size) malformed() string     { return s.bad }
func (m Mode) malformed() string     { return m.bad }
