#!/usr/bin/env bash
# Every Rust test but those in the window; arguments choose fewer. cargo-nextest runs them side by side where it is
# installed. It is not installed here: that takes longer than it saves. The service's tests run on SQLite and on a
# PostgreSQL that is started for them.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- --workspace
if cargo nextest --version >/dev/null 2>&1; then
  scripts/with-postgres.sh cargo nextest run "$@"
else
  echo "cargo-nextest is not installed; using cargo test, which does the same more slowly."
  scripts/with-postgres.sh cargo test "$@" --lib --bins --tests
fi
