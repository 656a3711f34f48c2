#!/usr/bin/env bash
# The desktop with screens that Vite serves and reloads; without --no-default-features the window would show the copy
# built into it. End it and call it again to have changes of the Rust code.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

vite_pid=
trap 'kill $vite_pid 2>/dev/null || true; wait $vite_pid 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
(cd ui && exec npm run --silent dev) &
vite_pid=$!
until port_taken 1420; do
  kill -0 "$vite_pid" 2>/dev/null || exit 1
  sleep 0.1
done
[ ! -s "$ready_file" ] || TURNDOWN_SAMPLE_URL=$(<"$ready_file")
export TURNDOWN_SAMPLE_URL=${TURNDOWN_SAMPLE_URL:-} TURNDOWN_SAMPLE_CODE_FILE=$code_file TURNDOWN_KEYS=${TURNDOWN_KEYS:-file}
TURNDOWN_DATA_DIR=${TURNDOWN_DATA_DIR:-$run_dir/desk-for-development} cargo run -p turndown --no-default-features
