package storage

// Role is a member's role in a class.
type Role string

// The roles in a class.
const (
	Teacher   Role = "teacher"
	Assistant Role = "assistant"
	Student   Role = "student"
)

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return r == Teacher || r == Assistant || r == Student }

// GlobalRole is a user's role in the whole service, from the token.
type GlobalRole string

// The global roles. A global teacher may create classes; an admin may do everything everywhere.
const (
	GlobalAdmin   GlobalRole = "admin"
	GlobalTeacher GlobalRole = "teacher"
	GlobalStudent GlobalRole = "student"
)

// Principal is the caller of a method, as the token names it.
type Principal struct {
	User string
	Name string // display name; may be empty
	Role GlobalRole
}

// Admin reports whether the caller may do everything.
func (p Principal) Admin() bool { return p.Role == GlobalAdmin }
