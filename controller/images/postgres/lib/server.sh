# shellcheck shell=bash
# The server of the first start, which listens on the Unix socket alone: whoever connects over TCP finds a cluster that
# is set up, or none.

child_pid=
server_pid=

# With a trap a shell that waits hears a signal at once; without one, as PID 1, never.
stop_on_signals() {
  trap 'exit 143' TERM
  trap 'exit 130' INT
  trap 'exit 131' QUIT
  trap end_children EXIT
}

# On every way out of an unfinished first start.
end_children() {
  local code=$?
  trap - EXIT
  if [[ -n $child_pid ]]; then kill -TERM "$child_pid" 2>/dev/null || true; fi
  # At once, without a checkpoint: the next start throws the cluster away.
  if [[ -n $server_pid ]]; then kill -QUIT "$server_pid" 2>/dev/null || true; fi
  wait
  case $code in
    130 | 131 | 143) say "stopped; the next start begins the first start again" ;;
  esac
  exit "$code"
}

# run COMMAND...: its exit code; a signal to the entrypoint ends both.
run() {
  local code=0
  "$@" &
  child_pid=$!
  wait "$child_pid" || code=$?
  child_pid=
  return "$code"
}

# run_captured COMMAND...: shows what it wrote at `debug`, else only when it fails.
run_captured() {
  local code=0
  if ((entrypoint_verbosity >= 2)); then
    run "$@" >&2 || code=$?
  else
    run "$@" >"$first_start_output" 2>&1 || code=$?
    if ((code != 0)); then cat "$first_start_output" >&2; fi
  fi
  return "$code"
}

# start_server SERVER_COMMAND...: with the user's own parameters, or an extension that they preload would be missing.
start_server() {
  set -- "$@" -c listen_addresses= -c unix_socket_directories="$socket_folder" -c port="$PGPORT"
  # Without its arguments: parameters can hold secrets, too.
  detail "starting Postgres, on the Unix socket alone"
  if ((entrypoint_verbosity >= 1)); then
    "$@" >&2 &
  else
    "$@" >"$first_start_output" 2>&1 &
  fi
  server_pid=$!
  local deadline=$((SECONDS + 60))
  until is_ready; do
    if ! kill -0 "$server_pid" 2>/dev/null; then
      wait "$server_pid" || true
      server_pid=
      if ((entrypoint_verbosity < 1)); then cat "$first_start_output" >&2; fi
      fail "the server does not start" "see its log above; the command of the container and pg_hba.conf are what it had"
    fi
    if ((SECONDS >= deadline)); then
      fail "the server is not ready after 60 s" "see its log with POSTGRES_ENTRYPOINT_VERBOSITY=debug"
    fi
    sleep 0.1
  done
}

# As pg_ctl sees it: asking by a connection would put an error into the log for each time that it is too early.
# (line 8 of postmaster.pid: src/include/utils/pidfile.h of Postgres)
is_ready() { [[ $(sed -n 8p "$PGDATA/postmaster.pid" 2>/dev/null) == ready* ]]; }

# SIGINT: a fast shutdown, which writes everything. (manual: 18.5)
stop_server() {
  detail "stopping it"
  local code=0
  kill -INT "$server_pid"
  wait "$server_pid" || code=$?
  server_pid=
  if ((code != 0)); then fail "the server ended with code $code" "see its log above"; fi
}

# on_socket PROGRAM ARGUMENT...: with nothing in the environment that leads elsewhere. The password is for who has put
# `--auth=scram-sha-256` into POSTGRES_INITDB_ARGS; in the environment it is out of sight, as an argument it is not.
on_socket() (
  unset PGHOSTADDR PGSERVICE
  export PGHOST="$socket_folder" PGPORT PGUSER="$POSTGRES_USER" PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
  exec "$@"
)

# sql DATABASE PSQL_ARGUMENT...: stops at the first error. `quiet` hides the tags of commands, too.
sql() {
  local database=$1
  shift
  set -- --no-psqlrc --no-password --set=ON_ERROR_STOP=1 --dbname="$database" "$@"
  if ((entrypoint_verbosity < 1)); then set -- --quiet "$@"; fi
  on_socket psql "$@"
}

create_database() {
  local found
  found=$(sql postgres --quiet --tuples-only --no-align --set=name="$POSTGRES_DB" \
    <<<"select 1 from pg_database where datname = :'name'")
  if [[ -n $found ]]; then return; fi
  detail "create database $POSTGRES_DB"
  sql postgres --quiet --set=name="$POSTGRES_DB" <<<'create database :"name"' ||
    fail "database $POSTGRES_DB cannot be made" "see the message above; POSTGRES_DB is its name"
}
