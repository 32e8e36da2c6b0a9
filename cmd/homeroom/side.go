package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
)

// sideServer serves something of its own, on another address than the service.
type sideServer struct {
	server http.Server
	done   chan struct{}
}

// startSide listens; what is it for, and setting names the variable that the address is from. On a loopback address it
// answers this machine only, whatever a browser here is made to ask it.
func startSide(what, setting, addr string, handler http.Handler, log *slog.Logger) (*sideServer, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if loopback(addr) {
		handler = onlyLocal(handler)
	}
	s := &sideServer{done: make(chan struct{})}
	s.server = http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("serving on the side", "what", what, "addr", listener.Addr().String())
	go func() { // joined by Close
		defer close(s.done)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serve on the side", "what", what, "error", err)
		}
	}()
	return s, nil
}

// Close stops it, whatever it is doing. Of a nil server there is nothing to stop.
func (s *sideServer) Close() error {
	if s == nil {
		return nil
	}
	err := s.server.Close()
	<-s.done
	return err
}

// onlyLocal turns away what a page from elsewhere has a browser on this machine ask: under a foreign name that was
// pointed at it (DNS rebinding), or across sites.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if _, _, err := net.SplitHostPort(host); err != nil {
			host += ":80"
		}
		switch r.Header.Get("Sec-Fetch-Site") {
		case "", "none", "same-origin":
			if loopback(host) {
				next.ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "This address answers its own machine only, under the names 127.0.0.1, [::1] and localhost.", http.StatusForbidden)
	})
}

// loopback reports whether an address HOST:PORT is reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
