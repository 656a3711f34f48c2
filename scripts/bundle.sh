#!/usr/bin/env bash
# The Debian package of the desktop, made by Tauri's own tool; nothing is downloaded for it but that tool.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Pinned: the tool and the library must be of one kind.
TAURI_CLI=2.12.5
make ui
say "Bundle: building as it ships"
npx --yes "@tauri-apps/cli@$TAURI_CLI" build --bundles deb
find "${CARGO_TARGET_DIR:-target}/release/bundle" -name '*.deb'
