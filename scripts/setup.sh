#!/usr/bin/env bash
# Makes this machine able to build and run Turndown: `setup.sh programs|desktop|campaigns|database|load|tests|pictures ...`, any together.
# Installs by apt what Debian 12 or Ubuntu 22.04 and later lack, and nothing where nothing is missing. Elsewhere it says
# what is needed and goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

RUST_MIN=1.91
NODE_MIN=20.19

fail() {
  printf '\n%s\n' "$@" >&2
  exit 1
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

command -v cargo >/dev/null || fail "Rust is missing." "Install it from https://rustup.rs and run this again."
rust=$(rustc --version | cut -d' ' -f2)
at_least "$RUST_MIN" "$rust" || fail "Rust $rust is too old; $RUST_MIN or later is needed." "Run: rustup update stable"

packages=(build-essential pkg-config)
for need in "$@"; do
  case $need in
    programs) ;;
    desktop) packages+=(libwebkit2gtk-4.1-dev libgtk-3-dev) ;;
    campaigns) packages+=(strace) ;;
    tests) packages+=(xvfb xauth webkit2gtk-driver dbus python3 python3-gi gir1.2-atspi-2.0 at-spi2-core xdotool x11-xkb-utils gnome-keyring libsecret-tools) ;;
    # Their programs alone: the tests start servers of their own and leave the machine's alone.
    database) packages+=(postgresql nats-server) ;;
    load) packages+=(haproxy) ;;
    pictures) packages+=(chromium) ;;
    *) fail "setup.sh: unknown need '$need'" ;;
  esac
done
case " $* " in
  *" desktop "* | *" tests "*)
    command -v node >/dev/null || fail "Node is missing." "Install Node $NODE_MIN or later: https://nodejs.org"
    node=$(node --version | tr -d v)
    at_least "$NODE_MIN" "$node" || fail "Node $node is too old; $NODE_MIN or later is needed."
    command -v npm >/dev/null || fail "npm is missing; it comes with Node from https://nodejs.org."
    ;;
esac
# A machine with no display shows the window in a virtual one.
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  case " $* " in *" desktop "*) packages+=(xvfb xauth webkit2gtk-driver) ;; esac
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not Debian or Ubuntu: if the build misses something, it is one of (names as on Debian): ${packages[*]}"
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

scripts/say.sh "System packages: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "These packages are missing and sudo is not there:" "  ${missing[*]}" \
    "As root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
