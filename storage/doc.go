// Package storage keeps what Homeroom knows: classes, members, messages, and the log of events that each change
// of them leaves behind.
//
// [Store] is what the rest of the program uses. Its rules (who may do what, which event a change makes) are written
// once, in [Engine], over a [Driver] that knows one database's SQL. The packages sqlite and postgres are drivers;
// storagetest is the one suite that both pass.
//
// Every write goes through the committer: it gathers the writes that are waiting, and commits their state and their
// events in one transaction, with one sync to disk. Only then are the events handed on and the callers answered. So
// what was answered is durable, each channel's seqs are contiguous in commit order, and there is no way to change
// something without its event.
package storage
