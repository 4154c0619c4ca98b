#!/bin/bash
# What the container runs: makes the cluster at the first start, then becomes Postgres.
set -Eeuo pipefail

library=/usr/local/lib/poststack
# shellcheck source=SCRIPTDIR/lib/messages.sh
. "$library/messages.sh"
# shellcheck source=SCRIPTDIR/lib/settings.sh
. "$library/settings.sh"
# shellcheck source=SCRIPTDIR/lib/folders.sh
. "$library/folders.sh"
# shellcheck source=SCRIPTDIR/lib/first-start.sh
. "$library/first-start.sh"
# shellcheck source=SCRIPTDIR/lib/server.sh
. "$library/server.sh"
# shellcheck source=SCRIPTDIR/lib/init-files.sh
. "$library/init-files.sh"

# Asks for a text and not for a server.
only_tells() {
  local argument
  for argument in "$@"; do
    case $argument in
      -\? | --help | -V | --version | --describe-config) return 0 ;;
    esac
  done
  return 1
}

main() {
  # `docker run IMAGE -c shared_buffers=1GB`
  if [[ $# -eq 0 || $1 == -* ]]; then set -- postgres "$@"; fi
  # `docker run IMAGE bash`
  if [[ $1 != postgres ]] || only_tells "$@"; then exec "$@"; fi

  check_folder_settings
  make_folders
  local state
  state=$(data_state) || fail "uid $(id -u) may not read $PGDATA" "give the volume to the uid that the server runs as"
  detail "uid $(id -u), $PGDATA is: $state"
  case $state in
    foreign) refuse_foreign_data ;;
    cluster) check_major ;;
    # Later starts need none of them, and must not fail for a secret that has been taken away since.
    empty | unfinished) read_settings ;;
  esac

  if [[ $(id -u) -eq 0 ]]; then
    take_folders postgres
    # Secrets that only root may read have been read. They pass on in the environment, which no other user can see.
    HOME=/var/lib/postgresql exec setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all "$0" "$@"
  fi
  check_folders
  if [[ $state == unfinished ]]; then discard_unfinished; fi
  if [[ $state != cluster ]]; then first_start "$@"; fi

  # Postgres hands its environment on to every program that it runs: COPY … PROGRAM, archive_command.
  unset POSTGRES_PASSWORD
  detail "becoming Postgres"
  exec "$@"
}

main "$@"
