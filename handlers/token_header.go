package handlers

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxKeyID is the longest kid, in bytes.
const maxKeyID = 256

// tokenHeader is what matters of a token's header (RFC 7515, 4.1). What it says of where its key is or which (jku, jwk,
// x5u, x5c) does not: a forger writes there what he likes.
type tokenHeader struct {
	Algorithm string         `json:"alg"`
	KeyID     string         `json:"kid"`
	Critical  jsontext.Value `json:"crit"`
	Unencoded jsontext.Value `json:"b64"`
}

// readTokenHeader reads the header of a token in the compact form, the only one that is taken: the JSON form may have
// several signatures, and headers that nobody signed. Each part must be encoded in the one right way, without padding
// and stray bits, so that a token can't be written in two ways.
//
// Extensions that a token calls critical must be understood or the token refused (RFC 7515, 4.1.11). None is, and jwx
// doesn't look (v2.1.7): it ignores crit, and follows b64.
func readTokenHeader(text string) (tokenHeader, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return tokenHeader{}, false
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return tokenHeader{}, false
		}
	}
	var header tokenHeader
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return tokenHeader{}, false
	}
	return header, len(header.Critical) == 0 && len(header.Unencoded) == 0 && len(header.KeyID) <= maxKeyID
}
