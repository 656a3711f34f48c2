#!/usr/bin/env bash
# Runs a command in a display that nobody sees. Not in the one that is there: tests must not need a free screen.
set -euo pipefail
unset WAYLAND_DISPLAY
export GDK_BACKEND=x11 NO_AT_BRIDGE=1
exec xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24" "$@"
