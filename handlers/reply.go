package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"homeroom/storage"
)

// cursorHeader names the cursor that a list is current to.
const cursorHeader = "Homeroom-Cursor"

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a caller who is gone needs no answer
	return nil
}

// replyVersion answers with an object and its version as ETag.
func replyVersion(w http.ResponseWriter, status int, version int64, body any) error {
	w.Header().Set("ETag", strconv.Quote(strconv.FormatInt(version, 10)))
	return reply(w, status, body)
}

// replyCreated answers with a new object and where it is.
func replyCreated(w http.ResponseWriter, location string, version int64, body any) error {
	w.Header().Set("Location", location)
	return replyVersion(w, http.StatusCreated, version, body)
}

// replyList answers with a part of a list.
func replyList[T any](w http.ResponseWriter, list storage.List[T]) error {
	w.Header().Set(cursorHeader, list.At.String())
	return reply(w, http.StatusOK, newListBody(list))
}

// listBody is a part of a list as it is answered.
type listBody[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

func newListBody[T any](list storage.List[T]) listBody[T] {
	body := listBody[T]{Items: list.Items}
	if list.Next != "" {
		body.Next = &list.Next
	}
	return body
}

// listClass answers with a part of what a class has a list of.
func listClass[T any](w http.ResponseWriter, r *http.Request, read func(context.Context, storage.Principal, string, storage.Page) (storage.List[T], error)) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	_, page, err := pageQuery(r)
	if err != nil {
		return err
	}
	list, err := read(r.Context(), caller(r).Principal, class, page)
	if err != nil {
		return err
	}
	return replyList(w, list)
}

// replyNothing answers a change that has nothing to tell.
func replyNothing(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
