package storage

import (
	"context"
	"slices"
	"time"

	"homeroom/events"
)

// DefaultReminders is when the reminders of an assignment are sent unless it says so: a day and an hour before it is
// due, in seconds.
var DefaultReminders = []int64{86400, 3600}

// Bounds of an assignment's reminders: enough to nag, and not a flood for a whole class.
const (
	MaxReminders   = 8
	MaxReminderFar = 30 * 24 * time.Hour
)

// BulletinDraft is a bulletin to be created.
type BulletinDraft struct {
	Kind                    BulletinKind
	Title                   string
	Text                    string
	Pinned                  bool        // of an announcement
	DueAt                   events.Time // of an assignment
	Reminders               []int64     // of an assignment, in any order
	RequiresAcknowledgement bool
	PublishAt               events.Time // none: at once
	Attempt                 Attempt     `json:"-"`
}

// BulletinChange changes a bulletin. Nil leaves a field as it is.
type BulletinChange struct {
	Title                   *string
	Text                    *string
	Pinned                  *bool // of an announcement
	DueAt                   *events.Time
	Reminders               []int64 // of an assignment, in any order
	RequiresAcknowledgement *bool
	PublishAt               *events.Time // none: at once
}

// Empty reports whether nothing is to change.
func (c *BulletinChange) Empty() bool {
	return c.Title == nil && c.Text == nil && c.Pinned == nil && c.DueAt == nil && c.Reminders == nil &&
		c.RequiresAcknowledgement == nil && c.PublishAt == nil
}

// bulletin is a draft as a bulletin that is not published yet.
func (d *BulletinDraft) bulletin(id, class, author string, now events.Time) Bulletin {
	m := Bulletin{
		Kind: d.Kind, ID: id, Class: class, Author: author, Title: d.Title, Text: d.Text,
		RequiresAcknowledgement: d.RequiresAcknowledgement,
		PublishAt:               d.PublishAt, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if d.Kind == Announcement {
		m.Pinned = &d.Pinned
	} else {
		m.DueAt, m.Reminders = d.DueAt, inOrder(d.Reminders)
	}
	return m
}

// inOrder is offsets of reminders, each once, the most first.
func inOrder(offsets []int64) []int64 {
	sorted := append([]int64{}, offsets...)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	slices.Reverse(sorted)
	return sorted
}

// apply makes a change, and reports whether it was one.
func (c *BulletinChange) apply(m *Bulletin) (changed bool) {
	set(&m.Title, c.Title, &changed)
	set(&m.Text, c.Text, &changed)
	set(&m.RequiresAcknowledgement, c.RequiresAcknowledgement, &changed)
	set(&m.PublishAt, c.PublishAt, &changed)
	if m.Kind == Announcement {
		pinned := *m.Pinned // the old one's is another's too
		set(&pinned, c.Pinned, &changed)
		m.Pinned = &pinned
		return changed
	}
	set(&m.DueAt, c.DueAt, &changed)
	if reminders := inOrder(c.Reminders); c.Reminders != nil && !slices.Equal(reminders, m.Reminders) {
		m.Reminders, changed = reminders, true
	}
	return changed
}

// set changes a field where a value is given.
func set[T comparable](field, to *T, changed *bool) {
	if to != nil && *to != *field {
		*field, *changed = *to, true
	}
}

// checkTimes refuses times that can't be meant. Those that are as they were in the old bulletin, if there is one, are
// let be: they may have passed since.
func (m *Bulletin) checkTimes(old *Bulletin, now events.Time) error {
	if old == nil {
		old = &Bulletin{}
	}
	if err := checkAhead("publish_at", m.PublishAt, old.PublishAt, now); err != nil {
		return err
	}
	if err := checkAhead("due_at", m.DueAt, old.DueAt, now); err != nil {
		return err
	}
	if m.PublishedAt == 0 && m.DueAt != 0 && m.DueAt <= max(m.PublishAt, now) {
		return &FieldError{"due_at", "must be after it is published"}
	}
	return nil
}

// checkAhead refuses a time that was set anew to one in the past, or to one so far ahead that it can't be meant: beyond
// a year.
func checkAhead(field string, at, old, now events.Time) error {
	switch {
	case at == 0 || at == old:
		return nil
	case at <= now:
		return &FieldError{field, "must not be in the past"}
	case at.Std().After(now.Std().AddDate(1, 0, 0)):
		return &FieldError{field, "must be within a year from now"}
	}
	return nil
}

// CreateBulletin implements [Store].
func (e *Engine) CreateBulletin(ctx context.Context, p Principal, class string, draft BulletinDraft) (BulletinView, error) {
	id := newID()
	needs := needBulletins(p, class)
	needs.Attempts = draft.Attempt.needs(p)
	var view BulletinView
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := admit(ctx, b, p, class, Publish)
		if err != nil {
			return err
		}
		if err := b.begin(p, draft.Attempt); err != nil {
			return err
		}
		if err := a.barred(Publish); err != nil {
			return err
		}
		now := b.now
		m := draft.bulletin(id, class, p.User, now)
		if err := m.checkTimes(nil, now); err != nil {
			return err
		}
		if m.PublishAt == 0 {
			err = b.publish(ctx, p, &m, now)
		} else if err = b.putBulletin(ctx, &m); err == nil {
			err = b.plan(ctx, &m, now)
		}
		if err != nil {
			return err
		}
		if view, err = viewBulletin(ctx, b.tx, p, &m); err != nil {
			return err
		}
		return b.keep(ctx, p, draft.Attempt, id, m.Version, view)
	})
	if err != nil {
		return BulletinView{}, err
	}
	return view, nil
}

// UpdateBulletin implements [Store].
func (e *Engine) UpdateBulletin(ctx context.Context, p Principal, key BulletinKey, change BulletinChange, version int64) (BulletinView, error) {
	var view BulletinView
	err := e.changeBulletin(ctx, p, key, func(ctx context.Context, b *batch, old *Bulletin) error {
		m, now := *old, b.now
		changed := change.apply(&m)
		if m.PublishAt != old.PublishAt && old.PublishedAt != 0 {
			return ErrPublished
		}
		if err := m.checkTimes(old, now); changed && err != nil {
			return err
		}
		if version != AnyVersion && version != old.Version {
			return b.staleBulletin(ctx, p, old)
		}
		if changed {
			m.Version, m.UpdatedAt = old.Version+1, now
			if err := b.updateBulletin(ctx, p, old, &m, now); err != nil {
				return err
			}
		}
		var err error
		view, err = viewBulletin(ctx, b.tx, p, &m)
		return err
	})
	if err != nil {
		return BulletinView{}, err
	}
	return view, nil
}

// updateBulletin writes a changed bulletin, and its event if it is or becomes published.
func (b *batch) updateBulletin(ctx context.Context, p Principal, old, m *Bulletin, now events.Time) error {
	if m.PublishedAt == 0 && m.PublishAt == 0 {
		return b.publish(ctx, p, m, now)
	}
	if err := b.putBulletin(ctx, m); err != nil {
		return err
	}
	if m.PublishAt != old.PublishAt || m.DueAt != old.DueAt || !slices.Equal(m.Reminders, old.Reminders) {
		if err := b.plan(ctx, m, now); err != nil {
			return err
		}
	}
	if m.PublishedAt == 0 {
		return nil
	}
	if err := b.tx.RewordNotifications(ctx, m.ID, m.Title, excerpt(m.Text)); err != nil {
		return err
	}
	return b.append(m.event(events.AnnouncementUpdated, events.AssignmentUpdated), m.Class, p, m)
}

// DeleteBulletin implements [Store]. One that was never published goes without an event.
func (e *Engine) DeleteBulletin(ctx context.Context, p Principal, key BulletinKey, version int64) error {
	return e.changeBulletin(ctx, p, key, func(ctx context.Context, b *batch, old *Bulletin) error {
		if version != AnyVersion && version != old.Version {
			return b.staleBulletin(ctx, p, old)
		}
		if err := b.deleteBulletin(ctx, old); err != nil || old.PublishedAt == 0 {
			return err
		}
		return b.append(old.event(events.AnnouncementDeleted, events.AssignmentDeleted), key.Class, p, struct {
			ID string `json:"id"`
		}{key.ID})
	})
}

// changeBulletin finds a bulletin for a change by one who may publish.
func (e *Engine) changeBulletin(ctx context.Context, p Principal, key BulletinKey, change func(context.Context, *batch, *Bulletin) error) error {
	needs := needBulletins(p, key.Class)
	needs.Bulletins = []string{key.ID}
	return e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		a, err := admit(ctx, b, p, key.Class, Publish)
		if err != nil {
			return err
		}
		old := b.rows.Bulletins[key.ID]
		if !a.shows(old, key) {
			return ErrNotFound
		}
		if err := a.barred(Publish); err != nil {
			return err
		}
		return change(ctx, b, old)
	})
}

// staleBulletin is the refusal of a change to another version than the present one.
func (b *batch) staleBulletin(ctx context.Context, p Principal, m *Bulletin) error {
	current, err := viewBulletin(ctx, b.tx, p, m)
	if err != nil {
		return err
	}
	return &VersionError{current}
}

// publish makes a bulletin known to the class, and plans what follows from that.
func (b *batch) publish(ctx context.Context, p Principal, m *Bulletin, now events.Time) error {
	seq := b.nextSeq(events.ClassChannel(m.Class))
	m.Seq, m.PublishedAt, m.NotificationID = &seq, now, newID()
	if err := b.putBulletin(ctx, m); err != nil {
		return err
	}
	created := m.event(events.AnnouncementCreated, events.AssignmentCreated)
	if err := b.append(created, m.Class, p, m); err != nil {
		return err
	}
	if err := b.tellOf(ctx, created, p, m); err != nil {
		return err
	}
	return b.plan(ctx, m, now)
}

// event is the type of an event of a bulletin, by its kind.
func (m *Bulletin) event(announcement, assignment events.Type) events.Type {
	if m.Kind == Announcement {
		return announcement
	}
	return assignment
}

// deleteBulletin deletes a bulletin with all that belongs to it.
func (b *batch) deleteBulletin(ctx context.Context, m *Bulletin) error {
	delete(b.rows.Bulletins, m.ID)
	if err := b.dropJobs(ctx, m.Class, m.ID); err != nil {
		return err
	}
	if err := b.tx.DropNotifications(ctx, m.ID); err != nil {
		return err
	}
	return b.tx.DeleteBulletin(ctx, m.Class, m.ID)
}

// tellOf tells the class of the event of a bulletin that was just added.
func (b *batch) tellOf(ctx context.Context, kind events.Type, p Principal, m *Bulletin) error {
	return b.tellAll(ctx, p, events.Notification{
		Kind: kind, Class: m.Class, Seq: b.head(events.ClassChannel(m.Class)), Subject: m.ID, Title: m.Title, Text: excerpt(m.Text),
	}, 0)
}

// needBulletins is what a call about bulletins looks at.
func needBulletins(p Principal, class string) Needs {
	needs := needClass(p, class)
	needs.Channels = append(needs.Channels, events.BroadcastChannel)
	return needs
}

func (b *batch) putBulletin(ctx context.Context, m *Bulletin) error {
	put := *m
	b.rows.Bulletins[m.ID] = &put
	return b.tx.PutBulletin(ctx, &put)
}
