// Package load is the load generator behind homeroom load: many readers of many classes, posters who post to them, and
// a check of every reader's every event.
//
// A trial makes classes of its own, with members, and posts one message to each, whose seq is where everybody begins.
// Then one reader a member opens its stream, through a [wire]: our own small client, which costs little enough for
// tens of thousands of streams beside the service, or the client of r3labs/sse, which proves the wire by a reading
// that isn't ours. Posts carry a stamp in their text: their number in the class and when they were made. So a reader
// knows by itself, without asking anybody, what it lacks, what it got twice, what came in the wrong order, and how long
// each took. What the service answered to a post and what each reader was told must agree; a [tape] a class sees to it.
//
// Some readers are slow and stop reading until they are cut; some connections are cut at random; a storm cuts all at
// once. All come back with their cursors, and must end with everything.
package load
