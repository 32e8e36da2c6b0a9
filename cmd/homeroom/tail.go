package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/r3labs/sse/v2"
	"gopkg.in/cenkalti/backoff.v1"

	"homeroom/cmd/homeroom/library"
)

const (
	maxFrame  = 1 << 20         // bytes; above any frame that the service sends
	tailRetry = 2 * time.Second // until the stream says otherwise
	maxDetail = 64 << 10        // bytes of an error's answer
)

// tailCommand follows a class. It reads the stream with a client that isn't ours, as anybody's client would.
type tailCommand struct {
	Class string `arg:"" help:"Id of the class."`
	URL   string `env:"HOMEROOM_URL" default:"http://127.0.0.1:8080" help:"Where the service is."`
	Token string `env:"HOMEROOM_TOKEN" help:"Token to read with; make one with: homeroom token --sub USER."`
	After string `help:"Cursor to go on from; without one: from now on."`
}

// errLasting marks an answer that no retry changes.
type errLasting struct{ error }

// Run prints events until a signal, coming back by itself when the connection ends.
func (c *tailCommand) Run(ctx context.Context) error {
	if c.Token == "" {
		return errors.New("tail needs a token: set HOMEROOM_TOKEN, or --token")
	}
	tail := &tail{print: printJSON, retry: tailRetry}
	if isatty.IsTerminal(os.Stdout.Fd()) {
		tail.print = newTerminal(os.Stdout, os.Getenv("NO_COLOR") == "").print
	}
	client := sse.NewClient(c.URL+"/v1/classes/"+url.PathEscape(c.Class)+"/stream", sse.ClientMaxBufferSize(maxFrame))
	client.Headers["Authorization"] = "Bearer " + c.Token
	client.ReconnectStrategy = &backoff.StopBackOff{} // tail comes back when the stream says, not when the library does
	client.ResponseValidator = validate
	if c.After != "" {
		client.LastEventID.Store([]byte(c.After))
	}
	for {
		err := client.SubscribeRawWithContext(ctx, tail.take)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // a signal ended it, which is how one ends tail
		}
		if tail.failed != nil {
			return tail.failed
		}
		if lasting, ok := errors.AsType[errLasting](err); ok {
			return lasting.error
		}
		wait := tail.retry/2 + rand.N(tail.retry)
		fmt.Fprintf(os.Stderr, "homeroom: connection ended (%v); coming back in %s\n", orEnd(err), wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// orEnd names an end without an error.
func orEnd(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// validate tells a stream from a refusal. A refusal of the caller lasts; a fault of the service passes.
func validate(_ *sse.Client, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		resp.Body = library.Whole(resp.Body, maxFrame)
		return nil
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	var problem struct{ Detail string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxDetail)).Decode(&problem); err != nil {
		problem.Detail = "no detail"
	}
	err := fmt.Errorf("%s: %s", resp.Status, problem.Detail)
	if resp.StatusCode < http.StatusInternalServerError && resp.StatusCode != http.StatusTooManyRequests {
		return errLasting{err}
	}
	return err
}

// tail takes frames to where they are printed.
type tail struct {
	print  func(*sse.Event) error
	retry  time.Duration
	failed error // of printing: nobody reads any more
}

func (t *tail) take(e *sse.Event) {
	if ms, err := strconv.Atoi(string(e.Retry)); err == nil && ms > 0 {
		t.retry = time.Duration(ms) * time.Millisecond
	}
	if t.failed == nil {
		t.failed = t.print(e)
	}
}

// printJSON prints each frame's data on a line, for scripts. Heartbeats are left out.
func printJSON(e *sse.Event) error {
	if string(e.Event) == "heartbeat" {
		return nil
	}
	_, err := os.Stdout.Write(append(e.Data, '\n'))
	return err
}
