#!/bin/bash
# Healthy: the server takes connections over TCP, as clients make them, on the port that it really has.
set -u

data=${PGDATA:-/var/lib/postgresql/data}

if [[ -e $data/poststack-first-start || -e $data/poststack-initdb ]]; then
  echo "the first start is not finished"
  exit 1
fi

# Lines 4 to 6 of postmaster.pid: port, folder of the Unix socket, first address of listen_addresses; line 8: status.
# (src/include/utils/pidfile.h of Postgres). None here: the command of the container says `data_directory`.
lines=()
if [[ -r $data/postmaster.pid ]]; then mapfile -t lines <"$data/postmaster.pid"; fi
# Each connection while it recovers would put an error into its log.
if [[ ${lines[7]-} == starting* ]]; then
  echo "the server is starting"
  exit 1
fi
port=${lines[3]:-${PGPORT:-5432}}
case ${lines[5]-*} in
  '*' | 0.0.0.0) host=127.0.0.1 ;;
  ::) host=::1 ;;
  # `listen_addresses=''`: nobody shall come over TCP.
  '') host=${lines[4]:-/var/run/postgresql} ;;
  *) host=${lines[5]} ;;
esac

# A user and a database that are there: with `trust`, the server would log each other one as an error.
exec pg_isready --host="$host" --port="$port" --username="${POSTGRES_USER:-postgres}" --dbname=postgres --timeout=3
