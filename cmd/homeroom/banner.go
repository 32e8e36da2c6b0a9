package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"homeroom/handlers"
)

// printBanner shows how to use what development mode has made; base is SCHEME://HOST:PORT.
func printBanner(base string, demo *handlers.Demo, tokens *handlers.Tokens) error {
	users, err := demo.Tokens(tokens)
	if err != nil {
		return err
	}
	class := base + "/v1/classes/" + demo.Class.ID
	var b strings.Builder
	fmt.Fprintf(&b, "\nHomeroom is running in development mode, for this machine only.\nClass %q has a teacher and two students. Open a page for each, side by side:\n\n", demo.Class.Name)
	for _, u := range users {
		fragment := url.Values{"token": {u.Token}, "class": {demo.Class.ID}}.Encode()
		fmt.Fprintf(&b, "  %-11s %s/#%s\n\n", u.Name, base, fragment)
	}
	teacher, student := users[0].Token, users[1].Token
	fmt.Fprintf(&b, "Or from a shell. Follow the class, in one terminal:\n\n")
	fmt.Fprintf(&b, "  curl -N -H 'Authorization: Bearer %s' %s/stream\n\n", student, class)
	fmt.Fprintf(&b, "Post a message, in another:\n\n")
	fmt.Fprintf(&b, "  curl -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"text\":\"Good morning\"}' %s/messages\n\n", teacher, class)
	fmt.Fprintf(&b, "Come back after a break, with the id that you saw last, to get everything since:\n\n")
	fmt.Fprintf(&b, "  curl -N -H 'Authorization: Bearer %s' -H 'Last-Event-ID: THE_ID' %s/stream\n\n", student, class)
	_, err = os.Stdout.WriteString(b.String())
	return err
}
