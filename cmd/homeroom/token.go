package main

import (
	"fmt"
	"time"

	"homeroom/storage"
)

// tokenCommand prints a token that the service with the same settings takes.
type tokenCommand struct {
	tokenFlags
	Data string        `env:"HOMEROOM_DATA" default:"./homeroom-data" help:"Folder with the secret of development mode." type:"path"`
	Sub  string        `required:"" help:"User id."`
	Role string        `default:"student" enum:"admin,teacher,student" help:"Global role: admin, teacher or student."`
	Name string        `help:"Display name."`
	TTL  time.Duration `name:"ttl" default:"1h" help:"How long the token lasts."`
}

// Run prints the token.
func (c *tokenCommand) Run() error {
	if c.TTL <= 0 {
		return fmt.Errorf("--ttl must be more than zero")
	}
	tokens, err := c.signer(c.Data)
	if err != nil {
		return err
	}
	token, err := tokens.Mint(storage.Principal{User: c.Sub, Name: c.Name, Role: storage.GlobalRole(c.Role)}, c.TTL)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}
