package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// addresses are what the service takes a request for: the client's address, and the one that is counted.
func addresses(p *Proxies, remote string, header http.Header) (client, limited string) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = remote
	r.Header = header
	p.find(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		client, limited = clientAddress(r), limitedAddress(r)
	})).ServeHTTP(httptest.NewRecorder(), r)
	return client, limited
}

func mustProxies(tb testing.TB, list ...string) *Proxies {
	tb.Helper()
	p, err := ParseProxies(list)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestClientAddress(t *testing.T) {
	const proxy = "10.0.0.7:4711"
	ours := []string{"10.0.0.0/8", "2001:db8:f::/48", "127.0.0.1"}
	for name, tt := range map[string]struct {
		proxies         []string
		remote          string
		forwarded       []string
		client, limited string
	}{
		"no proxies":                    {nil, "203.0.113.7:1", nil, "203.0.113.7", "203.0.113.7"},
		"no proxies, spoofed":           {nil, "203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7", "203.0.113.7"},
		"no proxies, this machine":      {nil, "127.0.0.1:1", []string{"198.51.100.1"}, "127.0.0.1", ""},
		"no proxies, this machine, v6":  {nil, "[::1]:1", nil, "::1", ""},
		"this machine, other loopback":  {nil, "127.0.0.2:1", nil, "127.0.0.2", "127.0.0.2"},
		"a network of v6":               {nil, "[2001:db8::1:2:3:4]:1", nil, "2001:db8::1:2:3:4", "2001:db8::"},
		"untrusted, spoofed":            {ours, "203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7", "203.0.113.7"},
		"untrusted, spoofed as trusted": {ours, "203.0.113.7:1", []string{"10.0.0.1, 127.0.0.1"}, "203.0.113.7", "203.0.113.7"},
		"one":                           {ours, proxy, []string{"203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"the rightmost":                 {ours, proxy, []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"through two of ours":           {ours, proxy, []string{"198.51.100.1, 203.0.113.7, 10.1.2.3"}, "203.0.113.7", "203.0.113.7"},
		"the last header":               {ours, proxy, []string{"198.51.100.1", "203.0.113.7,10.1.2.3"}, "203.0.113.7", "203.0.113.7"},
		"the header before":             {ours, proxy, []string{"198.51.100.1, 203.0.113.7", "10.1.2.3"}, "203.0.113.7", "203.0.113.7"},
		"no spaces, many spaces":        {ours, proxy, []string{"198.51.100.1,\t  203.0.113.7  ,10.1.2.3"}, "203.0.113.7", "203.0.113.7"},
		"empty entries":                 {ours, proxy, []string{"", "203.0.113.7, ,,", " ,"}, "203.0.113.7", "203.0.113.7"},
		"garbage further left":          {ours, proxy, []string{"<script>, unknown, 203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"a port":                        {ours, proxy, []string{"203.0.113.7:50123"}, "203.0.113.7", "203.0.113.7"},
		"v6":                            {ours, proxy, []string{"2001:db8::1:2:3:4"}, "2001:db8::1:2:3:4", "2001:db8::"},
		"v6 in brackets":                {ours, proxy, []string{"[2001:db8::1:2:3:4]"}, "2001:db8::1:2:3:4", "2001:db8::"},
		"v6 with a port":                {ours, proxy, []string{"[2001:db8::1:2:3:4]:443"}, "2001:db8::1:2:3:4", "2001:db8::"},
		"v6 with a zone":                {ours, proxy, []string{"fe80::1%eth0"}, "fe80::1", "fe80::"},
		"v6 with brackets and a zone":   {ours, proxy, []string{"[fe80::1%eth0]:80"}, "fe80::1", "fe80::"},
		"v4 as v6":                      {ours, proxy, []string{"::ffff:203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"ours, v4 as v6":                {ours, proxy, []string{"203.0.113.7, ::ffff:10.9.9.9"}, "203.0.113.7", "203.0.113.7"},
		"ours, with a zone":             {ours, proxy, []string{"203.0.113.7, 2001:db8:f::1%x"}, "203.0.113.7", "203.0.113.7"},
		"a proxy of v6":                 {ours, "[2001:db8:f::1]:1", []string{"203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"a proxy of v4 as v6":           {ours, "[::ffff:10.0.0.7]:1", []string{"203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"a proxy here":                  {ours, "127.0.0.1:1", []string{"203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
		"here, directly":                {ours, "127.0.0.1:1", nil, "127.0.0.1", ""},
		"loopback of a proxy's machine": {[]string{"10.0.0.7"}, proxy, []string{"127.0.0.1"}, "127.0.0.1", "127.0.0.1"},
		"a proxy that names nobody":     {ours, proxy, nil, "10.0.0.7", ""},
		"only ours":                     {ours, proxy, []string{"10.1.1.1, 10.2.2.2"}, "10.0.0.7", ""},
		"garbage":                       {ours, proxy, []string{"198.51.100.1, garbage"}, "10.0.0.7", ""},
		"garbage and one of ours":       {ours, proxy, []string{"198.51.100.1, garbage, 10.1.2.3"}, "10.0.0.7", ""},
		"brackets that aren't closed":   {ours, proxy, []string{"[2001:db8::1"}, "10.0.0.7", ""},
		"brackets around v4":            {ours, proxy, []string{"[203.0.113.7]"}, "10.0.0.7", ""},
		"too many hops":                 {ours, proxy, []string{"203.0.113.7" + strings.Repeat(", 10.0.0.1", maxHops)}, "10.0.0.7", ""},
		"as many hops as may be":        {ours, proxy, []string{"203.0.113.7" + strings.Repeat(", 10.0.0.1", maxHops-1)}, "203.0.113.7", "203.0.113.7"},
		"far too many":                  {ours, proxy, []string{strings.Repeat("198.51.100.1, ", 5000) + "203.0.113.7"}, "203.0.113.7", "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Forwarded": {"for=192.0.2.99"}, "X-Real-Ip": {"192.0.2.99"}, "True-Client-Ip": {"192.0.2.99"}}
			header["X-Forwarded-For"] = tt.forwarded
			client, limited := addresses(mustProxies(t, tt.proxies...), tt.remote, header)
			if client != tt.client || limited != tt.limited {
				t.Errorf("client %q, counted as %q; want %q and %q", client, limited, tt.client, tt.limited)
			}
		})
	}
}

func TestParseProxies(t *testing.T) {
	for _, good := range []string{"10.0.0.7", " 10.0.0.0/8 ", "::1", "2001:db8::/32", "::ffff:10.0.0.7", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.9.9.9/8"} {
		if _, err := ParseProxies([]string{good}); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "10.0.0", "10.0.0.7:80", "[::1]", "*", "::ffff:10.0.0.0/40"} {
		if _, err := ParseProxies([]string{"10.0.0.7", bad}); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

// FuzzForwarded writes all that a client can into the header. Through a proxy that adds the client's address, no text
// makes it another.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", "10.0.0.1, 10.0.0.1", "unknown", "[::1]:80", "::ffff:10.0.0.1%x", ",,,", "[", "]", "%", "\x00", "for=1.2.3.4"} {
		f.Add(seed)
	}
	p := mustProxies(f, "10.0.0.0/8", "::1")
	f.Fuzz(func(t *testing.T, spoofed string) {
		for _, headers := range [][]string{{spoofed + ", 203.0.113.7"}, {spoofed, "203.0.113.7"}, {spoofed, "203.0.113.7, 10.0.0.3"}} {
			if client, limited := addresses(p, "10.0.0.7:1", http.Header{"X-Forwarded-For": headers}); client != "203.0.113.7" || limited != client {
				t.Errorf("%q: client %q, counted as %q", headers, client, limited)
			}
		}
		client, limited := addresses(p, "10.0.0.7:1", http.Header{"X-Forwarded-For": {spoofed}})
		if _, err := netip.ParseAddr(client); err != nil || limited == "127.0.0.1" && client == "10.0.0.7" {
			t.Errorf("%q: client %q, counted as %q", spoofed, client, limited)
		}
		if client, _ := addresses(p, "203.0.113.7:1", http.Header{"X-Forwarded-For": {spoofed}}); client != "203.0.113.7" {
			t.Errorf("%q: client %q of a peer that isn't trusted", spoofed, client)
		}
	})
}
