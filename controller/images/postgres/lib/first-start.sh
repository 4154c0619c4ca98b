# shellcheck shell=bash
# The first start: from an empty folder to a cluster that has been set up, or back to an empty folder.
#
#   1 initdb into a folder beside, with sync          PGDATA/poststack-initdb/cluster
#   2 the mark, then the cluster, move up by rename   PGDATA/poststack-first-start
#   3 a server on the Unix socket, database, init files; it ends
#   4 sync, then the mark goes: only now this is a cluster
#
# PGDATA is a mount point as a rule and cannot be renamed itself. Killed at any instant, the next start finds the mark
# or the folder beside alone, throws everything away and begins again: nobody has been served from it. The mark knows
# which cluster it was made for, so another one that somebody puts there meanwhile is never thrown away.

first_start_folder="$PGDATA/poststack-initdb"
first_start_mark="$PGDATA/poststack-first-start"
first_start_output="$first_start_folder/output"

# cluster, empty, unfinished, or foreign
data_state() {
  local entries
  entries=$(ls -A "$PGDATA") || return 1
  if [[ -e $first_start_mark ]]; then
    echo unfinished
  elif [[ -s $PGDATA/PG_VERSION ]]; then
    echo cluster
  elif [[ -z $entries ]]; then
    echo empty
  elif [[ $entries == "${first_start_folder##*/}" ]]; then
    echo unfinished
  else
    echo foreign
  fi
}

check_major() {
  local major
  major=$(<"$PGDATA/PG_VERSION")
  detail "$PGDATA has a cluster of Postgres $major"
  [[ $major == "$PG_MAJOR" ]] || fail "$PGDATA was made by Postgres $major, and this image has $PG_MAJOR" \
    "start an image with $major, dump with pg_dumpall, and restore into a new volume"
}

refuse_foreign_data() {
  if [[ -d $PGDATA/lost+found ]]; then
    fail "$PGDATA is the top of a file system: it has a lost+found" "set PGDATA to a folder below, $PGDATA/pgdata"
  fi
  fail "$PGDATA has files in it, and they are no Postgres cluster: $(find "$PGDATA" -mindepth 1 -printf '%f' -quit)" \
    "empty the volume, or set PGDATA to a new folder in it: $PGDATA/pgdata"
}

# fact NAME: what the mark remembers. It lies beside the cluster until both move up.
fact() {
  local file
  for file in "$first_start_mark" "$first_start_folder/${first_start_mark##*/}"; do
    if [[ -f $file ]]; then
      sed -n "s|^$1 ||p" "$file"
      return
    fi
  done
}

# system_identifier FOLDER: random, made by initdb
system_identifier() {
  LC_ALL=C pg_controldata -D "$1" | sed -n 's/^Database system identifier: *//p'
}

# The mark goes last: killed in here, the next start comes here again.
discard_unfinished() {
  say "an earlier first start did not finish: beginning again"
  if [[ -e $first_start_mark && -f $PGDATA/global/pg_control && $(system_identifier "$PGDATA") != "$(fact cluster)" ]]; then
    fail "$first_start_mark says that the first start was interrupted, but of another cluster than $PGDATA holds" \
      "if the data was put there on purpose, remove that file"
  fi
  discard_tablespaces
  discard_wal
  find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name "${first_start_mark##*/}" -exec rm -rf -- {} +
  rm -f -- "$first_start_mark"
}

# What an init file made outside; the folders themselves are somebody else's.
discard_tablespaces() {
  local link
  for link in "$PGDATA"/pg_tblspc/*; do
    if [[ -L $link ]]; then rm -rf -- "$link"/PG_"${PG_MAJOR}"_*; fi
  done
}

# Only of the folder that was empty when the mark was made, and only what Postgres puts there.
discard_wal() {
  local wal
  wal=$(fact wal)
  [[ -n $wal && $wal == "${POSTGRES_INITDB_WALDIR-}" ]] || return 0
  find "$wal" -mindepth 1 -maxdepth 1 \
    \( -name archive_status -o -name 'xlogtemp.*' -o -regextype posix-extended -regex '.*/[0-9A-F]{24}' \) \
    -exec rm -rf -- {} +
}

# first_start SERVER_COMMAND...
first_start() {
  stop_on_signals
  tell_settings
  say "first start: making a Postgres $PG_MAJOR cluster in $PGDATA"
  make_cluster
  say "first start: setting it up"
  start_server "$@"
  create_database
  run_init_files
  stop_server
  # Also what init files have put into the folder: Postgres has synced its own.
  rm -rf -- "$first_start_folder"
  sync --file-system "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}
  rm -- "$first_start_mark"
  # Else a power cut could bring the mark back, and the next start would throw away what was served meanwhile.
  sync "$PGDATA" || fail "$PGDATA cannot be synced" "look at the disk under the volume, then start again"
  say "first start: done"
  trap - EXIT INT TERM QUIT
}

make_cluster() {
  local wal=${POSTGRES_INITDB_WALDIR-} arguments
  if [[ -n $wal && -n $(ls -A "$wal") ]]; then
    fail "POSTGRES_INITDB_WALDIR, $wal, has files in it" "empty it, or name another folder"
  fi
  mkdir -m 0700 -- "$first_start_folder"
  printf 'wal %s\n' "$wal" >"$first_start_folder/${first_start_mark##*/}"
  split_initdb_args
  # No trust for 127.0.0.1, which other containers of a pod share, and with the host's network everybody on the host.
  # The words of the user come later and win.
  arguments=(--pgdata="$first_start_folder/cluster" --username="$POSTGRES_USER" --auth-local=trust)
  arguments+=(--auth-host="$(host_method)" ${wal:+--waldir="$wal"} "${initdb_words[@]}")
  detail "initdb $(printf '%q ' "${arguments[@]}")"
  run_initdb "${arguments[@]}"
  printf '\n# Every other address.\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$first_start_folder/cluster/pg_hba.conf"
  printf 'cluster %s\n' "$(system_identifier "$first_start_folder/cluster")" >>"$first_start_folder/${first_start_mark##*/}"
  sync "$first_start_folder/${first_start_mark##*/}" "$first_start_folder/cluster/pg_hba.conf"
  mv -- "$first_start_folder/${first_start_mark##*/}" "$first_start_mark"
  sync "$PGDATA"
  chmod --reference="$first_start_folder/cluster" "$PGDATA"
  mv -- "$first_start_folder"/cluster/* "$PGDATA"/
}

# initdb takes a method for 127.0.0.1 and ::1 from a short list, and none with options.
host_method() {
  if [[ $POSTGRES_HOST_AUTH_METHOD == trust ]]; then echo trust; else echo scram-sha-256; fi
}

# run_initdb ARGUMENT...: the password through a pipe, never on disk or in the list of processes.
run_initdb() {
  local -x LD_PRELOAD=${LD_PRELOAD-} NSS_WRAPPER_PASSWD='' NSS_WRAPPER_GROUP=''
  if ! getent passwd "$(id -u)" >/dev/null; then pretend_user; fi
  local password
  exec {password}< <(printf '%s\n' "$POSTGRES_PASSWORD")
  if [[ -n $POSTGRES_PASSWORD ]]; then set -- --pwfile="/dev/fd/$password" "$@"; fi
  run_captured initdb "$@" ||
    fail "initdb failed" "see its message above; POSTGRES_USER, POSTGRES_INITDB_ARGS and the volume are what it had"
  exec {password}<&-
}

# initdb wants a name for its uid, and `--user 1234` has none. (manual of nss_wrapper)
pretend_user() {
  local id
  id=$(id -u)
  printf 'postgres:x:%s:%s:::\n' "$id" "$(id -g)" >"$first_start_folder/passwd"
  printf 'postgres:x:%s:\n' "$(id -g)" >"$first_start_folder/group"
  LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$first_start_folder/passwd" NSS_WRAPPER_GROUP="$first_start_folder/group"
  detail "uid $id has no name: calling it postgres for initdb"
}
