package r3labs_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/r3labs/sse/v2"
)

const (
	childEnv = "HOMEROOM_TEST_R3LABS" // set: the test binary is the server to be measured
	stream   = "class"                // the only stream of the servers here
)

// newServer is r3labs' server with a stream, behind HTTP, in this process.
func newServer(t *testing.T, replay bool) (*sse.Server, string) {
	t.Helper()
	server := sse.New()
	server.AutoReplay = replay
	server.CreateStream(stream)
	listening := httptest.NewServer(server)
	t.Cleanup(func() {
		server.Close()
		listening.CloseClientConnections()
		listening.Close()
	})
	return server, listening.URL + "/?stream=" + stream
}

// publish gives the server an event with data only.
func publish(server *sse.Server, data string) {
	server.Publish(stream, &sse.Event{Data: []byte(data)})
}

// serveChild is r3labs' server as a process of its own: it streams at GET /
// and publishes the body of a POST. It keeps no log, which is its fastest.
func serveChild() {
	server := sse.New()
	server.AutoReplay = false
	server.CreateStream(stream)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			server.ServeHTTP(w, r)
			return
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		server.Publish(stream, &sse.Event{ID: []byte("1"), Event: []byte("message.created"), Data: text})
		w.WriteHeader(http.StatusCreated)
	})))
	os.Exit(1)
}

// startChild starts the child and returns its URL and process id.
func startChild(tb testing.TB) (url string, pid int) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("the child tells no address: %v", err)
	}
	return "http://" + strings.TrimSpace(addr), cmd.Process.Pid
}
