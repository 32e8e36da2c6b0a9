package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// keyPairPoll is the time between looks for a new certificate.
const keyPairPoll = 2 * time.Second

// keyPair is a certificate with its key, read again from its files when they change. A new pair is for new connections;
// those that are open go on with what they have.
type keyPair struct {
	cert, key string // paths
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate]

	seen    [2]os.FileInfo // when it was last read; of the one goroutine that reads
	trouble string         // why the files can't be used at the moment; the same
}

// keyPair reads the certificate, or returns nil where there is to be no TLS.
func (f *tlsFlags) keyPair(log *slog.Logger) (*keyPair, error) {
	if !f.secure() {
		return nil, nil
	}
	p := &keyPair{cert: f.TLSCert, key: f.TLSKey, log: log}
	if err := p.read(); err != nil {
		return nil, fmt.Errorf("HOMEROOM_TLS_CERT and HOMEROOM_TLS_KEY: %w", err)
	}
	return p, nil
}

// certificate is for [tls.Config.GetCertificate].
func (p *keyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return p.current.Load(), nil
}

// watch reads the files again when they change, until ctx ends. A pair that can't be used is logged once, looked at
// again each time, and the one before it stays: the two files are seldom replaced in one step.
func (p *keyPair) watch(ctx context.Context) {
	tick := time.NewTicker(keyPairPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.look()
		}
	}
}

// look reads the files if they have changed, or couldn't be used the last time.
func (p *keyPair) look() {
	if p.trouble == "" && !p.changed() {
		return
	}
	switch err := p.read(); {
	case err == nil:
		p.trouble = ""
	case err.Error() != p.trouble:
		p.trouble = err.Error()
		p.log.Error("certificate not replaced", "error", err)
	}
}

// changed reports whether a file isn't the one that was read. Links are followed, so one that leads elsewhere counts.
func (p *keyPair) changed() bool {
	for i, path := range [...]string{p.cert, p.key} {
		now, err := os.Stat(path)
		if err != nil || !os.SameFile(now, p.seen[i]) || now.Size() != p.seen[i].Size() || !now.ModTime().Equal(p.seen[i].ModTime()) {
			return true
		}
	}
	return false
}

// read takes the pair in the files as the current one. It notes how they look before it reads them: what is written
// while it does so is seen by the next look.
func (p *keyPair) read() error {
	var seen [2]os.FileInfo
	for i, path := range [...]string{p.cert, p.key} {
		var err error
		if seen[i], err = os.Stat(path); err != nil {
			return err
		}
	}
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", p.cert, p.key, err)
	}
	p.seen = seen
	p.current.Store(&pair)
	if until := pair.Leaf.NotAfter; time.Now().After(until) {
		p.log.Warn("certificate has expired", "file", p.cert, "not_after", until)
	} else {
		p.log.Info("certificate", "file", p.cert, "not_after", until)
	}
	return nil
}
