package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"homeroom/events"
	"homeroom/storage"
)

const attemptColumns = `"user", path, key, fingerprint, id, version, answer, at`

func scanAttempt(r row) (a storage.FirstAttempt, err error) {
	err = r.Scan(&a.User, &a.Path, &a.Key, &a.Fingerprint, &a.ID, &a.Version, (*[]byte)(&a.Answer), (*int64)(&a.At))
	return a, err
}

// queueAttempts queues the reading of attempts. It comes after the channels are locked, so that of two processes that
// post to a class the second sees what the first has kept.
func (f *fetch) queueAttempts(b *pgx.Batch, attempts []storage.AttemptKey) {
	n := len(attempts)
	if n == 0 {
		return
	}
	users, paths, keys := make([]string, n), make([]string, n), make([]string, n)
	for i, a := range attempts {
		users[i], paths[i], keys[i] = a.User, a.Path, a.Key
	}
	collect(b, &f.attempts, scanAttempt, `SELECT `+attemptColumns+` FROM unnest($1::text[], $2::text[], $3::text[])
		AS k ("user", path, key) JOIN attempts USING ("user", path, key)`, users, paths, keys)
}

// InsertAttempt implements [storage.Tx]. Attempts wait to be inserted by one statement.
func (t *tx) InsertAttempt(_ context.Context, a *storage.FirstAttempt) error {
	t.firsts = append(t.firsts, a)
	return nil
}

// addAttempts queues the waiting attempts, in the order of their keys: a row waits for another process's row under
// the same key, and so no two processes wait for each other.
func (t *tx) addAttempts() {
	n := len(t.firsts)
	if n == 0 {
		return
	}
	slices.SortFunc(t.firsts, func(a, b *storage.FirstAttempt) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Key, b.Key))
	})
	users, paths, keys := make([]string, n), make([]string, n), make([]string, n)
	fingerprints, ids, answers := make([]string, n), make([]string, n), make([]string, n)
	versions, at := make([]int64, n), make([]int64, n)
	for i, a := range t.firsts {
		users[i], paths[i], keys[i] = a.User, a.Path, a.Key
		fingerprints[i], ids[i], answers[i] = a.Fingerprint, a.ID, string(a.Answer)
		versions[i], at[i] = a.Version, int64(a.At)
	}
	t.firsts = nil
	t.queue.Queue(`INSERT INTO attempts (`+attemptColumns+`) SELECT * FROM unnest($1::text[], $2::text[], $3::text[],
		$4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])`, users, paths, keys, fingerprints, ids, versions, answers, at)
}

// ForgetAttempts implements [storage.Tx]. Rows that another process is forgetting are left to it.
func (t *tx) ForgetAttempts(ctx context.Context, before events.Time, limit int) (n int, err error) {
	t.addInserts()
	t.queue.Queue(`DELETE FROM attempts WHERE ("user", path, key) IN
		(SELECT "user", path, key FROM attempts WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)`, int64(before), limit).Exec(func(done pgconn.CommandTag) error {
		n = int(done.RowsAffected())
		return nil
	})
	err = t.flush(ctx)
	return n, err
}
