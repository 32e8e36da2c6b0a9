// Package abuse is what a bored or a hostile client does to a server's connections: one attack a file. Each is a
// function that goes on until it is done or its context ends, and that opens no more than it is told to; whoever
// runs it looks at the same time how honest members fare.
//
//	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
//	outcome := abuse.SlowHeads(ctx, abuse.Target{Addr: srv.Addr(), From: "127.0.0.2"}, 500)
//
// An attack knows nothing of how the server works inside, and reports nothing as a failure: what the outcome should be
// is for the test to say.
package abuse
