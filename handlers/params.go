package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"homeroom/events"
	"homeroom/storage"
)

// The bounds of a list's limit.
const (
	defaultPage = 50
	maxPage     = 200
)

// uuidLen is the length of an id in its usual form, the only one that is taken.
const uuidLen = 36

// pathID is a path parameter that is a UUID. To the router two slashes in a row have an empty one between them; to clients
// there is no such path.
func pathID(r *http.Request, name string) (string, error) {
	text := chi.URLParam(r, name)
	if text == "" {
		return "", errNoRoute
	}
	id, ok := parseID(text)
	if !ok {
		return "", newProblem(http.StatusBadRequest, "invalid_id", "The "+name+" in the path must be a UUID.")
	}
	return id, nil
}

// parseID reads a UUID and gives it its usual letters.
func parseID(text string) (string, bool) {
	id, err := uuid.Parse(text)
	return id.String(), err == nil && len(text) == uuidLen
}

// pathUser is the path parameter user.
func pathUser(r *http.Request) (string, error) {
	user, err := chi.URLParam(r, "user"), error(nil)
	if user == "" {
		return "", errNoRoute
	}
	if r.URL.RawPath != "" { // the router matched the path as it was sent
		user, err = url.PathUnescape(user)
	}
	if err != nil || !validUser(user) {
		return "", newProblem(http.StatusBadRequest, "invalid_id", "The user in the path is no user id.")
	}
	return user, nil
}

// query reads a request's query: only parameters that the call has, each once.
func query(r *http.Request, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidQuery("The query can't be read.")
	}
	for name, list := range values {
		if !slices.Contains(names, name) {
			return nil, invalidQuery(fmt.Sprintf("There is no query parameter %q here; there are: %s.", name, strings.Join(names, ", ")))
		}
		if len(list) > 1 {
			return nil, invalidQuery(fmt.Sprintf("Give the query parameter %q once.", name))
		}
	}
	return values, nil
}

func invalidQuery(detail string) *Problem {
	return newProblem(http.StatusBadRequest, "invalid_query", detail)
}

// intParam is a whole number between bounds, or a default where it is absent.
func intParam(values url.Values, name string, fallback, least, most int) (int, error) {
	if !values.Has(name) {
		return fallback, nil
	}
	n, err := strconv.Atoi(values.Get(name))
	if err != nil || n < least || n > most {
		return 0, invalidQuery(fmt.Sprintf("%s must be a whole number from %d to %d.", name, least, most))
	}
	return n, nil
}

// pageQuery reads the query of a list: which part is asked for, and what else the list takes.
func pageQuery(r *http.Request, more ...string) (url.Values, storage.Page, error) {
	values, err := query(r, append([]string{"limit", "page"}, more...)...)
	if err != nil {
		return nil, storage.Page{}, err
	}
	limit, err := intParam(values, "limit", defaultPage, 1, maxPage)
	return values, storage.Page{Limit: limit, After: values.Get("page")}, err
}

// orderParam is the order of a list of messages.
func orderParam(values url.Values, fallback storage.Order) (storage.Order, error) {
	if !values.Has("order") {
		return fallback, nil
	}
	order := storage.Order(values.Get("order"))
	if order != storage.NewestFirst && order != storage.OldestFirst {
		return "", invalidQuery("order must be desc or asc.")
	}
	return order, nil
}

// cursorParam is the cursor that a reader gives, or nil. A browser's EventSource sends a header when it comes back
// (HTML standard, 9.2.4); the names in the query are for the first request, and for polyfills.
func cursorParam(header string, values url.Values, names ...string) (*events.Cursor, error) {
	text := header
	for _, name := range names {
		if text == "" {
			text = values.Get(name)
		}
	}
	if text == "" {
		return nil, nil
	}
	cursor, err := events.ParseCursor(text)
	if err != nil {
		return nil, err
	}
	return &cursor, nil
}

// typesParam is a choice of event types between commas, or nil for all.
func typesParam(values url.Values) (map[events.Type]bool, error) {
	if !values.Has("types") {
		return nil, nil
	}
	types := map[events.Type]bool{}
	for name := range strings.SplitSeq(values.Get("types"), ",") {
		t := events.Type(name)
		if !t.Offered() {
			return nil, invalidQuery(fmt.Sprintf("types has %q, which is no type of event; give some between commas, like message.created,message.updated.", name))
		}
		types[t] = true
	}
	return types, nil
}
