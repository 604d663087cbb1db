package listeners

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// Tokens are bearer tokens, each with the primary names that whoever shows it may
// take, nil for any. Its method Verify is what ListenOptions.VerifyToken wants.
type Tokens map[string][]string

// Verify looks a token up. How long it takes says nothing about the tokens. Any
// goroutine, as long as nobody changes t.
func (t Tokens) Verify(token string) (names []string, ok bool) {
	shown := sha256.Sum256([]byte(token))
	for known, allowed := range t {
		hash := sha256.Sum256([]byte(known))
		if subtle.ConstantTimeCompare(hash[:], shown[:]) == 1 {
			names, ok = allowed, true
		}
	}
	return names, ok
}

// bearer is the token of a request, empty if it has none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// fingerprint tells a token from others and does not give it away.
func fingerprint(token string) string {
	hash := sha256.Sum256([]byte(token))
	return "token:" + hex.EncodeToString(hash[:])
}
