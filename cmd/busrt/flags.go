package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// number is the value of a flag that counts something, in decimal.
type number struct {
	n     *int
	least int
}

func (v number) String() string { return strconv.Itoa(*v.n) }
func (v number) Type() string   { return "number" }

func (v number) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < v.least {
		return fmt.Errorf("want a number, at least %d", v.least)
	}
	*v.n = n
	return nil
}

// maxSeconds is a year: far from what a timer's arithmetic can hold.
const maxSeconds = 365 * 24 * 60 * 60

// seconds is the value of a flag that is a time, in seconds and parts of them.
type seconds struct{ d *time.Duration }

func (v seconds) String() string { return strconv.FormatFloat(v.d.Seconds(), 'f', -1, 64) }
func (v seconds) Type() string   { return "seconds" }

func (v seconds) Set(s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f*float64(time.Second) >= 1 && f <= maxSeconds) { // neither holds for NaN
		return fmt.Errorf("want seconds, more than 0 and at most %d", maxSeconds)
	}
	*v.d = time.Duration(f * float64(time.Second))
	return nil
}

var errTwice = errors.New("given twice")

// once is the value of a flag that is given once at most.
type once struct {
	pflag.Value
	set bool
}

func (v *once) Set(s string) error {
	if v.set {
		return errTwice
	}
	v.set = true
	return v.Value.Set(s)
}

// eachOnce has the flags of fs refuse to be given twice, as the reference does,
// but for those that collect.
func eachOnce(fs *pflag.FlagSet) {
	fs.VisitAll(func(f *pflag.Flag) {
		if _, collects := f.Value.(pflag.SliceValue); !collects {
			f.Value = &once{Value: f.Value}
		}
	})
}

// flagError makes an error of pflag one of ours. Flags of one letter have no
// long form; pflag knows no such thing and would show one.
func flagError(cmd *cobra.Command, err error) error {
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageErrorf(cmd, "%w", err)
	}
	flag := "--" + wrong.GetFlag().Name
	if len(wrong.GetFlag().Name) == 1 {
		flag = flag[1:]
	}
	cause := wrong.Unwrap()
	if errors.Is(cause, errTwice) {
		return usageErrorf(cmd, "%s is given twice", flag)
	}
	if syntax, ok := errors.AsType[*strconv.NumError](cause); ok {
		cause = syntax.Err
	}
	return usageErrorf(cmd, "%s %q: %w", flag, wrong.GetValue(), cause)
}

// noArgs is for commands that take flags only.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageErrorf(cmd, "unexpected argument %q", args[0])
	}
	return nil
}
