/** Exit codes of the script, which the error about a failed start is made from. */
export const exitCodes = { noData: 64, foreignData: 65 } as const;

/** What it says then. */
export const noData = "poststack: no data in this volume, and this environment had some";

/** Where the first server listens, inside the container alone. */
const firstPort = 54_320;

/**
 * What the container runs around the image's own entrypoint, which it gets as its arguments. A new cluster appears by
 * rename (RELIABILITY 19): the entrypoint makes it in a directory beside, from initdb to the last init script, and only a
 * server that has run and was shut down cleanly is given its place. Killed at any instant before, the next start throws
 * the directory away and begins anew: nobody has been served from it. The official entrypoint alone would take a half
 * made cluster for a whole one, since initdb writes PG_VERSION early.
 *
 * That first server is not taken for the real one, neither by the healthcheck nor from outside: the entrypoint's own
 * listens on the socket alone, ours after it on a port inside the container. An empty volume is begun anew only where the
 * file with the verifier is: an environment that had data is not to get an empty database (RELIABILITY 21).
 */
export const startScript = `#!/bin/sh
# Written by Poststack. Arguments: the entrypoint of the image and its command.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ ! -s "$POSTGRES_PASSWORD_FILE" ]; then
    echo "${noData}" >&2
    exit ${exitCodes.noData}
  fi
  if [ -d "$PGDATA" ] && ! rmdir "$PGDATA"; then
    echo "poststack: $PGDATA has files in it, and they are no cluster of Postgres" >&2
    exit ${exitCodes.foreignData}
  fi
  rm -rf "$PGDATA.new"
  chown postgres "$POSTGRES_PASSWORD_FILE" 2>/dev/null || :
  PGDATA="$PGDATA.new" "$@" -c listen_addresses=127.0.0.1 -c port=${firstPort} &
  first=$!
  trap 'kill -TERM "$first" 2>/dev/null; wait "$first"; exit 1' INT TERM
  until pg_isready --quiet --host=127.0.0.1 --port=${firstPort}; do
    if ! kill -0 "$first" 2>/dev/null; then
      wait "$first" || exit $?
      exit 1
    fi
    sleep 0.1
  done
  kill -TERM "$first"
  wait "$first"
  trap - INT TERM
  sync
  mv "$PGDATA.new" "$PGDATA"
  sync
fi
rm -f "$POSTGRES_PASSWORD_FILE" 2>/dev/null || :
unset POSTGRES_PASSWORD_FILE
exec "$@" -c config_file=/etc/poststack/postgresql.conf
`;
