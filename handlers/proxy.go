package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

const (
	forwardedHeader = "X-Forwarded-For"
	// maxHops is how many proxies of ours a request may have come through.
	maxHops = 16
)

// Proxies are the proxies whose word is taken on where a request comes from.
type Proxies struct {
	trusted []netip.Prefix
}

// ParseProxies reads addresses and networks (CIDR). None is nobody, and nil.
func ParseProxies(list []string) (*Proxies, error) {
	if len(list) == 0 {
		return nil, nil
	}
	p := &Proxies{}
	for _, text := range list {
		prefix, err := parsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network; want 10.0.0.7 or 10.0.0.0/8", text)
		}
		p.trusted = append(p.trusted, prefix)
	}
	return p, nil
}

// parsePrefix reads a network, or an address as the network that it is alone in. One of IPv4 that is written as IPv6
// is one of IPv4, as it is in requests.
func parsePrefix(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.WithZone("").Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err == nil && prefix.Addr().Is4In6() {
		return prefix.Addr().Unmap().Prefix(prefix.Bits() - 96)
	}
	return prefix.Masked(), err
}

type forwardedKey struct{}

// find finds out where requests come from that a proxy of ours sends, for clientAddress. Only X-Forwarded-For counts:
// what else there is (Forwarded, X-Real-IP) many proxies let pass as the client wrote it. chi's ClientIPFromXFF has the
// same rules, but knows no ports and brackets, which some proxies write.
func (p *Proxies) find(next http.Handler) http.Handler {
	if p == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, ok := parseAddress(r.RemoteAddr); ok && p.Trusts(peer) {
			r = r.WithContext(context.WithValue(r.Context(), forwardedKey{}, p.client(r.Header[forwardedHeader])))
		}
		next.ServeHTTP(w, r)
	})
}

// client is the address that a chain of proxies was given, or an invalid one. Each proxy adds at the right whom it got the
// request from, so what counts is the rightmost that isn't a proxy of ours: what is left of it anybody may have written.
// Where that can't be read nothing further left counts either.
func (p *Proxies) client(headers []string) netip.Addr {
	hops := 0
	for _, header := range slices.Backward(headers) {
		for header != "" {
			comma := strings.LastIndexByte(header, ',')
			entry := strings.TrimSpace(header[comma+1:])
			header = header[:max(0, comma)]
			if entry == "" { // which lists may have (RFC 9110, 5.6.1)
				continue
			}
			address, ok := parseAddress(entry)
			if hops++; !ok || hops > maxHops {
				return netip.Addr{}
			}
			if !p.Trusts(address) {
				return address
			}
		}
	}
	return netip.Addr{}
}

// Trusts reports whether an address is one of theirs. Of nobody none is.
func (p *Proxies) Trusts(address netip.Addr) bool {
	return p != nil && slices.ContainsFunc(p.trusted, func(trusted netip.Prefix) bool { return trusted.Contains(address) })
}

// parseAddress reads an address, with or without a port, and of IPv6 with or without brackets. One of IPv4 that is written
// as IPv6 is one of IPv4, and a zone says nothing here: else one address would have many names.
func parseAddress(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().WithZone("").Unmap(), true
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if text, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(text, ":") {
			return netip.Addr{}, false
		}
	}
	address, err := netip.ParseAddr(text)
	return address.WithZone("").Unmap(), err == nil
}
