package handlers

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/go-chi/httprate"
)

// clientAddress is where a request comes from, without the port: as a trusted proxy says, or else where the connection does.
func clientAddress(r *http.Request) string {
	if client, _ := forwarded(r); client.IsValid() {
		return client.String()
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// forwarded is whom a trusted proxy names; invalid if it names nobody.
func forwarded(r *http.Request) (client netip.Addr, byProxy bool) {
	client, byProxy = r.Context().Value(forwardedKey{}).(netip.Addr)
	return client, byProxy
}

// limitedAddress is under what a request's address is counted, or "" where it isn't: a trusted proxy that names nobody
// may speak for everybody, and so may a connection from 127.0.0.1 or ::1, which is a proxy on this machine or the machine's
// own administrator. Addresses of IPv6 count by their network: who has one has them all.
func limitedAddress(r *http.Request) string {
	address := clientAddress(r)
	client, byProxy := forwarded(r)
	if byProxy && !client.IsValid() || !byProxy && (address == "127.0.0.1" || address == "::1") {
		return ""
	}
	return httprate.CanonicalizeIP(address)
}
