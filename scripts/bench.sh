#!/usr/bin/env bash
# Runs the benchmarks on what was built for them: `make bench` calls it, and `make test` with the development build and
# a few of everything, to see that each figure is still there. No figure fails anything.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
program=${CAMPAIGN_BIN_DIR:-$target/campaign}/bench
demanded='record_p50_ratio record_p99_ratio record_per_s record_p99_ms_while_flushing flush_per_s backlog_100k_rss_mb
  audit_verify_1m_s day_begins_ratio weak_link_p95_s'

if [ "${1:-}" = short ]; then
  scripts/say.sh "Benchmarks, a few of everything"
  figures=$("$program" --short --folder "$target/bench" | tail -n 1)
  for figure in $demanded; do
    case $figures in
    *"\"$figure\":"*) ;;
    *) echo "$figure is not among the figures: $figures" >&2; exit 1 ;;
    esac
  done
  exit
fi

echo "Commit $(git rev-parse --short HEAD)$(git diff --quiet HEAD -- || echo ', with changes'), $(nproc) cores"
exec "$program" --folder "$target/bench" ${ONLY:+--only "$ONLY"}
