package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	maxKeySet       = 1 << 20 // bytes
	keySetTimeout   = 10 * time.Second
	keySetRedirects = 5
	keySetHeader    = 64 << 10 // bytes of an answer's header
)

var (
	errKeySource   = errors.New("want the path of a file, or a URL: https, or http on this machine")
	errKeySetSize  = fmt.Errorf("more than %d bytes", maxKeySet)
	errKeyRedirect = errors.New("redirect to where it isn't safe")
)

// keySource is where a key set is.
type keySource interface {
	// read reads the set, within bounds of size and time.
	read(ctx context.Context) ([]byte, error)
	// changed reports cheaply whether there may be something else to read than the last time.
	changed() bool
	// String names the source in the log, without what may be a credential.
	String() string
}

// newKeySource finds out what a setting means.
func newKeySource(text string) (keySource, error) {
	if !strings.Contains(text, "://") {
		if text == "" {
			return nil, errKeySource
		}
		return &keyFile{path: text}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || !safeURL(u) {
		return nil, errKeySource // and not err, which repeats the URL
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // the next fetch is minutes away
	transport.MaxResponseHeaderBytes = keySetHeader
	return &keyURL{url: u, client: &http.Client{Transport: transport, Timeout: keySetTimeout, CheckRedirect: checkKeyRedirect}}, nil
}

// safeURL reports whether nobody between can give us keys of his own.
func safeURL(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopbackName(u.Hostname())
}

func loopbackName(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkKeyRedirect follows redirects to where it is as safe as at the start.
func checkKeyRedirect(r *http.Request, via []*http.Request) error {
	if !safeURL(r.URL) || r.URL.Scheme != "https" && via[0].URL.Scheme == "https" || len(via) > keySetRedirects {
		return errKeyRedirect
	}
	return nil
}

// keyURL is a key set that an identity provider publishes.
type keyURL struct {
	url    *url.URL
	client *http.Client
}

func (s *keyURL) read(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return nil, errKeySource
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if full, ok := errors.AsType[*url.Error](err); ok {
		return nil, full.Err // without the URL
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return readKeySet(resp.Body)
}

// changed is false: only a request would tell.
func (s *keyURL) changed() bool { return false }

func (s *keyURL) String() string {
	return (&url.URL{Scheme: s.url.Scheme, Host: s.url.Host, Path: s.url.Path}).String()
}

// keyFile is a key set on disk.
type keyFile struct {
	path string
	seen os.FileInfo // of what was read last; nil if it couldn't be
}

func (s *keyFile) read(context.Context) ([]byte, error) {
	var err error
	if s.seen, err = os.Stat(s.path); err != nil { // before it is read: what changes meanwhile is a change
		return nil, err
	}
	if !s.seen.Mode().IsRegular() {
		return nil, errors.New("no regular file")
	}
	file, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readKeySet(file)
}

// changed sees a file that was written, replaced, or is there at last.
func (s *keyFile) changed() bool {
	now, err := os.Stat(s.path)
	if err != nil || s.seen == nil {
		return err == nil
	}
	return !os.SameFile(now, s.seen) || !now.ModTime().Equal(s.seen.ModTime()) || now.Size() != s.seen.Size()
}

func (s *keyFile) String() string { return s.path }

func readKeySet(from io.Reader) ([]byte, error) {
	document, err := io.ReadAll(io.LimitReader(from, maxKeySet+1))
	if err == nil && len(document) > maxKeySet {
		err = errKeySetSize
	}
	return document, err
}
