package handlers

import (
	"context"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// visit is what the server remembers of a stream while it is open. It is all that stays of the request, so it is small.
type visit struct {
	server     *Server
	principal  storage.Principal
	class      string // "" for all classes
	connection string
	opened     time.Time
}

// begin notes that a stream was opened.
func (s *Server) begin(p storage.Principal, class string, stream *events.Stream, resumed bool) *visit {
	v := &visit{server: s, principal: p, class: class, connection: stream.Connection, opened: time.Now()}
	s.log.Info("stream opened", "connection", v.connection, "class", class, "user", p.User, "resumed", resumed)
	return v
}

// end stores where the stream ended. It comes before the response ends, so that a client that has seen the end of a
// stream can rely on it; and also for a client that is gone.
func (v *visit) end(ended events.Ended) {
	log := v.server.log.With("connection", v.connection, "class", v.class, "user", v.principal.User)
	if err := v.keepPosition(ended.Cursor); err != nil {
		log.Warn("position not stored", "error", err)
	}
	log = log.With("reason", string(ended.Reason), "duration_ms", time.Since(v.opened).Milliseconds(),
		"events", ended.Events, "bytes", ended.Bytes)
	if ended.Err != nil {
		log = log.With("error", ended.Err)
	}
	log.Info("stream closed")
}

// keepPosition is for resume=last.
func (v *visit) keepPosition(at events.Cursor) error {
	if v.class == "" || at.IsZero() { // the stream of all classes; a stream of which nothing was written
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), positionWait)
	defer cancel()
	return v.server.store.PutPosition(ctx, v.principal, v.class, at)
}
