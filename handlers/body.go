package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// readBody reads a JSON object into the fields of a struct. It refuses what a client can't have meant: another media
// type or charset, bytes that are no UTF-8, unknown fields, wrong types, and anything after the object.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	if err := checkMediaType(r.Header.Get("Content-Type")); err != nil {
		return err
	}
	body, err := readAll(w, r)
	if err != nil {
		return err
	}
	if !utf8.Valid(body) {
		return invalidBody("it has bytes that are not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] != '{' {
		return invalidBody("it is no object")
	}
	if err := decoder.Decode(into); err != nil {
		return invalidBody(explain(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalidBody("there is something after the object")
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
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s can't be a %s", wrong.Field, wrong.Value)
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is no valid JSON"
	}
	if errors.Is(err, io.EOF) {
		return "it is empty"
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "there is no field " + field
	}
	return "it can't be read"
}
