#!/usr/bin/env bash
# Every test there is, the quick ones first; stops at the first that fails. `make test` and nothing else calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

stages=9
stage=0
began=$SECONDS
stage_began=$SECONDS
name=
summary=()

finish_stage() { [ -z "$name" ] || summary+=("$(printf '%6d s  %s' $((SECONDS - stage_began)) "$name")"); }

begin() {
  finish_stage
  stage=$((stage + 1))
  stage_began=$SECONDS
  name=$1
  scripts/say.sh "$stage of $stages: $name ($((SECONDS - began)) s so far)"
}

at_end() {
  local status=$?
  if [ $status -eq 0 ]; then
    finish_stage
    printf '\nAll tests passed in %d s:\n' $((SECONDS - began))
    printf '%s\n' "${summary[@]}"
  else
    printf '\nFailed: %s (stage %d of %d, after %d s). What is above says why.\n' "$name" "$stage" "$stages" \
      $((SECONDS - began)) >&2
  fi
}
trap at_end EXIT

begin "Set-up"
scripts/setup.sh desktop tests database campaigns load

begin "Format"
cargo fmt --all --check
for script in scripts/*.sh .ci/run; do bash -n "$script"; done
for script in scripts/*.mjs tests/e2e/*.mjs tests/e2e/lib/*.mjs; do node --check "$script"; done

begin "Screens: build, lint, tests"
make ui
(cd ui && npm run --silent lint && npm run --silent test)

begin "Clippy"
cargo clippy --workspace --all-targets -- -D warnings

begin "Rust tests and gates"
scripts/rust-tests.sh

begin "Programs"
# With the tests' own features, so that nothing is compiled a second time.
cargo build --workspace --bins --tests
# The broken versions: a few crates once more. One test is named for its features alone, as above.
cargo build --workspace --features turndown-sim/sabotage --bin sabotage --test same_seed

begin "Simulated days, crashes, benchmarks and load, a small share"
CAMPAIGN_BIN_DIR=${CARGO_TARGET_DIR:-target}/debug scripts/campaign.sh short
CAMPAIGN_BIN_DIR=${CARGO_TARGET_DIR:-target}/debug scripts/bench.sh short
CAMPAIGN_BIN_DIR=${CARGO_TARGET_DIR:-target}/debug scripts/load.sh short

begin "A hotel day without a window, on both stores"
scripts/demo.sh
STORE=postgres SIGN_IN=pin scripts/demo.sh

begin "The real window"
scripts/e2e.sh
