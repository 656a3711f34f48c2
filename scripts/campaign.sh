#!/usr/bin/env bash
# Runs a campaign on what was built for it: `make sim`, `make crash` and `make sabotage` call it, and `make test` with
# the development build and a small, fixed share of each.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=${CAMPAIGN_BIN_DIR:-${CARGO_TARGET_DIR:-target}/${PROFILE:-campaign}}

case $1 in
sim)
  if [ -n "${SEED:-}" ] && [ -z "${DAYS:-}" ]; then exec "$programs/sim" --seed "$SEED"; fi
  exec "$programs/sim" ${DAYS:+--days "$DAYS"} ${SEED:+--from "$SEED"} ${SITTINGS:+--sittings "$SITTINGS"}
  ;;
crash)
  exec "$programs/crash" --seeds "${SEEDS:-2}" --cuts "${CUTS:-20000}" --kills "${KILLS:-200}" ${SEED:+--from "$SEED"}
  ;;
hardship)
  exec "${TURNDOWN_BIN_DIR:-${CARGO_TARGET_DIR:-target}/debug}/hardship" --kills "${KILLS:-500}" ${SEED:+--from "$SEED"}
  ;;
sabotage)
  exec "$programs/sabotage"
  ;;
short)
  scripts/say.sh "Simulated days"
  "$programs/sim" --histories 12
  scripts/say.sh "Power cuts and kills"
  "$programs/crash" --seeds 1 --cuts 500 --kills 20
  scripts/say.sh "Versions broken on purpose"
  "$programs/sabotage" synchronous-normal split-transaction copy-not-read doubt-is-denied newest-first bytes-made-at-send
  scripts/say.sh "The real programs, killed and starved"
  # The eighth house is the one whose disk fills up.
  "$programs/hardship" --kills 75 --from 7
  ;;
*)
  echo "What is to be run: sim, crash, sabotage, hardship or short?" >&2
  exit 2
  ;;
esac
