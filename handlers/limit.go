package handlers

import (
	"cmp"
	"net/http"
	"time"

	"homeroom/storage"
)

// The defaults of Limits, in calls a minute. A user's are far above what a person with some tabs does, and far below
// what spoils it for others. An address's are what a school of some hundred people needs that share one.
const (
	DefaultPostLimit           = 60
	DefaultPostAddressLimit    = 1200
	DefaultEditLimit           = 120
	DefaultEditAddressLimit    = 2400
	DefaultMarkLimit           = 600 // receipts go out as fast as one scrolls
	DefaultMarkAddressLimit    = 24_000
	DefaultTypingLimit         = 120 // six times what somebody who types all the time sends
	DefaultTypingAddressLimit  = 4800
	DefaultJoinLimit           = 10 // enough for typing errors, and far too few to guess a code
	DefaultJoinAddressLimit    = 120
	DefaultTokenLimit          = 60
	DefaultTokenAddressLimit   = 1200
	DefaultConnectLimit        = 60
	DefaultConnectAddressLimit = 6000
	DefaultPollLimit           = 240 // in a lively class each poll is answered at once
	DefaultPollAddressLimit    = 24_000
	DefaultReadLimit           = 1200
	DefaultReadAddressLimit    = 24_000
	// DefaultBadTokenLimit is how many bad tokens an address may send before it is told to wait.
	DefaultBadTokenLimit = 120
)

// limitWindow is what all limits are counted over.
const limitWindow = time.Minute

// Limit is how many calls of a kind are answered a minute.
type Limit struct {
	User    int // of each user
	Address int // from each address, which a whole school may share
}

// or has defaults for what is zero.
func (l Limit) or(user, address int) Limit {
	return Limit{User: cmp.Or(l.User, user), Address: cmp.Or(l.Address, address)}
}

// Limits bound what each user and each address may do. What is zero is as by default.
type Limits struct {
	Post    Limit // what makes something new: messages, announcements, assignments, notices, classes
	Edit    Limit // what changes or deletes something
	Mark    Limit // receipts, presence, acknowledgements, what is read
	Typing  Limit
	Join    Limit // attempts to join a class with a code
	Token   Limit // sessions, and tokens for streams
	Connect Limit // opening a stream
	Poll    Limit // long polls
	Read    Limit // everything else

	// BadToken is how many bad tokens an address may send.
	BadToken int
	// StaffFactor is how many times a user's limits those have whose global role is teacher or admin; 0: they have none. Scripts
	// and bridges of a school call as such, and are known by name. It has no part in joining and tokens, nor in addresses.
	StaffFactor int
}

// limitKind is a kind of calls that are counted together.
type limitKind int

const (
	posting limitKind = iota
	editing
	marking
	typing
	joining
	minting
	leaving
	connecting
	polling
	reading
	badToken
	limitKinds
)

// limitRow is a row of the table of limits.
type limitRow struct {
	name string
	Limit
	staff     bool // binds teachers and admins like everybody
	strangers bool // of calls without a good token
}

// table is all limits there are. Zero is none.
func (l Limits) table() [limitKinds]limitRow {
	token := l.Token.or(DefaultTokenLimit, DefaultTokenAddressLimit)
	return [...]limitRow{
		posting:    {name: "post", Limit: l.Post.or(DefaultPostLimit, DefaultPostAddressLimit)},
		editing:    {name: "edit", Limit: l.Edit.or(DefaultEditLimit, DefaultEditAddressLimit)},
		marking:    {name: "mark", Limit: l.Mark.or(DefaultMarkLimit, DefaultMarkAddressLimit)},
		typing:     {name: "typing", Limit: l.Typing.or(DefaultTypingLimit, DefaultTypingAddressLimit)},
		joining:    {name: "join", Limit: l.Join.or(DefaultJoinLimit, DefaultJoinAddressLimit), staff: true},
		minting:    {name: "token", Limit: token, staff: true},
		leaving:    {name: "sign-out", Limit: Limit{Address: token.Address}, strangers: true},
		connecting: {name: "connect", Limit: l.Connect.or(DefaultConnectLimit, DefaultConnectAddressLimit)},
		polling:    {name: "poll", Limit: l.Poll.or(DefaultPollLimit, DefaultPollAddressLimit)},
		reading:    {name: "read", Limit: l.Read.or(DefaultReadLimit, DefaultReadAddressLimit)},
		badToken:   {name: "bad-token", Limit: Limit{Address: cmp.Or(l.BadToken, DefaultBadTokenLimit)}, strangers: true},
	}
}

// limitKindOf is the kind that a call of a route belongs to: what its method says, unless the route is of a kind of
// its own. So a new route is never without a limit.
func limitKindOf(method, pattern string) limitKind {
	if kind, ok := limitedApart[method+" "+pattern]; ok {
		return kind
	}
	switch method {
	case http.MethodGet:
		return reading
	case http.MethodPost:
		return posting
	default:
		return editing
	}
}

// limitedApart are the routes whose kind isn't what their method says.
var limitedApart = map[string]limitKind{
	"POST /v1/session":       minting,
	"DELETE /v1/session":     leaving,
	"POST /v1/stream-tokens": minting,

	"POST /v1/classes/{class}/join": joining,

	"GET /v1/stream":                 connecting,
	"GET /v1/classes/{class}/stream": connecting,
	"GET /v1/classes/{class}/events": polling, // unless it doesn't wait

	"PUT /v1/classes/{class}/typing":  typing,
	"PUT /v1/classes/{class}/receipt": marking,
	"PUT /v1/presence":                marking,
	"PUT /v1/notifications/read":      marking,

	"PUT /v1/classes/{class}/announcements/{announcement}/acknowledgement": marking,
	"PUT /v1/classes/{class}/assignments/{assignment}/acknowledgement":     marking,
}

// most is how many calls of the kind a user may make a minute; 0: any number.
func (row limitRow) most(id identity, staffFactor int) int {
	if !row.staff && (id.Role == storage.GlobalTeacher || id.Role == storage.GlobalAdmin) {
		return row.User * staffFactor
	}
	return row.User
}
