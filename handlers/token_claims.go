package handlers

import (
	"fmt"
	"unicode/utf8"

	"github.com/lestrrat-go/jwx/v2/jwt"
)

// nameClaim is the claim with the user's display name.
const nameClaim = "name"

// identify reads who a verified token speaks for.
func (t *Tokens) identify(token jwt.Token) (identity, error) {
	id := identity{issued: token.IssuedAt(), expires: token.Expiration()}
	id.User = token.Subject()
	role, known := t.roles.of(token)
	id.Role = role
	nameIsText := true
	if name, ok := token.Get(nameClaim); ok {
		id.Name, nameIsText = name.(string)
	}
	switch {
	case !validUser(id.User):
		return identity{}, refuse(badClaims, fmt.Sprintf("The token's sub must have 1 to %d characters and no spaces.", maxUser))
	case !known:
		return identity{}, refuse(badClaims, "The token's role is none that this service knows.")
	case !nameIsText || utf8.RuneCountInString(id.Name) > maxName || hasControl(id.Name, ""):
		return identity{}, refuse(badClaims, fmt.Sprintf("The token's name must be one line of at most %d characters.", maxName))
	}
	return id, nil
}
