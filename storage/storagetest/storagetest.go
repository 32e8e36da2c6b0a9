// Package storagetest is the one suite that every database passes: what [storage.Store] promises, told as stories
// and tried on the real thing. [Run] is for every database, [RunShared] for those that several processes may use at
// a time.
package storagetest

import (
	"context"
	"testing"

	"homeroom/storage"
)

// Open opens the database of one test: the same data each time.
type Open func(ctx context.Context) (storage.Driver, error)

// Fresh makes an empty database of the test's own.
type Fresh func(testing.TB) Open

// Run runs the suite. It has one driver of a database open at a time.
func Run(t *testing.T, fresh Fresh) {
	run(t, fresh, []part{
		{"classes", testClasses},
		{"members", testMembers},
		{"messages", testMessages},
		{"inbox", testInbox},
		{"retention", testRetention},
		{"receipts", testReceipts},
		{"unread", testUnread},
		{"positions", testPositions},
		{"presence", testPresence},
		{"attendance", testAttendance},
		{"authorisation", testAuthorisation},
		{"pages", testPages},
		{"log", testLog},
		{"commits", testCommits},
		{"callers", testCallers},
		{"failures", testFailures},
		{"closing", testClosing},
		{"replay", testReplay},
		{"follow", testFollow},
		{"threads", testThreads},
		{"history", testHistory},
		{"archive", testArchive},
		{"joining", testJoining},
		{"mutes", testMutes},
		{"locks", testLocks},
		{"slow mode", testSlowMode},
		{"spam", testSpam},
		{"held messages", testHeld},
		{"attempts", testAttempts},
		{"attempt failures", testAttemptFailures},
		{"notices", testNotices},
		{"mentions", testMentions},
		{"notifications", testNotifications},
		{"preferences", testPreferences},
		{"bulletins", testBulletins},
		{"authorisation of bulletins", testBulletinAuthorisation},
		{"purging of bulletins", testBulletinPurge},
		{"acknowledgements", testAcknowledgements},
		{"jobs", testJobs},
		{"revocations", testRevocations},
	})
}

// part is a group of stories.
type part struct {
	name string
	test func(*testing.T, Fresh)
}

func run(t *testing.T, fresh Fresh, parts []part) {
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(t, fresh)
		})
	}
}
