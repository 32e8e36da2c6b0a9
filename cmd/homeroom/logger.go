package main

import (
	"log/slog"
	"os"
)

// logFlags say how to log.
type logFlags struct {
	Log      string     `env:"HOMEROOM_LOG" default:"text" enum:"text,json" help:"Format of the log: text or json."`
	LogLevel slog.Level `env:"HOMEROOM_LOG_LEVEL" default:"info" help:"Least level that is logged: debug, info, warn or error."`
}

// logger logs to standard error.
func (f *logFlags) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel}
	if f.Log == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
