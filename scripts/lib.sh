# Shared by the scripts: the folders of a run, and the sample hotel's service. Sourced, not run.

run_dir=${TURNDOWN_RUN_DIR:-$PWD/run}
bin_dir=${TURNDOWN_BIN_DIR:-${CARGO_TARGET_DIR:-$PWD/target}/debug}

SAMPLE_FILE=data/sample/city-hotel-2016.csv.gz
SAMPLE_HOTEL="City Hotel"
# One of the fullest nights of that year.
SAMPLE_DATE=2016-09-09

service_dir=$run_dir/service
service_db=$service_dir/hotel.db
ready_file=$service_dir/address
code_file=$service_dir/code
# shellcheck disable=SC2034 # for those that source this
desk_dir=${TURNDOWN_DATA_DIR:-$run_dir/desk}

say() { scripts/say.sh "$@"; }

# Something listens on this port of this machine.
port_taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Waits for a file that another process writes, as long as that process lives.
await_file() {
  local file=$1 pid=$2
  until [ -s "$file" ]; do
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.05
  done
}

# A hotel with its day, made once from the sample.
ensure_hotel() {
  mkdir -p "$service_dir"
  [ -s "$service_db" ] || {
    say "Sample hotel: making the day of $SAMPLE_DATE"
    "$bin_dir/turndown-service" import --db "$service_db" --file "$SAMPLE_FILE" --hotel "$SAMPLE_HOTEL" --date "$SAMPLE_DATE" --sample
  }
}

service_pid=
keeper_pid=

# Starts the service on a port that stays the same from run to run, because desks remember the address. One that runs
# already (another run, or one that was killed) is used as it is.
start_service() {
  local port_file=$service_dir/port port status
  if [ ! -s "$port_file" ]; then
    for port in $(seq 8787 8887); do port_taken "$port" || break; done
    echo "$port" >"$port_file"
  fi
  port=$(<"$port_file")
  rm -f "$ready_file.new"
  "$bin_dir/turndown-service" serve --db "$service_db" --listen "127.0.0.1:$port" --ready-file "$ready_file.new" \
    --events-file "$service_dir/events.jsonl" >/dev/null 2>>"$service_dir/service.log" &
  service_pid=$!
  if await_file "$ready_file.new" "$service_pid"; then
    mv "$ready_file.new" "$ready_file"
    return
  fi
  status=0
  wait "$service_pid" || status=$?
  service_pid=
  # 6: another service has this database.
  if [ "$status" -eq 6 ] && [ -s "$ready_file" ]; then
    echo "The service runs already at $(<"$ready_file")."
    return
  fi
  tail -n 3 "$service_dir/service.log" >&2
  echo "The service did not start. If another program uses port $port, end it or run: rm $port_file" >&2
  return 1
}

# A desk enrols with a code that holds for a quarter of an hour; the file always has a fresh one.
keep_code_fresh() {
  new_code
  (
    sleeper=
    trap 'kill $sleeper 2>/dev/null; exit 0' TERM
    while :; do
      sleep 600 &
      sleeper=$!
      wait $sleeper
      new_code
    done
  ) >/dev/null 2>&1 &
  keeper_pid=$!
}

new_code() {
  (umask 077 && "$bin_dir/turndown-service" enroll --db "$service_db" | sed -n 1p >"$code_file.new")
  mv "$code_file.new" "$code_file"
}

# Ends what was started here, and waits until it is gone.
stop_service() {
  local pid
  for pid in $keeper_pid $service_pid; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  service_pid=
  keeper_pid=
}
