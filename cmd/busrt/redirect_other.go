//go:build !linux

package main

import "golang.org/x/sys/unix"

// redirect makes to another descriptor of what from is.
func redirect(from, to int) error { return unix.Dup2(from, to) }
