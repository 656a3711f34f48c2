#!/usr/bin/env bash
# Changes a room of the running sample hotel as if from another workplace: the one that this desk changed last and has
# not sent yet, so that the two meet; or ROOM=214; or, where nothing waits, any. What is done: ACTION=reassign (the
# default), or complete, cancel, rush ...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

if [ ! -x "$bin_dir/turndown-service" ] || [ ! -s "$service_db" ]; then
  echo "There is no sample hotel yet. Start it with: make run" >&2
  exit 1
fi
action=${ACTION:-reassign}
room=${ROOM:-}
if [ -z "$room" ] && [ -s "$desk_dir/desk.db" ]; then
  room=$("$bin_dir/waiting-room" "$desk_dir/desk.db")
  [ -n "$room" ] || echo "Nothing waits at the desk, so this will not meet anything of yours. Pull the plug, change a room, and call it again."
fi
if [ -n "$room" ]; then which=(--room "$room"); else which=(--random 1); fi
"$bin_dir/turndown-service" act --db "$service_db" "${which[@]}" "$action"
