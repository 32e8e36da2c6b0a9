package harness

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Options say which server to start. The zero value is a server on SQLite in
// a folder of its own, with [Secret], on a port that the system chooses.
type Options struct {
	Database    string   // SQLite (default) or Postgres, which gives it a new database
	DatabaseURL string   // an existing PostgreSQL database, instead
	Data        string   // data folder; default: a new one
	Addr        string   // default 127.0.0.1:0
	Env         []string // further environment, KEY=value
	Args        []string // further flags of serve
	Development bool     // no secret: the server makes its own
	Limits      bool     // limits as by default; else none, since most stories do more than a person would
	Files       int      // descriptors that it may have; 0: as many as we have
	TLS         bool     // over TLS, with a certificate of Server.Authority

	Claims map[string]any // further claims of every token that As makes, where the server wants them
}

// Server is a running homeroom process, or one between two runs.
type Server struct {
	URL     string // http://host:port, the same over restarts; https with Options.TLS
	Data    string // data folder
	DataURL string // database URL, empty for SQLite

	Authority *Authority // with Options.TLS

	tb        testing.TB
	opts      Options
	addr      string
	proc      *process
	runs      []*Log
	transport *http.Transport
}

// Start runs a server and waits until it listens. It is stopped with the test,
// which fails if the server does not stop cleanly or has panicked or raced.
func Start(tb testing.TB, opts Options) *Server {
	tb.Helper()
	s := &Server{tb: tb, opts: opts, Data: opts.Data, DataURL: opts.DatabaseURL, addr: opts.Addr}
	if s.Data == "" {
		s.Data = tb.TempDir()
	}
	if s.DataURL == "" {
		s.DataURL = databaseURL(tb, opts.Database)
	}
	if s.addr == "" {
		s.addr = "127.0.0.1:0"
	}
	if opts.TLS {
		s.Authority = NewAuthority(tb)
	}
	s.transport = s.Authority.Transport()
	tb.Cleanup(s.cleanup)
	s.run()
	return s
}

// newTransport is one that many concurrent clients can share.
func newTransport() *http.Transport {
	return &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 256, DisableCompression: true}
}

// run starts the process and learns its address.
func (s *Server) run() {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), Patience)
	defer cancel()
	for {
		s.proc = s.launch()
		s.runs = append(s.runs, s.proc.log)
		var listening Record
		s.proc.log.bell.until(ctx, func() bool {
			listening = s.proc.log.find("listening", nil)
			return listening != nil || s.proc.log.hasEnded()
		})
		if listening != nil {
			if s.URL == "" { // a restart keeps them, while followers read them
				s.addr = listening.Text("addr")
				s.URL = s.scheme() + s.addr
			}
			return
		}
		last := tail(s.proc.log.Lines(), 40)
		// Between two runs of a server its port belongs to nobody, and a
		// passing connection of another test may hold it for a moment.
		if s.URL == "" || !strings.Contains(last, "address already in use") || !pause(ctx, glance) {
			s.tb.Fatalf("homeroom does not listen; it said:\n%s", last)
		}
	}
}

func (s *Server) launch() *process {
	s.tb.Helper()
	if s.opts.Files > 0 {
		return launchLimited(s.tb, s.opts.Files, s.args(), s.env())
	}
	return launch(s.tb, s.args(), s.env())
}

func (s *Server) args() []string {
	args := []string{"serve", "--addr", s.addr, "--data", s.Data, "--log", "json"}
	if !s.opts.Limits {
		args = append(args, "--limits", "off")
	}
	if s.opts.TLS {
		args = append(args, "--tls-cert", s.Authority.Cert, "--tls-key", s.Authority.Key)
	}
	return append(args, s.opts.Args...)
}

func (s *Server) scheme() string {
	if s.opts.TLS {
		return "https://"
	}
	return "http://"
}

func (s *Server) env() []string {
	var env []string
	if !s.opts.Development {
		env = append(env, "HOMEROOM_JWT_SECRET="+Secret)
	}
	if s.DataURL != "" {
		env = append(env, "HOMEROOM_DATABASE_URL="+s.DataURL)
	}
	return append(env, s.opts.Env...)
}

// PID is the process id of the current run.
func (s *Server) PID() int { return s.proc.cmd.Process.Pid }

// Addr is host:port.
func (s *Server) Addr() string { return s.addr }

// Logs is what the current run has logged.
func (s *Server) Logs() *Log { return s.proc.log }

// CloseIdle closes the connections of the clients that have no request on them.
func (s *Server) CloseIdle() { s.transport.CloseIdleConnections() }

// Stdout is what the current run has printed.
func (s *Server) Stdout() *Output { return s.proc.stdout }

// Kill9 ends the process as a power cut would, and waits until it is gone.
func (s *Server) Kill9() {
	s.tb.Helper()
	s.proc.signal(s.tb, syscall.SIGKILL)
	s.proc.wait(s.tb)
	s.examine()
	s.transport.CloseIdleConnections()
}

// Signal sends a signal and does not wait for anything.
func (s *Server) Signal(sig syscall.Signal) {
	s.tb.Helper()
	s.proc.signal(s.tb, sig)
}

// WaitExit waits until the process has ended and returns its exit code.
func (s *Server) WaitExit() int {
	s.tb.Helper()
	code := s.proc.wait(s.tb)
	s.transport.CloseIdleConnections()
	return code
}

// Terminate asks the server to stop and returns its exit code.
func (s *Server) Terminate() int {
	s.tb.Helper()
	s.proc.signal(s.tb, syscall.SIGTERM)
	code := s.WaitExit()
	s.examine()
	return code
}

// Restart runs the server again, on the same port and data. It must be down.
func (s *Server) Restart() {
	s.tb.Helper()
	if s.proc.running() {
		s.tb.Fatal("restart of a server that still runs")
	}
	s.run()
}

// WaitLog waits for a log record of the current run with this message and
// these attributes.
func (s *Server) WaitLog(tb testing.TB, msg string, attrs map[string]string) Record {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	var found Record
	log := s.proc.log
	if !log.bell.until(ctx, func() bool {
		found = log.find(msg, attrs)
		return found != nil
	}) {
		tb.Fatalf("no log record %q with %v", msg, slices.Sorted(maps.Keys(attrs)))
	}
	return found
}

// examine fails the test if the run that has just ended panicked or raced.
func (s *Server) examine() {
	if noise := s.proc.log.Noise(); len(noise) > 0 {
		s.tb.Errorf("homeroom wrote to stderr what is no log record:\n%s", tail(noise, 200))
	}
}

func (s *Server) cleanup() {
	if s.proc == nil {
		return
	}
	if s.proc.running() {
		s.proc.signal(s.tb, syscall.SIGTERM)
		if code := s.proc.wait(s.tb); code != 0 {
			s.tb.Errorf("homeroom ended with exit code %d", code)
		}
		s.examine()
	}
	s.transport.CloseIdleConnections()
	if s.tb.Failed() {
		s.tb.Logf("from the server's log:\n%s", s.story())
	}
}

// story is what a failed test shows of the log: what worried the server in
// any run, and how the last one ended.
func (s *Server) story() string {
	var worries []string
	for _, log := range s.runs {
		worries = append(worries, log.worries()...)
	}
	return tail(worries, 60) + "\n...\n" + tail(s.proc.log.Lines(), 20)
}
