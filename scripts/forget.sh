#!/usr/bin/env bash
# Forgets what runs kept. What a desk recorded and had not sent is lost with it, so it asks first.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

[ -d "$run_dir" ] || { echo "There is nothing to forget."; exit 0; }
if [ -s "$service_dir/port" ] && port_taken "$(<"$service_dir/port")"; then
  echo "The sample hotel's service runs. Close the desktop first." >&2
  exit 1
fi
if [ -t 0 ] && [ "${YES:-}" != 1 ]; then
  read -r -p "Forget the sample hotel, its desk and the pictures in $run_dir? [y/N] " answer
  case $answer in y | Y | yes) ;; *) exit 1 ;; esac
fi
# Only what runs make: the folder may be one that somebody named.
rm -rf "$run_dir/service" "$run_dir/desk" "$run_dir/desk-for-pictures" "$run_dir/screenshots"
rmdir "$run_dir" 2>/dev/null || true
