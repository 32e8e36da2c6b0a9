package handlers

import (
	"net/http"

	"homeroom/storage"
)

// bulletinPaths are where a class's announcements and assignments are. They have the same calls.
var bulletinPaths = map[storage.BulletinKind]string{
	storage.Announcement: "/announcements",
	storage.Assignment:   "/assignments",
}

// bulletinKey is which bulletin of a kind a path names: its last parameter is called as the kind is.
func bulletinKey(r *http.Request, kind storage.BulletinKind) (storage.BulletinKey, error) {
	class, err := pathID(r, "class")
	if err != nil {
		return storage.BulletinKey{}, err
	}
	id, err := pathID(r, string(kind))
	return storage.BulletinKey{Class: class, Kind: kind, ID: id}, err
}

// onBulletin is a handler of a call about one bulletin of a kind.
func (s *Server) onBulletin(kind storage.BulletinKind, call func(http.ResponseWriter, *http.Request, storage.BulletinKey) error) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		key, err := bulletinKey(r, kind)
		if err != nil {
			return err
		}
		return call(w, r, key)
	})
}

func (s *Server) createBulletin(kind storage.BulletinKind) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		class, err := pathID(r, "class")
		if err != nil {
			return err
		}
		draft, err := bulletinDraft(w, r, kind)
		if err != nil {
			return err
		}
		path := classPath(class) + bulletinPaths[kind]
		if draft.Attempt, err = attempt(r, path, draft); err != nil {
			return err
		}
		m, err := s.store.CreateBulletin(r.Context(), caller(r).Principal, class, draft)
		if err != nil {
			return err
		}
		return replyCreated(w, path+"/"+m.ID, m.Version, m)
	})
}

func (s *Server) listBulletins(kind storage.BulletinKind) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		class, err := pathID(r, "class")
		if err != nil {
			return err
		}
		var more []string
		if kind == storage.Announcement {
			more = []string{"pinned"}
		}
		values, page, err := pageQuery(r, more...)
		if err != nil {
			return err
		}
		pinned := map[string]*bool{"true": new(true), "false": new(false)}[values.Get("pinned")]
		if pinned == nil && values.Has("pinned") {
			return invalidQuery("pinned must be true or false.")
		}
		list, err := s.store.Bulletins(r.Context(), caller(r).Principal, class, kind, pinned, page)
		if err != nil {
			return err
		}
		return replyList(w, list)
	})
}

func (s *Server) getBulletin(w http.ResponseWriter, r *http.Request, key storage.BulletinKey) error {
	m, err := s.store.Bulletin(r.Context(), caller(r).Principal, key)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) updateBulletin(w http.ResponseWriter, r *http.Request, key storage.BulletinKey) error {
	change, err := bulletinChange(w, r, key.Kind)
	if err != nil {
		return err
	}
	var m storage.BulletinView
	if err := ifMatch(r, func(version int64) (err error) {
		m, err = s.store.UpdateBulletin(r.Context(), caller(r).Principal, key, change, version)
		return err
	}); err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

func (s *Server) deleteBulletin(w http.ResponseWriter, r *http.Request, key storage.BulletinKey) error {
	if err := ifMatch(r, func(version int64) error {
		return s.store.DeleteBulletin(r.Context(), caller(r).Principal, key, version)
	}); err != nil {
		return err
	}
	return replyNothing(w)
}
