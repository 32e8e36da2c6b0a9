package handlers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-chi/jwtauth/v5"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// The algorithms of tokens, as their headers name them (RFC 7518, 3.1; RFC 8037, 3.1).
const (
	hs256 = "HS256"
	rs256 = "RS256"
	es256 = "ES256"
	edDSA = "EdDSA"
)

const (
	maxKeys    = 100     // of a set
	minRSA     = 2048    // bits (RFC 7518, 3.3)
	maxRSA     = 8192    // bits: what crypto/tls takes too; the time to verify grows with the square
	maxRSAExpo = 1 << 31 // what crypto/rsa takes
)

// errKeys is for a document that is no key set.
var errKeys = errors.New("no JWK set")

// signingKey is a key that signs tokens, by one algorithm.
//
// jwx tries what it is given and never compares it with the token's header (jws.Verify, v2.1.7): with the key goes its
// algorithm, and the key is chosen by the header's algorithm too. A jwx key set isn't used: it finds a key by its kid
// alone, takes every algorithm that fits the type of a key without alg (PS512 for RSA, say), and the first of two
// keys with the same kid. Nor is jwk.Cache, which fetches whenever its user asks.
type signingKey struct {
	id         string // kid; "" where it has none
	algorithm  string
	auth       *jwtauth.JWTAuth
	thumbprint string      // what the key is (RFC 7638)
	dropped    atomic.Bool // from the set: tokens that it signed are no longer good
}

// same reports whether two keys are one.
func (k *signingKey) same(other *signingKey) bool {
	return k.id == other.id && k.algorithm == other.algorithm && k.thumbprint == other.thumbprint
}

// parseKeys reads a JWK set (RFC 7517, 5). It leaves out keys that aren't for us, as the RFC wants, and says which.
func parseKeys(document []byte) (keys []*signingKey, ignored []string, err error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil || set.Keys == nil {
		return nil, nil, errKeys
	}
	if len(set.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("%d keys; at most %d are taken", len(set.Keys), maxKeys)
	}
	for i, raw := range set.Keys {
		key, err := parseJWK(raw)
		switch {
		case err != nil:
			ignored = append(ignored, fmt.Sprintf("%d: %s", i, err))
		case slices.ContainsFunc(keys, key.same):
			ignored = append(ignored, fmt.Sprintf("%d: is there already", i))
		default:
			keys = append(keys, key)
		}
	}
	return keys, ignored, nil
}

// Why a key is left out.
var (
	errKeyKind      = errors.New("is no RSA, P-256 or Ed25519 key")
	errKeyRSA       = fmt.Errorf("has not %d to %d bits, or a bad exponent", minRSA, maxRSA)
	errKeyUse       = errors.New("is not for verifying signatures")
	errKeyAlgorithm = errors.New("is for another algorithm than RS256, ES256 or EdDSA")
	errKeyID        = fmt.Errorf("has a kid of more than %d bytes", maxKeyID)
)

// parseJWK reads one key. Of a private key only the public part is kept.
func parseJWK(raw []byte) (*signingKey, error) {
	parsed, err := jwk.ParseKey(raw)
	if err != nil {
		return nil, errKeyKind
	}
	if parsed, err = parsed.PublicKey(); err != nil {
		return nil, errKeyKind
	}
	public, algorithm, err := publicKey(parsed)
	if err != nil {
		return nil, err
	}
	thumbprint, err := parsed.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, errKeyKind
	}
	switch {
	case parsed.Algorithm().String() != "" && parsed.Algorithm().String() != algorithm:
		return nil, errKeyAlgorithm
	case parsed.KeyUsage() != "" && parsed.KeyUsage() != string(jwk.ForSignature),
		len(parsed.KeyOps()) > 0 && !slices.Contains(parsed.KeyOps(), jwk.KeyOpVerify):
		return nil, errKeyUse
	case len(parsed.KeyID()) > maxKeyID:
		return nil, errKeyID
	}
	return &signingKey{
		id: parsed.KeyID(), algorithm: algorithm, thumbprint: string(thumbprint), auth: jwtauth.New(algorithm, nil, public),
	}, nil
}

// publicKey is the key itself, and the algorithm that one of its type is for. What jwx has parsed isn't checked yet: an
// Ed25519 key of another length would panic where it is used.
func publicKey(parsed jwk.Key) (any, string, error) {
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		return nil, "", errKeyKind
	}
	switch key := raw.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA || key.E < 3 || key.E >= maxRSAExpo || key.E%2 == 0 {
			return nil, "", errKeyRSA
		}
		return key, rs256, nil
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, "", errKeyKind
		}
		if _, err := key.ECDH(); err != nil { // the point isn't on the curve
			return nil, "", errKeyKind
		}
		return key, es256, nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return nil, "", errKeyKind
		}
		return key, edDSA, nil
	}
	return nil, "", errKeyKind
}
