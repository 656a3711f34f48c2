#!/usr/bin/env bash
# Changes a task of the running sample hotel as if from another workplace: the one that this desk changed last and has
# not sent yet, so that the two meet; or one of ROOM=214; or, where nothing waits, any. What is done: ACTION=reassign (the
# default), or complete, cancel, rush ...
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

if [ ! -x "$bin_dir/turndown-service" ] || [ ! -s "$service_db" ]; then
  echo "There is no sample hotel yet. Start it with: make run" >&2
  exit 1
fi
action=${ACTION:-reassign}
which=(--random 1)
if [ -n "${ROOM:-}" ]; then
  which=(--room "$ROOM")
elif [ -s "$desk_dir/desk.db" ]; then
  waiting=$("$bin_dir/waiting-work" "$desk_dir/desk.db")
  if [ -n "$waiting" ]; then
    read -ra which <<<"$waiting"
  else
    echo "Nothing waits at the desk, so this will not meet anything of yours. Pull the plug, change a room, and call it again."
  fi
fi
"$bin_dir/turndown-service" act --db "$service_db" "${which[@]}" "$action"
