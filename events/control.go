package events

import (
	"math/rand/v2"
	"time"
)

// Reason says why a stream ended. It is on the wire in stream.closing, in the log and in the metrics.
type Reason string

// Reasons that the client is told in stream.closing.
const (
	ReasonShutdown       Reason = "shutdown"          // this node stops; come back, to any node
	ReasonTokenExpired   Reason = "token_expired"     // come back with a new token
	ReasonRemoved        Reason = "removed"           // no longer a member
	ReasonClassDeleted   Reason = "class_deleted"     // the class is gone
	ReasonEpochChanged   Reason = "epoch_changed"     // the log was restored from a backup; come back for a resync
	ReasonUnavailable    Reason = "unavailable"       // the log can't be read right now; come back
	ReasonLimit          Reason = "limit_reached"     // as many events as were asked for
	ReasonBehind         Reason = "behind"            // this node lost touch with the log; come back
	ReasonKicked         Reason = "kicked"            // an admin closed it
	ReasonOverloaded     Reason = "overloaded"        // this node takes no more streams for now; come back
	ReasonSuperseded     Reason = "superseded"        // the user has opened more streams than it may have; this was the oldest
	ReasonCrowded        Reason = "too_many_streams"  // there is no place for now, by a cap of [Config]; come back
	ReasonTooMany        Reason = "too_many_requests" // the user, or the address, opened too many; come back later
	ReasonSessionRevoked Reason = "session_revoked"   // its session ended; come back with a new token
)

// Reasons of which the client can't be told, since the connection is gone or stuck.
const (
	ReasonClientGone Reason = "client_gone" // the client ended the connection
	ReasonSlowReader Reason = "slow_reader" // its queue overflowed
	ReasonWrite      Reason = "write_error" // a write failed or missed its deadline
)

// untold reports whether the client can't be told of the reason.
func (r Reason) untold() bool {
	return r == ReasonClientGone || r == ReasonSlowReader || r == ReasonWrite
}

// ready is the payload of stream.ready.
type ready struct {
	Type        Type     `json:"type"`
	Class       *string  `json:"class"` // null on the stream of all classes
	Cursor      string   `json:"cursor"`
	Connection  string   `json:"connection"`
	HeartbeatMS int64    `json:"heartbeat_ms"`
	RetryMS     int64    `json:"retry_ms"`
	At          Time     `json:"at"`
	Classes     []string `json:"classes"` // those that the stream carries
	Omitted     bool     `json:"omitted"` // whether the user has more than a stream carries
}

// closing is the payload of stream.closing.
type closing struct {
	Type    Type   `json:"type"`
	Reason  Reason `json:"reason"`
	RetryMS int64  `json:"retry_ms"`
}

// heartbeat is the payload of heartbeat.
type heartbeat struct {
	Type Type `json:"type"`
	At   Time `json:"at"`
}

// ResyncReason says why a cursor could not be honoured.
type ResyncReason string

// The reasons of a resync.
const (
	ResyncTrimmed ResyncReason = "trimmed" // history after the cursor is no longer kept
	ResyncEpoch   ResyncReason = "epoch"   // the cursor is of another log: a backup was restored
	ResyncAhead   ResyncReason = "ahead"   // the cursor is past the end of the log
)

// Lost is a range of seqs of a class's channel, both ends included.
type Lost struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// resync is the payload of resync.
type resync struct {
	Type   Type         `json:"type"`
	Class  *string      `json:"class"` // null for all classes
	Reason ResyncReason `json:"reason"`
	Lost   *Lost        `json:"lost"`   // null where it can't be known
	Reload []string     `json:"reload"` // paths whose lists replace what was lost
	Cursor string       `json:"cursor"` // where the stream goes on
}

// jitter draws a reconnection time from half to one and a half times d, so that those who lost their
// connection together don't come back together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d+1)
}

// orNull is a text, or null for none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
