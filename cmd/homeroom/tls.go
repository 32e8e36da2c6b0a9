package main

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"homeroom/handlers"
)

const (
	// http2Streams is how many requests one connection of HTTP/2 may have open: all classes of a busy browser, or what a
	// proxy sends over one of its connections. A browser opens a second connection beyond it.
	http2Streams = 250
	// http2Silence is how long a connection of HTTP/2 may be silent before its client is asked whether it is still there.
	// One that doesn't answer within pingTimeout is closed, with all its streams.
	http2Silence = 30 * time.Second
	pingTimeout  = 15 * time.Second
)

// tlsFlags say how connections are secured, and which kinds of HTTP are spoken on them.
type tlsFlags struct {
	TLSCert string `name:"tls-cert" env:"HOMEROOM_TLS_CERT" placeholder:"FILE" help:"Certificate and its chain in PEM: then it serves HTTPS, with HTTP/2. Read again when it changes. With HOMEROOM_TLS_KEY."`
	TLSKey  string `name:"tls-key" env:"HOMEROOM_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate, in PEM. Read again when it changes."`
	H2C     bool   `name:"h2c" env:"HOMEROOM_H2C" help:"Speak HTTP/2 without TLS too (prior knowledge, h2c), with a proxy in front that does."`
	HSTS    string `name:"hsts" env:"HOMEROOM_HSTS" default:"tls" enum:"tls,always,off" help:"Which answers tell browsers to come over HTTPS only: those over TLS of its own, all (tls ends at a proxy in front), or none."`
}

// check refuses settings that can't work.
func (f *tlsFlags) check() error {
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return errors.New("HOMEROOM_TLS_CERT and HOMEROOM_TLS_KEY belong together: set both or neither")
	case f.secure() && f.H2C:
		return errors.New("HOMEROOM_H2C is HTTP/2 without TLS, and HOMEROOM_TLS_CERT turns TLS on: set one of them")
	}
	return nil
}

// secure reports whether connections are TLS.
func (f *tlsFlags) secure() bool { return f.TLSCert != "" }

// scheme is how URLs of the service begin.
func (f *tlsFlags) scheme() string {
	if f.secure() {
		return "https"
	}
	return "http"
}

// hsts is the same setting for the handlers.
func (f *tlsFlags) hsts() handlers.HSTS { return handlers.HSTS(f.HSTS) }

// protocols are HTTP/1.1, and HTTP/2 over TLS or where it is asked for.
func (f *tlsFlags) protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetHTTP2(f.secure())
	p.SetUnencryptedHTTP2(f.H2C)
	return &p
}

// serve serves until the server is shut down or closed. A connection of HTTP/2 carries many streams: their own write
// deadlines end those that don't read, and stall is how long the whole connection may take no byte at all. Floods of
// streams that are opened and reset at once (CVE-2023-44487) are held by net/http itself: a stream counts until its
// handler has returned, and a connection with too many that wait is closed.
func (f *tlsFlags) serve(server *http.Server, listener net.Listener, pair *keyPair, stall time.Duration) error {
	server.Protocols = f.protocols()
	server.HTTP2 = &http.HTTP2Config{
		MaxConcurrentStreams: http2Streams,
		SendPingTimeout:      http2Silence,
		PingTimeout:          pingTimeout,
		WriteByteTimeout:     stall,
	}
	if pair == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.certificate}
	return server.ServeTLS(listener, "", "")
}
