package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/busrt-go/busrt/listeners"
)

// readTokens reads a file of bearer tokens: one a line, and behind it the names
// that it allows, none for any. What starts with # is a comment.
func readTokens(path string) (listeners.Tokens, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("busrt: token file %q: %w", path, reason(err))
	}
	tokens := listeners.Tokens{}
	for in := bufio.NewScanner(bytes.NewReader(text)); in.Scan(); {
		words := strings.Fields(in.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if _, twice := tokens[words[0]]; twice {
			return nil, fmt.Errorf("busrt: token file %q: a token is in it twice", path)
		}
		tokens[words[0]] = nil
		if len(words) > 1 {
			tokens[words[0]] = words[1:]
		}
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("busrt: token file %q: no token in it", path)
	}
	return tokens, nil
}
