package handlers

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// The headers of draft-ietf-httpapi-ratelimit-headers-10, RateLimit-Policy and RateLimit, as net/http writes them: what
// bounds a call, and what is left of it.
const (
	policyHeader = "Ratelimit-Policy"
	quotaHeader  = "Ratelimit"
)

// quotaRoom is enough for the items of a user and an address.
const quotaRoom = 96

// quota is a limit that bounds a call, and what was used of it.
type quota struct {
	name string
	most int
	usage
}

// wait is how long to wait until the next call is let through.
func (q quota) wait() time.Duration { return q.usage.wait(q.most) }

// seconds is a time in whole seconds after which it is over for certain.
func seconds(d time.Duration) int { return int(math.Floor(d.Seconds())) + 1 }

// tellQuotas writes the headers: lists of structured fields (RFC 9651) with an item for each limit, such as
//
//	RateLimit-Policy: "post";q=60;w=60, "post-address";q=1200;w=60
//	RateLimit: "post";r=42;t=17, "post-address";r=1142;t=17
//
// q is how many calls may come in w seconds. r is how many may come right now; t is in how many seconds there are more: when
// none is left, after what time the next one is let through, which is what Retry-After says too.
func tellQuotas(header http.Header, quotas []quota) {
	if len(quotas) == 0 {
		return
	}
	policy, left := make([]byte, 0, quotaRoom), make([]byte, 0, quotaRoom)
	for i, q := range quotas {
		if i > 0 {
			policy, left = append(policy, ", "...), append(left, ", "...)
		}
		policy = q.append(policy, ";q=", q.most, ";w=", int(limitWindow/time.Second))
		wait := limitWindow - q.elapsed
		rest := q.left(q.most)
		if rest == 0 {
			wait = q.wait()
		}
		left = q.append(left, ";r=", rest, ";t=", seconds(wait))
	}
	header.Set(policyHeader, string(policy))
	header.Set(quotaHeader, string(left))
}

// append appends an item with two parameters.
func (q quota) append(to []byte, key1 string, value1 int, key2 string, value2 int) []byte {
	to = append(append(append(to, '"'), q.name...), '"')
	to = strconv.AppendInt(append(to, key1...), int64(value1), 10)
	return strconv.AppendInt(append(to, key2...), int64(value2), 10)
}
