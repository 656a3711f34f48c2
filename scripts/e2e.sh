#!/usr/bin/env bash
# The tests in the real window, one after the other: they measure, and share two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

export TURNDOWN_BIN_DIR=$bin_dir
scripts/virtual-display.sh node --test --test-concurrency=1 --test-reporter=spec tests/e2e/*.test.mjs
