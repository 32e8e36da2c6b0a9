#!/usr/bin/env bash
# Usage: follow.sh CLASS_URL TOKEN [CURSOR]
#
# Follows a class with nothing but curl and jq: prints each message as "SEQ AUTHOR: TEXT", and goes on by itself when
# the service restarts or the network fails. It asks for what came after its cursor; the service holds the answer back
# until there is something.
set -u
class=$1 token=$2 cursor=${3:-}

while true; do
  page=$(curl --silent --show-error --fail --max-time 60 --header "Authorization: Bearer $token" \
    "$class/events?wait=25&limit=100${cursor:+&after=$cursor}") || { sleep 0.5; continue; }
  jq --raw-output '.events[]
    | if .type == "message.created" then "\(.seq) \(.data.author): \(.data.text)"
      elif .type == "resync" then "history was lost (\(.reason)): load \(.reload | join(", "))"
      else empty end' <<<"$page"
  cursor=$(jq --raw-output .cursor <<<"$page")
done
