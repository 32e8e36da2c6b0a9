package handlers

import (
	"fmt"
	"net/http"

	"homeroom/storage"
)

func (s *Server) createClass(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name *string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	name := c.line("name", body.Name, maxName)
	if err := c.err(); err != nil {
		return err
	}
	draft := storage.ClassDraft{Name: name}
	var err error
	if draft.Attempt, err = attempt(r, classesPath, draft); err != nil {
		return err
	}
	class, err := s.store.CreateClass(r.Context(), caller(r).Principal, draft)
	if err != nil {
		return err
	}
	return replyCreated(w, classPath(class.ID), class.Version, class)
}

func (s *Server) listClasses(w http.ResponseWriter, r *http.Request) error {
	_, page, err := pageQuery(r)
	if err != nil {
		return err
	}
	list, err := s.store.Classes(r.Context(), caller(r).Principal, page)
	if err != nil {
		return err
	}
	return replyList(w, list)
}

func (s *Server) getClass(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "class")
	if err != nil {
		return err
	}
	class, err := s.store.Class(r.Context(), caller(r).Principal, id)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, class.Version, class)
}

func (s *Server) updateClass(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "class")
	if err != nil {
		return err
	}
	var body struct {
		Name     *string `json:"name"`
		Archived *bool   `json:"archived"`
		Locked   *bool   `json:"locked"`
		SlowMode *int64  `json:"slow_mode_seconds"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	change := storage.ClassChange{Name: body.Name, Archived: body.Archived, Locked: body.Locked, SlowMode: body.SlowMode}
	var c checks
	if change == (storage.ClassChange{}) {
		c.add("name", "or archived, locked or slow_mode_seconds is required")
	}
	if body.Name != nil {
		c.line("name", body.Name, maxName)
	}
	if body.SlowMode != nil && (*body.SlowMode < 0 || *body.SlowMode > storage.MaxSlowMode) {
		c.add("slow_mode_seconds", fmt.Sprintf("must be from 0 to %d", storage.MaxSlowMode))
	}
	if err := c.err(); err != nil {
		return err
	}
	var class storage.Class
	if err := ifMatch(r, func(version int64) (err error) {
		class, err = s.store.UpdateClass(r.Context(), caller(r).Principal, id, change, version)
		return err
	}); err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, class.Version, class)
}

func (s *Server) deleteClass(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "class")
	if err != nil {
		return err
	}
	if err := ifMatch(r, func(version int64) error {
		return s.store.DeleteClass(r.Context(), caller(r).Principal, id, version)
	}); err != nil {
		return err
	}
	return replyNothing(w)
}

// classesPath is where classes are created.
const classesPath = "/v1/classes"

// classPath is where a class is.
func classPath(class string) string { return classesPath + "/" + class }

// ReloadPaths are what a client of a class fetches when it has lost events; of all classes with "".
func ReloadPaths(class string) []string {
	if class == "" {
		return []string{classesPath, noticesPath}
	}
	path := classPath(class)
	return []string{path, path + "/members", path + "/messages", path + "/announcements", path + "/assignments", noticesPath}
}
