package main

import (
	"fmt"
	"log/slog"
	"os"

	"homeroom/handlers"
)

// logFlags say how to log.
type logFlags struct {
	Log      string     `env:"HOMEROOM_LOG" default:"text" enum:"text,json" help:"Format of the log: text or json."`
	LogLevel slog.Level `env:"HOMEROOM_LOG_LEVEL" default:"info" help:"Least level that is logged: debug, info, warn or error."`
}

// logger logs to standard error.
func (f *logFlags) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel, ReplaceAttr: redact}
	if f.Log == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// redact keeps tokens out of the log, whatever is logged: errors may quote what a client sent, net/http's too.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, handlers.Redact(a.Value.String()))
	case slog.KindAny:
		switch value := a.Value.Any().(type) {
		case error:
			return slog.String(a.Key, handlers.Redact(value.Error()))
		case fmt.Stringer:
			return slog.String(a.Key, handlers.Redact(value.String()))
		}
	}
	return a
}
