package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// keepAlive finds out within half a minute that an idle connection leads nowhere any more.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// errURL says how a database's URL looks. It quotes nothing of what was given: where the password of a URL that can't
// be parsed begins and ends is anybody's guess.
var errURL = errors.New("the database's URL is not understood: want postgres://user:password@host:5432/database," +
	" with special characters of user and password percent-encoded")

// configure reads the URL, which may name several hosts. What it leaves open is set here.
func configure(text string) (*pgxpool.Config, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	beforeOptions, _, _ := strings.Cut(rest, "?")
	_, path, _ := strings.Cut(beforeOptions, "/")
	if scheme != "postgres" && scheme != "postgresql" || strings.Contains(path, "@") || strings.ContainsAny(text, "\r\n") {
		return nil, errURL
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, misread(text, err)
	}
	given, err := pgx.ParseConfig(text) // has the pool's options yet
	if err != nil {
		return nil, misread(text, err)
	}
	if _, ok := given.RuntimeParams["pool_max_conns"]; !ok {
		config.MaxConns = readers()
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = patience
	}
	if _, ok := config.ConnConfig.RuntimeParams["application_name"]; !ok {
		config.ConnConfig.RuntimeParams["application_name"] = "homeroom"
	}
	dialer := net.Dialer{Timeout: config.ConnConfig.ConnectTimeout, KeepAliveConfig: keepAlive}
	config.ConnConfig.DialFunc = dialer.DialContext
	// A connection that died in the pool is noticed when it is used, and replaced: see onLive. Asking it before each
	// use would cost a round trip.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	return config, nil
}

// misread says what is wrong with a URL, without its passwords.
func misread(text string, err error) error {
	given, parseErr := url.Parse(text)
	if parseErr != nil {
		return errURL
	}
	_, reason, ok := strings.Cut(err.Error(), "`: ") // the URL stands before it
	if !ok {
		return errURL
	}
	password, _ := given.User.Password()
	for _, secret := range []string{password, given.Query().Get("password"), given.Query().Get("sslpassword")} {
		if secret != "" {
			reason = strings.ReplaceAll(reason, secret, "xxxxx")
		}
	}
	return fmt.Errorf("the database's URL is not understood: %s", oneLine(reason))
}

// oneLine joins lines.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
