package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"homeroom/storage"
	"homeroom/storage/postgres"
	"homeroom/storage/sqlite"
)

// databaseFlags say where the data is.
type databaseFlags struct {
	Data        string `env:"HOMEROOM_DATA" default:"./homeroom-data" help:"Folder for the SQLite file and, in development mode, the secret." type:"path"`
	DatabaseURL string `env:"HOMEROOM_DATABASE_URL" help:"PostgreSQL to use instead of SQLite: postgres://user@host/database."`
}

// open opens the database and brings its schema up to date.
func (f *databaseFlags) open(ctx context.Context, options ...storage.Option) (storage.Store, error) {
	if f.DatabaseURL != "" {
		store, err := postgres.Open(ctx, f.DatabaseURL, options...)
		if err != nil {
			return nil, fmt.Errorf("HOMEROOM_DATABASE_URL: %w", err)
		}
		return store, nil
	}
	if err := f.makeFolder(); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, f.Data, options...)
	if errors.Is(err, sqlite.ErrInUse) {
		return nil, fmt.Errorf("%s: %w; stop it, or set HOMEROOM_DATA to another folder", f.Data, err)
	}
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w; set HOMEROOM_DATA to a folder that can be written", f.Data, err)
	}
	return store, nil
}

// makeFolder makes the data folder, for its owner only.
func (f *databaseFlags) makeFolder() error {
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return fmt.Errorf("%w; set HOMEROOM_DATA to a folder that can be written", err)
	}
	return nil
}
