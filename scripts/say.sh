#!/usr/bin/env bash
# Says what begins, so that a long run shows where it is.
set -euo pipefail
if [ -t 1 ]; then printf '\n\033[1m==> %s\033[0m\n' "$*"; else printf '\n==> %s\n' "$*"; fi
