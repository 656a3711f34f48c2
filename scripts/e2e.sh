#!/usr/bin/env bash
# The tests in the real window, one after the other: they measure, and share two cores. Arguments choose fewer, by a part
# of their names: scripts/e2e.sh outage. Each opens a display of its own that nobody sees.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

TURNDOWN_BIN_DIR=$bin_dir exec node tests/e2e/run.mjs "$@"
