package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"homeroom/storage"
)

const (
	keyHeader      = "Idempotency-Key"      // draft-ietf-httpapi-idempotency-key-header
	replayedHeader = "Idempotency-Replayed" // marks an answer that was given before
)

// maxKey is the longest key, in characters.
const maxKey = 255

// attempt is the key of a request that creates something at a path, or none. Draft is what it asks for: as decoded,
// so that the same request written otherwise is the same.
func attempt(r *http.Request, path string, draft any) (storage.Attempt, error) {
	values := r.Header.Values(keyHeader)
	if len(values) == 0 {
		return storage.Attempt{}, nil
	}
	if len(values) > 1 {
		return storage.Attempt{}, invalidKey("once")
	}
	key, err := parseKey(values[0])
	if err != nil {
		return storage.Attempt{}, err
	}
	sum, err := fingerprint(path, draft)
	return storage.Attempt{Path: path, Key: key, Fingerprint: sum}, err
}

// parseKey reads a key: a string as in RFC 8941, 3.3.3, which is what the draft wants, or the bare text, which is what
// most clients send.
func parseKey(text string) (string, error) {
	key := text
	if strings.HasPrefix(text, `"`) {
		var ok bool
		if key, ok = unquote(text); !ok {
			return "", invalidKey("with its quotes closed, and only quotes and backslashes after a backslash")
		}
	}
	if key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", invalidKey(fmt.Sprintf("of 1 to %d visible ASCII characters", maxKey))
	}
	if strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 { // it is stored, and told in the author's events
		return "", invalidKey("that is no token")
	}
	return key, nil
}

// unquote takes the quotes and escapes from a string.
func unquote(text string) (string, bool) {
	var inner strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return inner.String(), i == len(text)-1
		case '\\':
			if i++; i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", false
			}
			inner.WriteByte(text[i])
		default:
			inner.WriteByte(c)
		}
	}
	return "", false
}

func invalidKey(how string) *Problem {
	return newProblem(http.StatusBadRequest, "invalid_idempotency_key", "Send "+keyHeader+" "+how+".")
}

// fingerprint is a hash of a path and what is asked for there. A field that is nil counts as one that isn't there, so
// that a retry is known again across an upgrade that brings a field.
func fingerprint(path string, draft any) (string, error) {
	body, err := json.Marshal(draft)
	if err != nil {
		return "", fmt.Errorf("encode draft: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return "", fmt.Errorf("decode draft: %w", err)
	}
	for name, value := range fields {
		if string(value) == "null" {
			delete(fields, name)
		}
	}
	if body, err = json.Marshal(fields); err != nil { // in the order of their names
		return "", fmt.Errorf("encode fields: %w", err)
	}
	sum := sha256.Sum256(append([]byte(path+"\n"), body...))
	return hex.EncodeToString(sum[:]), nil
}

// replay gives the first answer again. What is created at a path is below it.
func replay(w http.ResponseWriter, first storage.FirstAttempt) error {
	w.Header().Set(replayedHeader, "true")
	return replyCreated(w, first.Path+"/"+url.PathEscape(first.ID), first.Version, first.Answer)
}
