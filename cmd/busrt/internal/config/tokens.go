package config

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/busrt-go/busrt/listeners"
)

// ReadTokens gives the tokens of an address, nil if it asks for none.
func (l *Listen) ReadTokens() (listeners.Tokens, error) {
	switch {
	case l.TokenFile != "":
		return readTokens(l.TokenFile)
	case l.Tokens == nil:
		return nil, nil
	}
	tokens := listeners.Tokens{}
	for _, t := range l.Tokens {
		if t.Token == "" {
			return nil, errors.New("busrt: a token is empty")
		}
		if _, twice := tokens[t.Token]; twice {
			return nil, errors.New("busrt: a token is there twice")
		}
		tokens[t.Token] = t.Names
	}
	if len(tokens) == 0 {
		return nil, errors.New("busrt: there is no token")
	}
	return tokens, nil
}

// readTokens reads a file of bearer tokens: one a line, and behind it the names
// that it allows, none for any. What starts with # is a comment.
func readTokens(path string) (listeners.Tokens, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("busrt: token file %q: %w", path, Reason(err))
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
