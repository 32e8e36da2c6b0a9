package main

import (
	"context"
	"errors"
	"fmt"
)

// epochCommand has the operations on the epoch.
type epochCommand struct {
	Rotate rotateCommand `cmd:"" help:"Give the log a new epoch, after a backup was restored: clients then reload instead of trusting old cursors."`
}

// rotateCommand changes the epoch.
type rotateCommand struct{ databaseFlags }

// Run prints the new epoch.
func (c *rotateCommand) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	epoch, err := store.RotateEpoch(ctx)
	if err == nil {
		fmt.Println(epoch)
	}
	return errors.Join(err, store.Close())
}
