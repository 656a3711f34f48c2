#!/usr/bin/env bash
# A chain's desks on three services that share one PostgreSQL, behind a balancer: `make load` calls it with the programs
# that were built for it, and `make test` with the development build and a few of everything.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
programs=${CAMPAIGN_BIN_DIR:-$target/campaign}
# Where Debian keeps haproxy, which not everybody has in their path.
PATH=$PATH:/usr/sbin

# A server as somebody would run it for this: with memory to work in, and tidying up by itself.
if [ -z "${TURNDOWN_TEST_POSTGRES:-}" ]; then
  exec env POSTGRES_OPTIONS='-c shared_buffers=1GB -c autovacuum=on -c max_wal_size=4GB' scripts/with-postgres.sh "$0" "$@"
fi

database="load_$$"
psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --command="CREATE DATABASE $database OWNER turndown_owner" \
  "$TURNDOWN_TEST_POSTGRES user=postgres dbname=postgres"
"$programs/turndown-service" migrate --postgres "$TURNDOWN_TEST_POSTGRES user=turndown_owner dbname=$database"
export TURNDOWN_POSTGRES="$TURNDOWN_TEST_POSTGRES user=turndown_service dbname=$database"
load=("$programs/bench" load --service "$programs/turndown-service" --folder "$target/bench")

if [ "${1:-}" = short ]; then
  scripts/say.sh "Three services on one PostgreSQL, a few of everything"
  "${load[@]}" --hotels 3 --desks 6 --events 1000 --steady-s 3
else
  echo "Commit $(git rev-parse --short HEAD)$(git diff --quiet HEAD -- || echo ', with changes'), $(nproc) cores"
  "${load[@]}" ${HOTELS:+--hotels "$HOTELS"} ${DESKS:+--desks "$DESKS"} ${EVENTS:+--events "$EVENTS"}
fi
"$programs/turndown-service" audit verify
