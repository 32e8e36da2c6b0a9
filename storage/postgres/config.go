package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// keepAlive finds out within half a minute that an idle connection leads nowhere any more.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// errURL says how a database's URL looks. It quotes nothing of what was given: where the password of a URL that can't
// be parsed begins and ends is anybody's guess.
var errURL = errors.New("the database's URL is not understood: want postgres://user:password@host:5432/database," +
	" with special characters of user and password percent-encoded")

// configure reads the URL. What it leaves open is set here.
func configure(text string) (*pgxpool.Config, error) {
	given, err := url.Parse(text)
	if err != nil || given.Scheme != "postgres" && given.Scheme != "postgresql" || strings.Contains(given.Path, "@") {
		return nil, errURL
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("the database's URL is not understood: %s", reason(given, err))
	}
	if !given.Query().Has("pool_max_conns") {
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

// reason is what is wrong with a URL's options, without its passwords.
func reason(given *url.URL, err error) string {
	_, text, ok := strings.Cut(err.Error(), "`: ") // the URL stands before it
	if !ok {
		text = err.Error()
	}
	password, _ := given.User.Password()
	for _, secret := range []string{password, given.Query().Get("password"), given.Query().Get("sslpassword")} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	return oneLine(text)
}

// oneLine joins lines.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
