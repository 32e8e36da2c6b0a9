package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// TestTokensAreNowhereInTheOutput uses every kind of token in every way, right and wrong, and then looks for them in all
// that came out: answers, the log at its most talkative, and metrics.
func TestTokensAreNowhereInTheOutput(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Env: []string{"HOMEROOM_LOG_LEVEL=debug"}, Args: []string{"--cors-origins", school}})
	r.as(t, anna).AddMember(r.class, finn, "student")
	nobody := r.srv.With(t, "").Unchecked()
	bearer := issued(t, ben, time.Now().Add(-time.Minute))
	ofFinn := issued(t, finn, time.Now().Add(-time.Minute))
	session := openSession(t, r.srv.With(t, bearer))
	tokens := map[string]string{
		"bearer token":          bearer,
		"expired bearer token":  hs256(t, with(ben, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})),
		"session":               session.Value,
		"stream token":          mintStreamToken(t, r.srv.With(t, bearer), r.class).Token,
		"revoked bearer token":  ofFinn,
		"revoked session":       openSession(t, r.srv.With(t, ofFinn)).Value,
		"revoked stream token":  mintStreamToken(t, r.srv.With(t, ofFinn), r.class).Token,
		"token of another key":  harness.Sign(t, "HS256", []byte(strings.Repeat("another key ", 4)), ben.Claims(time.Hour)),
		"token without dot two": strings.Join(strings.Split(bearer, ".")[1:], ""),
	}
	r.as(t, root).Do("DELETE", "/v1/admin/users/finn/sessions", nil).Want(http.StatusNoContent)

	good := "Bearer " + clio.Token(t, time.Hour)
	var out bytes.Buffer // of all answers
	for _, token := range tokens {
		for _, form := range []string{token, token[:len(token)-3], token[10:]} {
			for _, call := range misuses(r, good, form) {
				resp, err := nobody.Send(t.Context(), call)
				if err != nil {
					continue // what can't be sent can't leak
				}
				_ = resp.Header.Write(&out)
				out.Write(resp.Body)
			}
		}
		for _, text := range []string{
			"GET /v1/classes?" + token + " HTTP/1.1\r\nHost: x\r\n" + token + "\r\n\r\n",
			token + " / HTTP/1.1\r\n\r\n", "GET / " + token + "\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + token + "\r\n\r\n",
		} {
			out.WriteString(rawExchange(t, r.srv, text))
		}
	}
	streams := []*harness.Stream{
		r.srv.With(t, bearer).Stream(r.class),
		r.srv.With(t, "").Holding(session).Stream(r.class),
		r.srv.With(t, "").Stream(r.class, streamToken{Token: tokens["stream token"]}.by()),
	}
	for _, s := range streams {
		s.Ready()
	}
	r.srv.With(t, "").Holding(session).Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
	streams[1].WaitClosing("session_revoked")
	out.Write(nobody.Get("/metrics").Body)
	r.srv.Terminate()
	for _, s := range streams {
		for _, f := range s.Frames() {
			fmt.Fprintln(&out, f.Data)
		}
	}

	all := map[string]string{
		"the answers": out.String(), "the log": strings.Join(r.srv.Logs().Lines(), "\n"), "stdout": r.srv.Stdout().String(),
	}
	if !strings.Contains(all["the log"], `"msg":"request"`) || !strings.Contains(all["the log"], "[redacted]") || len(all["the answers"]) < 10_000 {
		t.Fatal("too little came out to search")
	}
	for kind, token := range tokens {
		signature := token[strings.LastIndexByte(token, '.')+1:]
		for where, text := range all {
			for what, part := range map[string]string{"it": token, "its signature": signature, "most of its signature": signature[:len(signature)-4], "its end": token[len(token)-24:]} {
				if at := strings.Index(text, part); at >= 0 {
					t.Errorf("%s: %s is in %s: …%s…", kind, what, where, text[max(0, at-120):min(len(text), at+len(part)+20)])
				}
			}
		}
	}
}

// misuses are calls with a token where it belongs, and wherever somebody might put it. Good is a header with another
// token, which nobody looks for.
func misuses(r room, good, token string) []harness.Call {
	query := url.QueryEscape(token)
	calls := []harness.Call{
		{Method: "GET", Path: "/" + url.PathEscape(token)},
		{Method: "GET", Path: "/assets/" + url.PathEscape(token)},
		{Method: "GET", Path: "/v1/classes/" + url.PathEscape(token) + "/stream"},
		{Method: "DELETE", Path: "/v1/admin/connections/" + url.PathEscape(token)},
		{Method: "PATCH", Path: r.path("members", token)},
		{Method: "GET", Path: r.path("stream") + "?limit=0&stream_token=" + query}, // which ends, if it is let in
		{Method: "GET", Path: r.path("events") + "?stream_token=" + query},
		{Method: "GET", Path: r.path() + "?access_token=" + query},
	}
	for _, authorization := range []string{"Bearer " + token, "bearer  " + token, "Token " + token, "Basic " + token, token} {
		calls = append(calls, harness.Call{Method: "GET", Path: r.path(), Header: map[string]string{"Authorization": authorization}})
	}
	for _, cookie := range []string{sessionCookie + "=" + token, "homeroom_session=" + token, token} {
		calls = append(calls, harness.Call{Method: "GET", Path: r.path(), Header: map[string]string{"Cookie": cookie}})
	}
	// Under a good token, so that what is wrong with the rest is told too.
	for _, path := range []string{
		r.path("stream") + "?stream_token=" + query, r.path("stream") + "?last_event_id=" + query, r.path("stream") + "?types=" + query,
		r.path("stream") + "?limit=" + query, r.path("stream") + "?resume=" + query, r.path("events") + "?after=" + query,
		"/v1/classes?" + query, "/v1/classes?" + query + "=1&page=" + query, "/v1/classes?page=" + query, "/v1/classes?limit=1&limit=" + query,
		r.path("messages") + "?order=" + query, r.path("messages", url.PathEscape(token)), r.path("members", token), "/v1/notifications?kind=" + query,
	} {
		calls = append(calls, harness.Call{Method: "GET", Path: path, Header: map[string]string{"Authorization": good}})
	}
	for _, body := range []string{token, `"` + token + `"`, `{"` + token + `":1}`, `{"` + token + `":1,"` + token + `":2}`, `{"text":"x","parent_id":"` + token + `"}`} {
		for _, path := range []string{r.path("messages"), "/v1/stream-tokens", "/v1/presence"} {
			calls = append(calls, harness.Call{Method: "POST", Path: path, Body: body, Header: map[string]string{"Authorization": good}})
		}
	}
	for _, header := range []string{"Idempotency-Key", "If-Match", "Last-Event-ID", "Content-Type", "Origin", "Host", "X-Request-Id", "Range", "Access-Control-Request-Headers", token} {
		for _, method := range []string{"POST", "OPTIONS", token} {
			calls = append(calls, harness.Call{
				Method: method, Path: r.path("messages"), Body: `{"text":1}`, Header: map[string]string{"Authorization": good, header: token},
			})
		}
	}
	return calls
}

// rawExchange sends bytes that no HTTP client would, and returns what is answered.
func rawExchange(t *testing.T, srv *harness.Server, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(harness.Patience))
	_, _ = io.WriteString(conn, text)
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(bufio.NewReader(conn))
	return string(answer)
}
