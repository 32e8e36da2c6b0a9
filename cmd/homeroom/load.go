package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"homeroom/cmd/homeroom/load"
	"homeroom/storage"
)

// loadCommand tries a service under load.
type loadCommand struct {
	tokenFlags
	Data string `env:"HOMEROOM_DATA" default:"./homeroom-data" help:"Folder with the secret of development mode." type:"path"`
	load.Config
	JSON bool `name:"json" help:"Print the report as JSON."`
}

// Run prints the report. It fails if anything was lost, doubled or out of order.
func (c *loadCommand) Run(ctx context.Context) error {
	tokens, err := c.signer(c.Data)
	if err != nil {
		return err
	}
	cfg := c.Config
	cfg.Token = func(user, role string, lasts time.Duration) (string, error) {
		return tokens.Mint(storage.Principal{User: user, Role: storage.GlobalRole(role)}, lasts)
	}
	cfg.Progress, cfg.Terminal = os.Stderr, isatty.IsTerminal(os.Stderr.Fd())
	again := context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) }) // a second one ends it at once
	defer again()
	report, err := load.Run(ctx, cfg)
	if report == nil {
		return err
	}
	return errors.Join(err, c.print(report), report.Err())
}

// print prints the report to standard output.
func (c *loadCommand) print(report *load.Report) error {
	if !c.JSON {
		return report.Print(os.Stdout)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(report)
}
