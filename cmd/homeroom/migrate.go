package main

import (
	"context"
	"fmt"
)

// migrateCommand brings the schema up to date. Serve does so too; this is for those who want it apart.
type migrateCommand struct{ databaseFlags }

// Run opens the database, which migrates it.
func (c *migrateCommand) Run(ctx context.Context) error {
	store, err := c.open(ctx)
	if err != nil {
		return err
	}
	fmt.Println("The schema is up to date.")
	return store.Close()
}
