package handlers

import (
	"net"
	"net/http"

	"github.com/go-chi/httprate"
)

// clientAddress is where a request comes from, without the port.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// limitedAddress is under what a request's address is counted, or "" where it isn't: 127.0.0.1 and ::1 are a proxy on
// this machine, which may speak for everybody, or the machine's own administrator. Addresses of IPv6 count by their
// network: who has one has them all.
func limitedAddress(r *http.Request) string {
	address := clientAddress(r)
	if address == "127.0.0.1" || address == "::1" {
		return ""
	}
	return httprate.CanonicalizeIP(address)
}
