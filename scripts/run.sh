#!/usr/bin/env bash
# Opens the desktop on the sample hotel: makes the hotel if it is not there yet, starts its service, opens the window,
# and stops the service when the window is closed. Without a display the window opens in a virtual one, is driven
# through its views, and leaves pictures. `make run` builds first and then calls this.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

trap stop_service EXIT
trap 'exit 130' INT TERM

ensure_hotel
say "Service: starting"
start_service
keep_code_fresh
export TURNDOWN_SAMPLE_URL TURNDOWN_SAMPLE_CODE_FILE=$code_file
TURNDOWN_SAMPLE_URL=$(<"$ready_file")
# The sample hotel is to open anywhere, and its service lies beside it: a computer without a keyring will do.
export TURNDOWN_KEYS=${TURNDOWN_KEYS:-file}
echo "The sample hotel's service answers at $TURNDOWN_SAMPLE_URL; its log is $service_dir/service.log"

if [ -n "${TURNDOWN_NO_DISPLAY:-}" ] || [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  pictures=$run_dir/screenshots
  say "There is no display here: the window opens in a virtual one and leaves pictures in $pictures"
  scripts/virtual-display.sh node scripts/screenshots.mjs "$bin_dir/turndown" "$pictures"
else
  say "Desktop: opening. Close its window to end; its log is in $desk_dir/logs"
  TURNDOWN_DATA_DIR=$desk_dir "$bin_dir/turndown"
fi
