#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, which is gone afterwards: `with-postgres.sh cargo nextest run ...`.
# It has its own data folder, with its socket, and a port of this machine alone: no other server is used.
# TURNDOWN_TEST_POSTGRES says where it is, TURNDOWN_TEST_POSTGRES_TLS how it is reached over TCP, and
# TURNDOWN_TEST_POSTGRES_CA whose certificate it has there. Installs nothing (`scripts/setup.sh database`).
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
# For the way over TCP, which is encrypted: an authority of a day, and its word for this address.
certificate() {
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$folder/request" 2>/dev/null
  openssl x509 -req -in "$folder/request" -out "$1.crt" -days 2 -extfile <(printf '%s\n' "$3") "${@:4}" 2>/dev/null
}
certificate "$folder/authority" "Turndown's tests" "basicConstraints=critical,CA:TRUE" -signkey "$folder/authority.key"
certificate "$folder/data/server" 127.0.0.1 "subjectAltName=IP:127.0.0.1" \
  -CA "$folder/authority.crt" -CAkey "$folder/authority.key" -CAcreateserial
chmod 600 "$folder/data/server.key"
[ "$(id -u)" -ne 0 ] || chown postgres: "$folder/data/server.key" "$folder/data/server.crt"

# Durable as the service asks for, and without what a server of a day needs not. Somebody else may have a port.
# POSTGRES_OPTIONS says what is to be otherwise.
for port in $(shuf --input-range=20000-29999 --head-count=5); do
  if server pg_ctl start --silent --wait --pgdata="$folder/data" --log="$folder/log" --options="-k $folder \
    -c listen_addresses=127.0.0.1 -c port=$port -c ssl=on -c max_connections=200 -c autovacuum=off \
    -c shared_buffers=64MB ${POSTGRES_OPTIONS:-}"; then
    running=yes
    break
  fi
done
[ -n "$running" ] || {
  cat "$folder/log" >&2
  exit 1
}
export TURNDOWN_TEST_POSTGRES="host=$folder port=$port"
export TURNDOWN_TEST_POSTGRES_TLS="host=127.0.0.1 port=$port sslmode=require"
export TURNDOWN_TEST_POSTGRES_CA="$folder/authority.crt"
server psql --quiet --no-psqlrc --host="$folder" --port="$port" --username=postgres --set=ON_ERROR_STOP=1 --dbname=postgres \
  --command="CREATE ROLE turndown_owner LOGIN" --command="CREATE ROLE turndown_service LOGIN"
"$@"
