package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"homeroom/storage"
)

// maxTags bounds the tags of an If-Match that are looked at: each may cost a try.
const maxTags = 10

// neverVersion is a version that nothing has.
const neverVersion = 1<<63 - 1

// ifMatch makes a change if what it is made to is in one of the versions that If-Match names (RFC 9110, 13.1.1), or in
// any without the header. Each try finds out and changes in one step; versions only grow, so that going up through
// them misses none.
func ifMatch(r *http.Request, change func(version int64) error) error {
	var err error
	for _, version := range expected(r.Header.Values("If-Match")) {
		err = change(version)
		if _, stale := errors.AsType[*storage.VersionError](err); !stale {
			return err
		}
	}
	return err
}

// expected are the versions that If-Match allows, in rising order; there is at least one. A tag that is none of ours,
// or a weak one, can't match anything.
func expected(header []string) []int64 {
	text := strings.TrimSpace(strings.Join(header, ","))
	if text == "" || text == "*" {
		return []int64{storage.AnyVersion}
	}
	var versions []int64
	for tag := range strings.SplitSeq(text, ",") {
		digits := strings.Trim(strings.TrimSpace(tag), `"`)
		version, err := strconv.ParseInt(digits, 10, 64)
		if err == nil && version > 0 && strings.TrimSpace(tag) == `"`+strconv.FormatInt(version, 10)+`"` {
			versions = append(versions, version)
		}
	}
	slices.Sort(versions)
	versions = slices.Compact(versions)
	if len(versions) == 0 {
		return []int64{neverVersion}
	}
	return versions[max(0, len(versions)-maxTags):]
}
