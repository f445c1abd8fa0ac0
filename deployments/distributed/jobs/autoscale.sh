#!/bin/sh
# Keeps as many workers on this server as its queues need, at most MOST (4): looks each 30 seconds, asks the ledger, scales.
#   MOST=4 ./autoscale.sh            beside `docker-compose up -d` in this folder; COMPOSE='docker compose' for version 2
#   JOB_TYPES=conversion.cad COMPOSE='docker-compose -p cascadia-cad' ./autoscale.sh
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker-compose}
looks=${LOOKS:-0} # 0: for ever
look=0
while [ "$looks" = 0 ] || [ "$look" -lt "$looks" ]; do
  look=$((look + 1))
  there=$($compose ps -q worker | wc -l)
  if wanted=$($compose exec -T worker cascadia scale --there "$there" --most "${MOST:-4}"); then
    [ "$wanted" -eq "$there" ] || $compose up -d --no-recreate --scale worker="$wanted" worker
  fi
  [ "$look" = "$looks" ] || sleep "${EVERY:-30}"
done
