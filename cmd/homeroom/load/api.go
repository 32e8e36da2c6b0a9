package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	callWait   = 30 * time.Second      // for one answer
	firstPause = 50 * time.Millisecond // before a call is tried again; doubled each time
	mostPause  = 2 * time.Second       // unless the service asks for more
	mostAsked  = 30 * time.Second      // of what it may ask for
	maxAnswer  = 1 << 20               // bytes
	maxDetail  = 300                   // characters of an answer that an error shows
)

// api calls the service.
type api struct {
	base string
	http *http.Client
}

func newAPI(base string, connections int) *api {
	return &api{base, &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: connections, DisableCompression: true,
	}, Timeout: callWait}}
}

// call is one request. With a key it may be repeated, as may be what is no POST.
type call struct {
	method, path string
	token, key   string
	body         []byte
}

// answer is how a call went.
type answer struct {
	status   int
	body     []byte
	replayed bool // it was made before, by an attempt whose answer was lost
	attempts int
	after    time.Duration // when to try again, if that was said
}

// into decodes the body.
func (a *answer) into(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return fmt.Errorf("answer %.*q: %w", maxDetail, a.body, err)
	}
	return nil
}

// refusal is an answer that no repetition changes.
type refusal struct {
	what   string
	status int
	detail string
}

func (r *refusal) Error() string {
	if r.status == http.StatusUnauthorized {
		r.detail += " (the tokens must be signed with the service's own secret: set HOMEROOM_JWT_SECRET or --data as it has them)"
	}
	return fmt.Sprintf("%s: %d %s: %s", r.what, r.status, http.StatusText(r.status), r.detail)
}

// detail is what an answer says about why it refuses.
func detail(body []byte) string {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		return problem.Detail
	}
	return fmt.Sprintf("%.*q", maxDetail, body)
}

// passing reports whether a status is of a condition that passes by itself.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// do makes a call until it is answered, and that not by something that passes.
func (a *api) do(ctx context.Context, c call) (answer, error) {
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, min(2*pause, mostPause) {
		got, err := a.once(ctx, c)
		got.attempts = attempt
		switch {
		case err == nil && got.status < http.StatusMultipleChoices:
			return got, nil
		case err == nil && !passing(got.status):
			return got, &refusal{c.method + " " + c.path, got.status, detail(got.body)}
		}
		wait := max(pause/2+rand.N(pause), min(got.after, mostAsked))
		if !sleep(ctx, wait) {
			if err == nil {
				err = &refusal{c.method + " " + c.path, got.status, detail(got.body)}
			}
			return got, fmt.Errorf("not answered in %d attempts: %w", attempt, err)
		}
	}
}

// once makes a call once.
func (a *api) once(ctx context.Context, c call) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, c.method, a.base+c.path, bytes.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	got := answer{status: resp.StatusCode, body: body, replayed: resp.Header.Get("Idempotency-Replayed") == "true"}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		got.after = time.Duration(seconds) * time.Second
	}
	return got, nil
}

// sleep waits, and reports whether ctx lasted.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
