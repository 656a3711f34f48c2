#!/usr/bin/env bash
# Plays a hotel day with an outage. DATA, HOTEL and DATE choose another file, hotel and day of the same form;
# STORE=postgres has the service keep everything on a PostgreSQL server of its own; SIGN_IN=pin has people sign in by PIN.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${STORE:-file}" = postgres ]; then
  [ -n "${TURNDOWN_TEST_POSTGRES:-}" ] || exec scripts/with-postgres.sh "$0" "$@"
  export TURNDOWN_ON_POSTGRES=$TURNDOWN_TEST_POSTGRES
fi
if [ "${SIGN_IN:-name}" = pin ]; then
  export TURNDOWN_BY_PIN=yes
fi
. scripts/lib.sh

"$bin_dir/demo" --data "${DATA:-$SAMPLE_FILE}" --hotel "${HOTEL:-$SAMPLE_HOTEL}" --date "${DATE:-$SAMPLE_DATE}"
