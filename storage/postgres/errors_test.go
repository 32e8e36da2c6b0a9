package postgres

import (
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"homeroom/storage"
	"homeroom/test/pgtest"
)

func TestOpenSaysInOneLineWhatIsWrong(t *testing.T) {
	t.Parallel()
	there, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		u := *there
		change(&u)
		return u.String()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	listener.Close()
	stranger := serve(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })

	for name, c := range map[string]struct {
		url  string
		want string
		away bool
	}{
		"empty":             {"", "postgres://", false},
		"other scheme":      {"mysql://user:s3cret@localhost/db", "postgres://", false},
		"no scheme":         {"host=localhost password=s3cret", "postgres://", false},
		"odd port":          {"postgres://user:s3cret@localhost:x/db", "postgres://", false},
		"raw slash":         {"postgres://user:s3/cret@localhost/db", "postgres://", false},
		"raw slash, digits": {"postgres://user:54/s3cret@localhost/db", "percent-encoded", false},
		"raw percent":       {"postgres://user:s3cret%@localhost/db", "percent-encoded", false},
		"line break":        {"postgres://user:s3cret@localhost/db\n", "postgres://", false},
		"odd option":        {"postgres://user:s3cret@localhost/db?pool_max_conns=s3cret", "pool_max_conns", false},
		"odd sslmode":       {"postgres://user:s3cret@localhost/db?sslmode=s3cret", "sslmode", false},
		"nobody there":      {"postgres://user:s3cret@" + closed + "/db", closed, true},
		"no such database":  {with(func(u *url.URL) { u.Path = "/nosuch"; u.User = url.UserPassword("postgres", "s3cret") }), `database "nosuch" does not exist`, false},
		"no such user":      {with(func(u *url.URL) { u.User = url.UserPassword("nosuch", "s3cret") }), `role "nosuch" does not exist`, false},
		"another service":   {"postgres://user:s3cret@" + stranger + "/db", stranger, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), c.url)
			if err == nil {
				t.Fatal(s.Close())
			}
			text := err.Error()
			if !strings.Contains(text, c.want) || strings.ContainsAny(text, "\n\r") || strings.Contains(text, "cret") {
				t.Errorf("error %q, want one line with %q and without the password", text, c.want)
			}
			if errors.Is(err, storage.ErrUnavailable) != c.away {
				t.Errorf("error %q; it passes: %v", text, !c.away)
			}
		})
	}
}

func TestAWrongPasswordIsSaidToBeWrong(t *testing.T) {
	config, err := configure("postgres://user:s3cret@db.example:5433/homeroom")
	if err != nil {
		t.Fatal(err)
	}
	refused := &pgconn.PgError{SeverityUnlocalized: "FATAL", Code: "28P01", Message: `password authentication failed for user "user"`}
	err = explain(config.ConnConfig, errors.Join(errors.New("migrate"), refused))
	if got, want := err.Error(), `PostgreSQL at db.example:5433: password authentication failed for user "user" (SQLSTATE 28P01)`; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	if errors.Is(err, storage.ErrUnavailable) {
		t.Error("it is said to pass")
	}
}

func TestANameThatLeadsNowhereIsSaidOnce(t *testing.T) {
	config, err := configure("postgres://user:s3cret@nowhere.invalid/homeroom")
	if err != nil {
		t.Fatal(err)
	}
	lookup := &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}
	err = explain(config.ConnConfig, errors.Join(lookup, lookup)) // with TLS, and without
	if got, want := err.Error(), "database unavailable: PostgreSQL at nowhere.invalid:5432: lookup nowhere.invalid: no such host"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestWhatTheServerSaysOfItselfPasses(t *testing.T) {
	for code, want := range map[string]bool{
		"08006": true, "53100": true, "53300": true, "57P01": true, "57014": true, "58030": true, "25006": true, "55P03": true,
		"23505": false, "40P01": false, "42P01": false, "22021": false,
	} {
		if got := passes(&pgconn.PgError{SeverityUnlocalized: "ERROR", Code: code}); got != want {
			t.Errorf("%s passes: %v", code, got)
		}
	}
	if !passes(&pgconn.PgError{SeverityUnlocalized: "FATAL", Code: "28P01"}) {
		t.Error("a session that the server ended is said to go on")
	}
}

// serve listens for connections until the test's end, and returns the address.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			handle(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}
