package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
)

// startDebug serves profiles (net/http/pprof) on a loopback address of their own: they tell too much for anybody else.
// With addr "" it does nothing.
func startDebug(addr string, log *slog.Logger) (*sideServer, error) {
	if addr == "" {
		return nil, nil
	}
	if !loopback(addr) {
		return nil, fmt.Errorf("HOMEROOM_DEBUG_ADDR: %q is no loopback address", addr)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	return startSide("profiles", "HOMEROOM_DEBUG_ADDR", addr, mux, log)
}
