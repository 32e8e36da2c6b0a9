package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
)

// debugServer serves profiles (net/http/pprof) on a loopback address of its own: they tell too much for anybody else.
type debugServer struct {
	server http.Server
	done   chan struct{}
}

// startDebug listens. With addr "" it does nothing, and Close of the nil that it returns does so too.
func startDebug(addr string, log *slog.Logger) (*debugServer, error) {
	if addr == "" {
		return nil, nil
	}
	if !loopback(addr) {
		return nil, fmt.Errorf("HOMEROOM_DEBUG_ADDR: %q is no loopback address", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("HOMEROOM_DEBUG_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	d := &debugServer{done: make(chan struct{})}
	d.server = http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}
	log.Info("profiles", "addr", listener.Addr().String())
	go func() { // joined by Close
		defer close(d.done)
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serve profiles", "error", err)
		}
	}()
	return d, nil
}

// Close stops it, whatever it is doing.
func (d *debugServer) Close() error {
	if d == nil {
		return nil
	}
	err := d.server.Close()
	<-d.done
	return err
}

// loopback reports whether an address HOST:PORT is reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
