package main

import (
	"context"
	"log/slog"
	"time"

	"homeroom/storage"
)

// retentionFlags say how much history is kept.
type retentionFlags struct {
	RetainAge           time.Duration `env:"HOMEROOM_RETAIN_AGE" default:"720h" help:"How long events are kept for streams to resume from. Messages are kept for good."`
	RetainEvents        int64         `env:"HOMEROOM_RETAIN_EVENTS" default:"100000" help:"How many events are kept of each class."`
	RetainNotifications time.Duration `env:"HOMEROOM_RETAIN_NOTIFICATIONS" default:"2160h" help:"How long notifications are listed."`
	RetainHeld          time.Duration `env:"HOMEROOM_RETAIN_HELD" default:"168h" help:"How long teachers see messages that were held back."`
	RetainEvery         time.Duration `env:"HOMEROOM_RETAIN_EVERY" default:"1m" help:"Time between looks for what is no longer to be kept."`
}

// retain trims until ctx ends.
func (f *retentionFlags) retain(ctx context.Context, log *slog.Logger, store storage.Store) {
	tick := time.NewTicker(f.RetainEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := store.Trim(ctx, storage.Retention{
			Age: f.RetainAge, Count: f.RetainEvents, Notifications: f.RetainNotifications, Held: f.RetainHeld,
		})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("trim", "error", err)
		case n > 0:
			log.Info("trimmed", "rows", n)
		}
	}
}
