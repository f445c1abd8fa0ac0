#!/bin/sh
# What the official image does on its first start, as far as our compose files ask for it.
set -eu
: "${POSTGRES_PASSWORD:?is empty}" "${POSTGRES_USER:=postgres}"
export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  # shellcheck disable=SC2086  # several arguments are meant
  initdb --username "$POSTGRES_USER" --pwfile /tmp/password --auth-local trust --auth-host scram-sha-256 -D "$PGDATA" ${POSTGRES_INITDB_ARGS:-}
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses='' -k /tmp" start
  [ "$POSTGRES_DB" = postgres ] || createdb --host /tmp --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -D "$PGDATA" -w -m fast stop
fi
shift
exec postgres -D "$PGDATA" -c listen_addresses='*' -k /tmp "$@"
