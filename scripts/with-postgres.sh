#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, which is gone afterwards: `with-postgres.sh cargo nextest run ...`.
# It has its own data folder, and its own port in that folder's socket: no other server on this machine is used, and
# nobody else reaches this one. TURNDOWN_TEST_POSTGRES says where it is. Installs nothing (`scripts/setup.sh database`).
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || {
  echo "with-postgres.sh: which command?" >&2
  exit 2
}
# Inside another one.
[ -z "${TURNDOWN_TEST_POSTGRES:-}" ] || exec "$@"

programs=$(find /usr/lib/postgresql /usr/local/pgsql /opt/homebrew/opt -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$programs" ] || programs=$(command -v initdb || true)
[ -n "$programs" ] || {
  echo "PostgreSQL is missing. Run: scripts/setup.sh database" >&2
  exit 1
}
programs=$(dirname "$(readlink -f "$programs")")

# Short, because a socket's path has at most a hundred characters, and where another user may come.
folder=$(mktemp -d /tmp/turndown-postgres.XXXXXX)
# The server refuses to run as root.
as_server=()
if [ "$(id -u)" -eq 0 ]; then
  chown postgres: "$folder"
  as_server=(runuser -u postgres --)
fi
server() { (cd "$folder" && "${as_server[@]}" env LC_ALL=C.UTF-8 "$programs/$1" "${@:2}"); }

running=
stop() {
  local status=$?
  trap - EXIT
  [ -z "$running" ] || server pg_ctl stop --silent --pgdata="$folder/data" --mode=immediate || true
  rm -r -- "$folder"
  exit $status
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

server initdb --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --no-instructions >"$folder/initdb.log" || {
  cat "$folder/initdb.log" >&2
  exit 1
}
# Durable as the service asks for, and without what a server of a day needs not.
server pg_ctl start --silent --wait --pgdata="$folder/data" --log="$folder/log" --options="-c listen_addresses='' -k $folder \
  -c max_connections=200 -c autovacuum=off -c shared_buffers=64MB" || {
  cat "$folder/log" >&2
  exit 1
}
running=yes
export TURNDOWN_TEST_POSTGRES="host=$folder"
server psql --quiet --no-psqlrc --host="$folder" --username=postgres --set=ON_ERROR_STOP=1 --dbname=postgres \
  --command="CREATE ROLE turndown_owner LOGIN" --command="CREATE ROLE turndown_service LOGIN"
"$@"
