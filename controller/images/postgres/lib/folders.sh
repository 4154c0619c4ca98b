# shellcheck shell=bash
# Who owns the folders. Postgres starts only in one that is its user's own, with mode 0700 or 0750.

make_folders() {
  local folder
  for folder in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
    mkdir -p "$folder" 2>/dev/null ||
      fail "uid $(id -u) cannot make $folder" "mount a volume there that uid $(id -u) may write to"
  done
}

# take_folders USER: root's part. What is the user's already stays untouched, so a second start writes nothing.
take_folders() {
  local folder
  for folder in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
    detail "$folder: $(stat --format="%U:%G %a" "$folder")"
    find "$folder" ! -user "$1" -exec chown --no-dereference "$1" {} + ||
      fail "$folder cannot be given to $1" \
        "run the container with --user and the uid that owns it: $(stat --format=%u "$folder")"
    tighten "$folder"
  done
  # A tmpfs mounted here is root's.
  mkdir -p "$socket_folder"
  if [[ $(stat --format=%U "$socket_folder") != "$1" ]]; then
    { chown "$1" "$socket_folder" && chmod 3775 "$socket_folder"; } || warn "$socket_folder stays root's"
  fi
}

# tighten FOLDER: 0750 stays, it is what `initdb --allow-group-access` makes.
tighten() {
  case $(stat --format=%a "$1") in
    700 | 750) ;;
    *) chmod 0700 "$1" || warn "the mode of $1 stays $(stat --format=%a "$1")" ;;
  esac
}

# For any user: what root had no part in, with `--user`.
check_folders() {
  local folder me
  me=$(id -u)
  for folder in "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
    [[ -O $folder && -w $folder && -x $folder ]] ||
      fail "$folder belongs to uid $(stat --format=%u "$folder"), and the server runs as uid $me" \
        "give the volume to uid $me, or set PGDATA to a new folder in it: $folder/pgdata"
    tighten "$folder"
  done
  [[ -w $socket_folder ]] || fail "uid $me may not write to $socket_folder" "mount a tmpfs there with uid=$me, on Podman with U"
}
