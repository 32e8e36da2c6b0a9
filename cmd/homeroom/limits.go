package main

import (
	"fmt"

	"homeroom/handlers"
)

// limitFlags say how much users and addresses may do.
type limitFlags struct {
	Limits string `env:"HOMEROOM_LIMITS" default:"on" enum:"on,off" help:"off: nobody is limited in how much they do, for load tests."`

	PostLimit           int `env:"HOMEROOM_POST_LIMIT" default:"60" help:"Messages, announcements, assignments, notices and classes created, a minute and user."`
	PostAddressLimit    int `env:"HOMEROOM_POST_ADDRESS_LIMIT" default:"1200" help:"The same, a minute and address: a whole school may share one."`
	EditLimit           int `env:"HOMEROOM_EDIT_LIMIT" default:"120" help:"Things changed or deleted, a minute and user."`
	EditAddressLimit    int `env:"HOMEROOM_EDIT_ADDRESS_LIMIT" default:"2400" help:"The same, a minute and address."`
	MarkLimit           int `env:"HOMEROOM_MARK_LIMIT" default:"600" help:"Receipts, presence, acknowledgements and marks of what is read, a minute and user."`
	MarkAddressLimit    int `env:"HOMEROOM_MARK_ADDRESS_LIMIT" default:"24000" help:"The same, a minute and address."`
	TypingLimit         int `env:"HOMEROOM_TYPING_LIMIT" default:"120" help:"Words of typing, a minute and user."`
	TypingAddressLimit  int `env:"HOMEROOM_TYPING_ADDRESS_LIMIT" default:"4800" help:"The same, a minute and address."`
	JoinLimit           int `env:"HOMEROOM_JOIN_LIMIT" default:"10" help:"Attempts to join a class with a code, a minute and user."`
	JoinAddressLimit    int `env:"HOMEROOM_JOIN_ADDRESS_LIMIT" default:"120" help:"The same, a minute and address."`
	TokenLimit          int `env:"HOMEROOM_TOKEN_LIMIT" default:"60" help:"Sessions and stream tokens made, a minute and user."`
	TokenAddressLimit   int `env:"HOMEROOM_TOKEN_ADDRESS_LIMIT" default:"1200" help:"The same, a minute and address; sessions that are ended count apart, by the same number."`
	ConnectLimit        int `env:"HOMEROOM_CONNECT_LIMIT" default:"60" help:"Streams opened, a minute and user."`
	ConnectAddressLimit int `env:"HOMEROOM_CONNECT_ADDRESS_LIMIT" default:"6000" help:"The same, a minute and address."`
	PollLimit           int `env:"HOMEROOM_POLL_LIMIT" default:"240" help:"Long polls, a minute and user."`
	PollAddressLimit    int `env:"HOMEROOM_POLL_ADDRESS_LIMIT" default:"24000" help:"The same, a minute and address."`
	ReadLimit           int `env:"HOMEROOM_READ_LIMIT" default:"1200" help:"All other calls, a minute and user."`
	ReadAddressLimit    int `env:"HOMEROOM_READ_ADDRESS_LIMIT" default:"24000" help:"The same, a minute and address."`

	BadTokenLimit    int `env:"HOMEROOM_BAD_TOKEN_LIMIT" default:"120" help:"Tokens that are none of ours, a minute and address, until it is told to wait."`
	StaffLimitFactor int `env:"HOMEROOM_STAFF_LIMIT_FACTOR" default:"0" help:"How many times a user's limits hold for those whose role in the token is teacher or admin; 0: none, but those of joining and tokens."`

	TrustedProxies []string `env:"HOMEROOM_TRUSTED_PROXIES" placeholder:"ADDRESS" help:"Proxies whose X-Forwarded-For is believed, between commas: 10.0.0.7, 10.1.0.0/16."`
}

// checkLimits refuses settings that can't work.
func (f *limitFlags) checkLimits() error {
	for _, positive := range [...]struct {
		name  string
		value int
	}{
		{"HOMEROOM_POST_LIMIT", f.PostLimit}, {"HOMEROOM_POST_ADDRESS_LIMIT", f.PostAddressLimit},
		{"HOMEROOM_EDIT_LIMIT", f.EditLimit}, {"HOMEROOM_EDIT_ADDRESS_LIMIT", f.EditAddressLimit},
		{"HOMEROOM_MARK_LIMIT", f.MarkLimit}, {"HOMEROOM_MARK_ADDRESS_LIMIT", f.MarkAddressLimit},
		{"HOMEROOM_TYPING_LIMIT", f.TypingLimit}, {"HOMEROOM_TYPING_ADDRESS_LIMIT", f.TypingAddressLimit},
		{"HOMEROOM_JOIN_LIMIT", f.JoinLimit}, {"HOMEROOM_JOIN_ADDRESS_LIMIT", f.JoinAddressLimit},
		{"HOMEROOM_TOKEN_LIMIT", f.TokenLimit}, {"HOMEROOM_TOKEN_ADDRESS_LIMIT", f.TokenAddressLimit},
		{"HOMEROOM_CONNECT_LIMIT", f.ConnectLimit}, {"HOMEROOM_CONNECT_ADDRESS_LIMIT", f.ConnectAddressLimit},
		{"HOMEROOM_POLL_LIMIT", f.PollLimit}, {"HOMEROOM_POLL_ADDRESS_LIMIT", f.PollAddressLimit},
		{"HOMEROOM_READ_LIMIT", f.ReadLimit}, {"HOMEROOM_READ_ADDRESS_LIMIT", f.ReadAddressLimit},
		{"HOMEROOM_BAD_TOKEN_LIMIT", f.BadTokenLimit},
	} {
		if positive.value <= 0 {
			return fmt.Errorf("%s must be more than zero", positive.name)
		}
	}
	if f.StaffLimitFactor < 0 {
		return fmt.Errorf("HOMEROOM_STAFF_LIMIT_FACTOR must not be negative")
	}
	if _, err := handlers.ParseProxies(f.TrustedProxies); err != nil {
		return fmt.Errorf("HOMEROOM_TRUSTED_PROXIES: %w", err)
	}
	return nil
}

// limits is what the flags say.
func (f *limitFlags) limits() handlers.Limits {
	return handlers.Limits{
		Post:        handlers.Limit{User: f.PostLimit, Address: f.PostAddressLimit},
		Edit:        handlers.Limit{User: f.EditLimit, Address: f.EditAddressLimit},
		Mark:        handlers.Limit{User: f.MarkLimit, Address: f.MarkAddressLimit},
		Typing:      handlers.Limit{User: f.TypingLimit, Address: f.TypingAddressLimit},
		Join:        handlers.Limit{User: f.JoinLimit, Address: f.JoinAddressLimit},
		Token:       handlers.Limit{User: f.TokenLimit, Address: f.TokenAddressLimit},
		Connect:     handlers.Limit{User: f.ConnectLimit, Address: f.ConnectAddressLimit},
		Poll:        handlers.Limit{User: f.PollLimit, Address: f.PollAddressLimit},
		Read:        handlers.Limit{User: f.ReadLimit, Address: f.ReadAddressLimit},
		BadToken:    f.BadTokenLimit,
		StaffFactor: f.StaffLimitFactor,
	}
}
