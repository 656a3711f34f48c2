#!/usr/bin/env bash
# Plays a hotel day with an outage. DATA, HOTEL and DATE choose another file, hotel and day of the same form.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

"$bin_dir/demo" --data "${DATA:-$SAMPLE_FILE}" --hotel "${HOTEL:-$SAMPLE_HOTEL}" --date "${DATE:-$SAMPLE_DATE}"
