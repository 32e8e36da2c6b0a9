package main

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"homeroom/handlers"
)

// parseLimits is what the flags of limits are, given some.
func parseLimits(t *testing.T, args ...string) limitFlags {
	t.Helper()
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "HOMEROOM_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name) // which Setenv puts back
		}
	}
	var flags limitFlags
	if _, err := kong.Must(&flags).Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

// TestLimitDefaults holds the flags and the defaults of handlers equal.
func TestLimitDefaults(t *testing.T) {
	flags := parseLimits(t)
	want := handlers.Limits{
		Post:     handlers.Limit{User: handlers.DefaultPostLimit, Address: handlers.DefaultPostAddressLimit},
		Edit:     handlers.Limit{User: handlers.DefaultEditLimit, Address: handlers.DefaultEditAddressLimit},
		Mark:     handlers.Limit{User: handlers.DefaultMarkLimit, Address: handlers.DefaultMarkAddressLimit},
		Typing:   handlers.Limit{User: handlers.DefaultTypingLimit, Address: handlers.DefaultTypingAddressLimit},
		Join:     handlers.Limit{User: handlers.DefaultJoinLimit, Address: handlers.DefaultJoinAddressLimit},
		Token:    handlers.Limit{User: handlers.DefaultTokenLimit, Address: handlers.DefaultTokenAddressLimit},
		Connect:  handlers.Limit{User: handlers.DefaultConnectLimit, Address: handlers.DefaultConnectAddressLimit},
		Poll:     handlers.Limit{User: handlers.DefaultPollLimit, Address: handlers.DefaultPollAddressLimit},
		Read:     handlers.Limit{User: handlers.DefaultReadLimit, Address: handlers.DefaultReadAddressLimit},
		BadToken: handlers.DefaultBadTokenLimit,
	}
	if got := flags.limits(); got != want {
		t.Errorf("by default the flags say %+v, and the handlers %+v", got, want)
	}
	if err := flags.checkLimits(); err != nil {
		t.Error(err)
	}
}

func TestCheckLimits(t *testing.T) {
	for _, bad := range []string{
		"--post-limit=0", "--post-address-limit=-1", "--edit-limit=0", "--mark-limit=0", "--typing-address-limit=0", "--join-limit=0", "--token-limit=-5",
		"--connect-limit=0", "--poll-limit=0", "--read-address-limit=0", "--bad-token-limit=0", "--staff-limit-factor=-1",
		"--trusted-proxies=proxy.example", "--trusted-proxies=10.0.0.0/8,10.0.0.1:80", "--trusted-proxies=10.0.0.0/40",
	} {
		flags := parseLimits(t, bad)
		if err := flags.checkLimits(); err == nil || !strings.Contains(err.Error(), "HOMEROOM_") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	good := parseLimits(t, "--post-limit=1", "--staff-limit-factor=10", "--trusted-proxies=127.0.0.1,::1,10.0.0.0/8")
	if err := good.checkLimits(); err != nil {
		t.Error(err)
	}
}
