package postgres

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"homeroom/storage"
)

// wrap turns the errors of a server that can't be reached or can't write into [storage.ErrUnavailable].
func wrap(conn *pgxpool.Conn, err error) error {
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		if passes(said) {
			return unavailable(err)
		}
		return err
	}
	if conn.Conn().IsClosed() { // pgx closes a connection whose state it can't know
		return unavailable(err)
	}
	return err
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", storage.ErrUnavailable, err) }

// passes reports whether an error is of the server's condition and not of the statement.
func passes(said *pgconn.PgError) bool {
	if said.SeverityUnlocalized == "FATAL" || said.SeverityUnlocalized == "PANIC" {
		return true // the server ended the session
	}
	switch said.Code {
	case "25006", // read only: a standby, or a server about to be replaced
		"55P03": // a lock was not to be had within lock_timeout, where one is set
		return true
	}
	return ofClass(said,
		"08", // connection exception
		"53", // insufficient resources: disk full, out of memory, too many connections
		"57", // operator intervention: shutdown, statement_timeout
		"58", // system error: I/O
	)
}

// ofClass reports whether an error's SQLSTATE is of one of the classes (PostgreSQL's manual, appendix A).
func ofClass(said *pgconn.PgError, classes ...string) bool {
	return slices.ContainsFunc(classes, func(class string) bool { return strings.HasPrefix(said.Code, class) })
}

// explain makes one line of why a database can't be opened, without its password.
func explain(config *pgx.ConnConfig, err error) error {
	at := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		err = fmt.Errorf("PostgreSQL at %s: %s (SQLSTATE %s)", at, oneLine(said.Message), said.Code)
		if passes(said) && !ofClass(said, "28", "3D") { // a wrong user, password or database stays wrong
			return unavailable(err)
		}
		return err
	}
	if pgconn.Timeout(err) {
		return unavailable(fmt.Errorf("PostgreSQL at %s doesn't answer", at))
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return unavailable(fmt.Errorf("PostgreSQL at %s: %s", at, oneLine(failed.Error())))
	}
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		return unavailable(fmt.Errorf("PostgreSQL at %s: %s", at, oneLine(failed.Error())))
	}
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = failed.Unwrap()
	}
	return fmt.Errorf("PostgreSQL at %s: %s", at, oneLine(err.Error()))
}
