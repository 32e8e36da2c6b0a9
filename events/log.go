package events

import "context"

// Log is what a hub needs of storage: committed events, and who may read them.
type Log interface {
	// Load reads a class's channel in one snapshot: its extent, its newest events (at most tail of them, in seq
	// order) and its members. A class that doesn't exist, or no longer does, has Gone set.
	Load(ctx context.Context, class string, tail int) (Loaded, error)
	// UserClasses are the ids of a user's classes, the newest first, at most limit of them.
	UserClasses(ctx context.Context, user string, limit int) ([]string, error)
	// Noticeboard reads the system channel in one snapshot: its extent, and the notices that haven't expired.
	Noticeboard(ctx context.Context) (Noticeboard, error)
	// UserPreferences are those of users, of every one of them.
	UserPreferences(ctx context.Context, users []string) (map[string]Preferences, error)
	// Revocations are those that are in force.
	Revocations(ctx context.Context) ([]Revocation, error)
	// Heads reports the epoch, and the extents of channels; one that has no events yet is left out.
	Heads(ctx context.Context, channels []Channel) (Heads, error)
	// Read returns the events of a channel after a seq, in seq order, at most limit of them. The first is further
	// on than after+1 only if what lies between was trimmed.
	Read(ctx context.Context, channel Channel, after int64, limit int) ([]Event, error)
}

// Extent is how far a channel's log reaches: events Trimmed+1 to Head are there.
type Extent struct {
	Head    int64
	Trimmed int64
}

// Loaded is the state of a class's channel at one moment.
type Loaded struct {
	Extent
	Gone    bool
	Tail    []Event
	Members []string // user ids
}

// Heads is the state of the log at one moment.
type Heads struct {
	Epoch   string
	Extents map[Channel]Extent
}
