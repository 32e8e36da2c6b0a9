// Package events is the live half of Homeroom: what an event is, how it looks on the wire, and how it
// reaches every stream that may read it.
//
// # Words
//
// A [Channel] is an ordered log: one per class, one per user (the inbox) and one for the whole system. An
// [Event] is a numbered, immutable entry of a channel; its seq counts from 1 without gaps. A signal is live
// only: it is never logged and carries no id. A [Cursor] names a position in every channel that a stream
// carries, and is the stream's SSE id. The epoch names the whole log; it changes when a backup is restored.
//
// # Promises
//
//   - A stream delivers the events of a channel in seq order, each exactly once per chain of cursors.
//   - A stream's first frame, stream.ready, carries a cursor, so that one that saw no event can resume.
//   - A cursor that can't be honoured is answered in band with resync: why, what was lost, what to fetch and
//     where it goes on. While that is undelivered the client's own cursor stays valid, so a connection cut in
//     between loses nothing either.
//   - A reader that stops reading holds a bounded queue, delays nobody, and is cut; it resumes by its cursor.
//   - An event that was made under a client's key is told to its actor with that key, and to nobody else.
//   - What is revoked opens no stream and ends those that it opened, in every process.
//   - A stream is opened, and each batch of its replay is read, only for someone who may read the channel at
//     that moment. Losing that right closes it.
//
// # How
//
// The [Log] is the truth. A [Hub] keeps one feed for every channel that somebody reads: the head, a ring of the
// newest frames, the readers and the streams. [Hub.Publish] takes committed events; one that is next in line is
// encoded once into a [Frame], put into the ring and queued to every stream. One that is further ahead means that
// another was missed (another process wrote it, a hint was lost): the feed reads what lies between from the log.
// Every feed's head is compared with the log's from time to time, which finds a lost last hint too.
//
// A [Stream] that is within the ring is attached under the feed's lock: the frames after its position are copied
// and the stream is added to the receivers in one step, so nothing can fall between replay and live. One that is
// further behind reads batches from the log until it is within the ring. A thousand streams that come back at
// once are thus served from memory.
//
// What is told to all of a class, or to everybody, is an entry of the [BroadcastChannel] too, which every hub follows: it
// is announced as a signal on all streams of those it is for, whatever class they are of. Notices that haven't expired
// are kept beside the system channel's feed, for streams that begin.
//
// # Writing
//
// A stream is run by whoever opened it, over a [Sink], by a goroutine of its own; or it is served over a [Socket], which
// can be written to without blocking. Then it is parked while it has nothing to send, and costs no goroutine and no
// buffer: a few shards, goroutines too, write what is queued to all parked streams, in rounds. What comes during a round
// goes out with the next, joined to one write per stream. A stream gets a goroutine only while its socket is full, while
// it reads from the log, and for its end. While a shard is behind, those who post wait for it ([Hub.Settle]); while
// memory is short, newcomers are turned away and the slowest are cut.
//
// # Caps
//
// How many streams a node, a class, an address and a user may have is bounded. Beyond its cap a user's oldest stream makes
// room, rationed so that clients that come right back can't go on superseding each other; beyond the others newcomers are
// turned away. A stream keeps its place until its socket is closed.
//
// # Presence
//
// Who is there and who types is known for the classes that streams of this node carry: a person for each user, over all
// streams, and a seat for each member of a class. It is never logged, and told by signals at a class's pace. What is
// to outlive the process, sessions and when users were last seen, a [Register] is given in the background.
//
// # Locks
//
// Hub.mu guards the table of feeds, feed.mu one channel's live state, Stream.mu one stream's queue, shard.mu one shard's
// list. They are taken in that order and never the other way; the wheel's and the expiry's come before Stream.mu too.
// presence.mu guards who is there; it is taken under feed.mu at most, and under it only a pace's or the register's.
// Nothing that can block (the log, a socket) happens under any of them.
package events
