# shellcheck shell=bash
# The environment's contract, as the manual of the library's image has it:
# https://github.com/docker-library/docs/blob/master/postgres/content.md, "Environment Variables" and "Docker Secrets".

: "${PGDATA:=/var/lib/postgresql/data}" "${PGPORT:=5432}"
export PGDATA

socket_folder=/var/run/postgresql

# read_setting NAME [DEFAULT]: from NAME, else from the file that NAME_FILE names, else DEFAULT. Exported as NAME.
read_setting() {
  local name=$1 file_name=$1_FILE value
  local file=${!file_name-}
  if [[ -n ${!name-} && -n $file ]]; then
    fail "$name and $file_name are both set" "set one of the two"
  fi
  if [[ -z $file ]]; then
    value=${!name:-${2-}}
  else
    # Not only plain files: a pipe is a way to hand a secret over, too.
    [[ -e $file ]] || fail "$file_name names $file, which does not exist" "mount the file, or correct the path"
    [[ ! -d $file ]] || fail "$file_name names $file, which is a folder" "name a file in it"
    [[ -r $file ]] || fail "$file_name names $file, which uid $(id -u) may not read" "give it read permission"
    # Trailing newlines are cut: editors and `echo` put them there.
    value=$(<"$file")
  fi
  if [[ $value == *$'\n'* ]]; then fail "$name has more than one line" "take the others away"; fi
  export "$name=$value"
  unset "$file_name"
}

read_settings() {
  read_setting POSTGRES_PASSWORD
  read_setting POSTGRES_USER postgres
  read_setting POSTGRES_DB "$POSTGRES_USER"
  read_setting POSTGRES_INITDB_ARGS
  read_setting POSTGRES_HOST_AUTH_METHOD scram-sha-256
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    fail "the superuser has no password" \
      "set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD to one, or POSTGRES_HOST_AUTH_METHOD to trust for none at all"
  fi
}

tell_settings() {
  detail "user $POSTGRES_USER, database $POSTGRES_DB, other hosts log in by $POSTGRES_HOST_AUTH_METHOD"
  if [[ $POSTGRES_HOST_AUTH_METHOD == trust ]]; then
    warn "POSTGRES_HOST_AUTH_METHOD is trust: whoever reaches the port is superuser, without a password"
  fi
}

check_folder_settings() {
  [[ $PGDATA == /* ]] || fail "PGDATA is \"$PGDATA\", which is not an absolute path" "begin it with a slash"
  local wal=${POSTGRES_INITDB_WALDIR-}
  [[ -z $wal || $wal == /* ]] || fail "POSTGRES_INITDB_WALDIR is \"$wal\", which is not an absolute path" \
    "begin it with a slash"
  if [[ $wal/ == "$PGDATA"/* ]]; then
    fail "POSTGRES_INITDB_WALDIR, $wal, lies in PGDATA" "leave it out, or name a folder outside of $PGDATA"
  fi
}

# Words of POSTGRES_INITDB_ARGS into the array initdb_words. Quotes and backslashes group them as in a shell; nothing is
# expanded or run.
split_initdb_args() {
  initdb_words=()
  [[ -n $POSTGRES_INITDB_ARGS ]] || return 0
  xargs printf '%s\0' <<<"$POSTGRES_INITDB_ARGS" >/dev/null 2>&1 ||
    fail "POSTGRES_INITDB_ARGS has a quote without its end: $POSTGRES_INITDB_ARGS" "close it"
  readarray -d '' initdb_words < <(xargs printf '%s\0' <<<"$POSTGRES_INITDB_ARGS")
  local word
  for word in "${initdb_words[@]}"; do
    case $word in
      -D* | --pgdata*) fail "POSTGRES_INITDB_ARGS says where the data goes: $word" "set PGDATA instead" ;;
    esac
  done
}
