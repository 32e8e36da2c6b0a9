package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

// streamToken is what POST /v1/stream-tokens answers.
type streamToken struct {
	Token     string    `json:"token"`
	Class     string    `json:"class"`
	ExpiresAt time.Time `json:"expires_at"`
}

// mintStreamToken makes a token for the stream of a class.
func mintStreamToken(t *testing.T, c *harness.Client, class string) streamToken {
	t.Helper()
	var made streamToken
	c.Do("POST", "/v1/stream-tokens", map[string]string{"class": class}).Want(http.StatusCreated).Into(&made)
	return made
}

// by is a position that is opened with the token alone.
func (s streamToken) by() harness.Position {
	return harness.Position{Query: url.Values{"stream_token": {s.Token}}}
}

// TestStreamToken is about tokens, which no database has a part in.
func TestStreamToken(t *testing.T) {
	t.Parallel()
	const ttl = 4 * time.Second
	r := openRoom(t, harness.Options{Args: []string{"--stream-token-ttl", ttl.String(), "--cors-origins", school}})
	nobody := r.srv.With(t, "")
	stream := r.path("stream") + "?stream_token="

	t.Run("it opens the stream of its class, from another origin and as often as it is asked to", func(t *testing.T) {
		made := mintStreamToken(t, r.as(t, ben), r.class)
		if made.Class != r.class || time.Until(made.ExpiresAt) > ttl {
			t.Errorf("made %+v", made)
		}
		first := r.srv.With(t, "").Stream(r.class, made.by())
		first.Ready()
		r.as(t, anna).Post(r.class, "to a page elsewhere")
		first.WaitFor("the message", harness.Created("to a page elsewhere"))
		again := made.by()
		again.LastEventID = first.Cursor()
		r.srv.With(t, "").Stream(r.class, again).Ready()
		resp, err := nobody.Dial(t.Context(), harness.Call{Method: "GET", Path: stream + made.Token, Header: map[string]string{"Origin": school}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != school {
			t.Errorf("status %d, %v", resp.StatusCode, resp.Header)
		}
	})

	t.Run("then it opens nothing more, and what is open goes on", func(t *testing.T) {
		made := mintStreamToken(t, r.as(t, ben), r.class)
		open := r.srv.With(t, "").Stream(r.class, made.by())
		open.Ready()
		harness.Eventually(t, "the token expires", func() bool {
			return nobody.Get(stream+made.Token+"&limit=0").Status == http.StatusUnauthorized
		})
		nobody.Get(stream+made.Token).WantProblem(http.StatusUnauthorized, "token_expired")
		r.as(t, anna).Post(r.class, "after that")
		open.WaitFor("the message", harness.Created("after that"))
		fresh := mintStreamToken(t, r.as(t, ben), r.class).by()
		fresh.LastEventID = open.Cursor()
		r.srv.With(t, "").Stream(r.class, fresh).Ready()
	})

	t.Run("neither it nor its stream outlives the token that it was made with", func(t *testing.T) {
		parent := time.Now().Add(2 * time.Second).Truncate(time.Second)
		made := mintStreamToken(t, r.srv.With(t, hs256(t, with(ben, map[string]any{"exp": parent.Unix()}))), r.class)
		if !made.ExpiresAt.Equal(parent) {
			t.Errorf("it expires at %v, its parent at %v", made.ExpiresAt, parent)
		}
		r.srv.With(t, "").Stream(r.class, made.by()).WaitClosing("token_expired")
	})

	t.Run("it does nothing else", func(t *testing.T) {
		other := furnish(t, r.srv)
		token := mintStreamToken(t, r.as(t, anna), r.class).Token
		nobody.Get(other.path("stream")+"?stream_token="+token).WantProblem(http.StatusUnauthorized, "token_invalid")
		for _, path := range []string{"/v1/stream", r.path("events"), r.path(), r.path("messages"), "/v1/notifications"} {
			nobody.Get(path+"?stream_token="+token).WantProblem(http.StatusUnauthorized, "token_missing")
			r.srv.With(t, token).Get(path).WantProblem(http.StatusUnauthorized, "token_invalid")
			nobody.Get(path, "Cookie", sessionCookie+"="+token).WantProblem(http.StatusUnauthorized, "token_invalid")
		}
		r.srv.With(t, token).Get(r.path("stream")).WantProblem(http.StatusUnauthorized, "token_invalid")
		for _, path := range []string{r.path("stream"), r.path("messages"), "/v1/session", "/v1/stream-tokens"} {
			if resp := nobody.Do("POST", path+"?stream_token="+token, `{"text":"x"}`); resp.Status/100 == 2 {
				t.Errorf("POST %s: status %d", path, resp.Status)
			}
		}
		body := map[string]string{"class": r.class}
		r.srv.With(t, token).Do("POST", "/v1/stream-tokens", body).WantProblem(http.StatusUnauthorized, "token_invalid")
	})

	t.Run("no other token is one, nor is it with a letter less", func(t *testing.T) {
		token := mintStreamToken(t, r.as(t, ben), r.class).Token
		cookie := openSession(t, r.as(t, ben))
		for _, text := range []string{
			"", "x", cookie.Value, ben.Token(t, time.Hour), token[:len(token)-1], token + ".e30", strings.ToUpper(token), "Bearer%20" + token,
		} {
			nobody.Get(stream+text).WantProblem(http.StatusUnauthorized, "token_invalid")
		}
		nobody.Get(stream+token+"&stream_token="+token).WantProblem(http.StatusBadRequest, "invalid_query")
	})

	t.Run("it doesn't go with a header; a cookie beside it doesn't count", func(t *testing.T) {
		made := mintStreamToken(t, r.as(t, ben), r.class)
		r.as(t, ben).Get(stream+made.Token).WantProblem(http.StatusBadRequest, "invalid_query")
		both := nobody.Holding(&http.Cookie{Name: sessionCookie, Value: "x"})
		both.Stream(r.class, made.by()).Ready()
	})

	t.Run("the membership counts when the stream is opened", func(t *testing.T) {
		made := mintStreamToken(t, r.as(t, dora), r.class)
		r.as(t, anna).RemoveMember(r.class, dora)
		nobody.Get(stream+made.Token).WantProblem(http.StatusNotFound, "not_found")
	})

	t.Run("it is made for who may read the class, and with a bearer token", func(t *testing.T) {
		body := map[string]string{"class": r.class}
		r.as(t, eve).Do("POST", "/v1/stream-tokens", body).WantProblem(http.StatusNotFound, "not_found")
		r.srv.With(t, "").Stream(r.class, mintStreamToken(t, r.as(t, root), r.class).by()).Ready()
		nobody.Do("POST", "/v1/stream-tokens", body).WantProblem(http.StatusUnauthorized, "token_missing")
		nobody.Holding(openSession(t, r.as(t, ben))).Do("POST", "/v1/stream-tokens", body).WantProblem(http.StatusUnauthorized, "token_missing")
		for _, wrong := range []string{`{}`, `{"class":null}`, `{"class":"x"}`, `{"class":""}`} {
			r.as(t, ben).Do("POST", "/v1/stream-tokens", wrong).WantProblem(http.StatusUnprocessableEntity, "invalid_field")
		}
		r.as(t, ben).Do("POST", "/v1/stream-tokens", `{"class":"`+r.class+`","ttl":1}`).WantProblem(http.StatusBadRequest, "invalid_body")
	})
}
