package handlers

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readBody reads a JSON object into the fields of a struct. It refuses what a client can't have meant: another media
// type or charset, bytes that are no UTF-8, half surrogate pairs, unknown or repeated fields, wrong types, and anything
// after the object. Names are matched to the letter.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	if err := checkMediaType(r.Header.Get("Content-Type")); err != nil {
		return err
	}
	body, err := readAll(w, r)
	if err != nil {
		return err
	}
	if jsontext.Value(body).Kind() == 'n' { // null would leave every field as it is
		return invalidBody("it is no object")
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		return invalidBody(explain(err))
	}
	return nil
}

// checkMediaType takes JSON in UTF-8, which is what no charset means (RFC 8259, 8.1).
func checkMediaType(contentType string) error {
	media, params, err := mime.ParseMediaType(contentType)
	if err == nil && (media == "application/json" || media == "application/merge-patch+json") {
		if charset, ok := params["charset"]; !ok || strings.EqualFold(charset, "utf-8") {
			return nil
		}
	}
	return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		"Send the body with Content-Type: application/json, in UTF-8.").with("Accept", "application/json")
}

// readAll reads the whole body within its bounds of size and time.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil {
		return nil, fmt.Errorf("set read deadline: %w", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, newProblem(http.StatusRequestEntityTooLarge, "body_too_large", fmt.Sprintf("Send at most %d bytes.", maxBody))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, newProblem(http.StatusRequestTimeout, "body_too_slow", fmt.Sprintf("Send the body within %s.", bodyTimeout))
	}
	if err != nil {
		return nil, invalidBody("it ended early")
	}
	// The deadline was for the body; what follows may take longer.
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("clear read deadline: %w", err)
	}
	return body, nil
}

func invalidBody(why string) *Problem {
	return newProblem(http.StatusBadRequest, "invalid_body", "The body is not what this call takes: "+why+".")
}

// explain says in a client's terms why JSON was refused.
func explain(err error) string {
	if broken, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Sprintf("there are two fields %q", broken.JSONPointer.LastToken())
		}
		return fmt.Sprintf("it is no valid JSON at byte %d", broken.ByteOffset)
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		field := wrong.JSONPointer.LastToken()
		if errors.Is(err, json.ErrUnknownName) {
			return fmt.Sprintf("there is no field %q", field)
		}
		if field == "" {
			return "it is no object"
		}
		return fmt.Sprintf("%s can't be a %s", field, wrong.JSONKind)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is empty"
	}
	return "it can't be read"
}
