package abuse_test

import (
	"context"
	"net/http"
	"time"

	"homeroom/test/abuse"
	"homeroom/test/harness"
)

// target is the server for attacks on its connections, as a member from the attackers' address.
func (a *arena) target(name string) abuse.Target {
	a.Helper()
	user := harness.Student(name)
	a.members.teacher.AddMember(a.members.class, user, "student")
	return abuse.Target{Addr: a.srv.Addr(), From: outside, Token: user.Token(a.T, time.Hour), Class: a.members.class}
}

func slowHeads(ctx context.Context, a *arena) {
	a.Log(abuse.SlowHeads(ctx, a.target("slow-heads"), 1000))
}

func slowBodies(ctx context.Context, a *arena) {
	a.Log(abuse.SlowBodies(ctx, a.target("slow-bodies"), 1000, http.MethodPost, harness.ClassPath(a.members.class, "messages")))
}

func giantHeads(ctx context.Context, a *arena) {
	target := a.target("giant-heads")
	for _, shape := range []string{abuse.OneHeader, abuse.ManyHeaders, abuse.LongTarget} {
		a.Log(abuse.GiantHeads(ctx, target, 100, 1<<20, shape))
	}
}

func aborted(ctx context.Context, a *arena) {
	a.Log(abuse.Aborted(ctx, a.target("aborter"), 5000))
}

func idle(ctx context.Context, a *arena) {
	outcome := abuse.Idle(ctx, a.target("idler"), 2500) // of which an address may have 2,000
	a.Log(outcome)
	if outcome.Cut+outcome.Refused < 500 {
		a.Errorf("%d were cut: the attack met no limit", outcome.Cut)
	}
}

func dripReaders(ctx context.Context, a *arena) {
	a.Log(abuse.DripReaders(ctx, a.target("dripper"), 40, 200*time.Millisecond))
}

func hoard(ctx context.Context, a *arena) {
	outcome := abuse.Hoard(ctx, a.target("hoarder"), 300)
	a.Log(outcome)
	if outcome.Held > 50 { // of which one user may have no more
		a.Errorf("%d streams of one user were kept", outcome.Held)
	}
}
