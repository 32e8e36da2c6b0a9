// Command homeroom is real-time class messaging over plain HTTP. Without arguments it serves in development mode.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is what the command line can be. Each command is a struct with a Run method, in a file of its name.
type commands struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Run the service (the default)."`
	Token   tokenCommand   `cmd:"" help:"Print a signed token, for development and scripts."`
	Tail    tailCommand    `cmd:"" help:"Follow a class from a terminal."`
	Load    loadCommand    `cmd:"" help:"Try a service under load, and check what every reader gets."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date, and exit."`
	Epoch   epochCommand   `cmd:"" help:"Operations on the log's epoch."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	var c commands
	parser := kong.Must(&c,
		kong.Name("homeroom"),
		kong.Description("Real-time class messaging over plain HTTP."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command, err := parser.Parse(os.Args[1:])
	if err == nil {
		command.BindTo(ctx, (*context.Context)(nil))
		err = command.Run()
	} else {
		err = fmt.Errorf("%w; see homeroom --help", err)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "homeroom: "+oneLine(err))
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// oneLine is an error on one line, whatever a library put into it.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
