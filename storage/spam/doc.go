// Package spam judges what members post: the same text over and over, floods over several classes, floods of mentions
// and of links. Who breaks a rule is paused for a time that grows with each offence.
//
// A [Guard] remembers what each member posted lately: hashes and numbers, no texts, and of so many members at most.
// What a transaction brings is judged by a [Trial], in order and against each other, and counts once the transaction
// has committed: so a transaction that fails and is tried again is judged anew, and nothing counts twice.
//
// With an offence the counting begins anew. So what its author is told is true: when the pause is over, whatever keeps
// the rules by itself can be posted.
//
// All of this is kept in memory: each process counts for itself, and a restart forgets it.
package spam
