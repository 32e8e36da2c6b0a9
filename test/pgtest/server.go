package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// MaxConnections is how many clients a throwaway cluster takes at once: room for
// many packages' pools side by side, where PostgreSQL's default is 100.
const MaxConnections = 300

// superuser is the role that owns a throwaway cluster. Whoever reaches its
// socket may use it.
const superuser = "postgres"

// Server is a PostgreSQL server on a data folder of its own. [Launch] makes one;
// its methods may be called from any goroutine.
type Server struct {
	inst install
	dir  *tempDir

	mu   sync.Mutex // guards proc
	proc *process   // nil while it is down
}

// Launch makes a cluster in a temporary folder and starts it. The error is
// [ErrMissing] where PostgreSQL isn't installed.
func Launch() (*Server, error) {
	inst, err := findInstall()
	if err != nil {
		return nil, err
	}
	dir, err := newTempDir()
	if err != nil {
		return nil, err
	}
	s := &Server{inst: inst, dir: dir}
	if err := s.init(); err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// URL returns the URL of one of the server's databases.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.dir.path}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Start starts the server, if it is down, and returns once it answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		return nil
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // postgres has its own copy
	cmd := s.command("postgres",
		"-D", s.data(),
		"-c", "listen_addresses=",
		"-c", "unix_socket_directories="+s.dir.path,
		"-c", "max_connections="+strconv.Itoa(MaxConnections),
		"-c", "fsync=on",
		"-c", "timezone=Asia/Kathmandu", // UTC+05:45: no test passes by the luck of a whole hour
	)
	cmd.Stdout, cmd.Stderr = log, log
	proc, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	if err := s.await(proc); err != nil {
		said, _ := os.ReadFile(s.logFile())
		return fmt.Errorf("start postgres: %w\n%s", errors.Join(err, proc.end(syscall.SIGQUIT)), said)
	}
	s.proc = proc
	return nil
}

// Stop shuts the server down in good order, cutting its clients.
func (s *Server) Stop() error { return s.down(syscall.SIGINT) }

// Kill ends the server at once, as a crash would: the next Start recovers from its log.
func (s *Server) Kill() error { return s.down(syscall.SIGQUIT) }

// Close ends the server and removes its data. It may be called again.
func (s *Server) Close() error {
	return errors.Join(s.Kill(), s.dir.remove())
}

func (s *Server) down(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	err := s.proc.end(sig)
	s.proc = nil
	return err
}

// init makes the data folder.
func (s *Server) init() error {
	if err := s.inst.own(s.dir.path); err != nil {
		return err
	}
	args := []string{"-D", s.data(), "-U", superuser, "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C"}
	// Most installations sort text by a language's rules. With them here, a query
	// that needs the order of bytes and doesn't say so can't pass unseen.
	help, err := s.command("initdb", "--help").Output()
	if err != nil {
		return fmt.Errorf("initdb --help: %w", err)
	}
	if bytes.Contains(help, []byte("--icu-locale")) { // from version 15 on
		args = append(args, "--locale-provider=icu", "--icu-locale=en-US")
	}
	if out, err := s.command("initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir.path, "data") }

func (s *Server) logFile() string { return filepath.Join(s.dir.path, "postgres.log") }

// command prepares one of PostgreSQL's programs to run as the user that may.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.inst.bin, name), args...)
	cmd.Dir = s.dir.path // the test's own folder may be closed to that user
	cmd.SysProcAttr = s.inst.attr()
	return cmd
}

// await returns once proc answers a client, or has ended without.
func (s *Server) await(proc *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-proc.done:
			return proc.err
		case <-ctx.Done():
			return err
		}
	}
}
