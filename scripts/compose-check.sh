#!/usr/bin/env bash
# Runs docker-compose.yml for real: builds the image, starts three brokers, makes a topic with three replicas, produces
# with acks=all while each broker in turn is killed and started again (until the producer ends, each at least once),
# consumes everything and compares, stops cleanly.
# Needs a Docker engine, docker compose (v2 or v1) and kcat. Where one is missing it says so and is skipped; in CI
# (CI=true) or with --require that is a failure.
#
#   scripts/compose-check.sh [--require] [records]     one million records when not given
set -euo pipefail
cd "$(dirname "$0")/.."
required=${CI:-false}
records=1000000
for argument in "$@"; do
  case $argument in
    --require) required=true ;;
    *[!0-9]* | '') sed -n '2,8p' "$0"; exit 2 ;;
    *) records=$argument ;;
  esac
done
image=${TIDELOG_IMAGE:-tidelog:local}
export TIDELOG_IMAGE=$image
work=$(mktemp -d)

skip() {
  echo "compose skipped=\"$1\""
  if [ "$required" = true ]; then exit 1; fi
  exit 0
}
fail() { echo "compose failed=\"$1\"" >&2; exit 1; }
command -v docker >/dev/null || skip 'no docker command'
docker info >/dev/null 2>&1 || skip 'no Docker engine answers'
command -v kcat >/dev/null || skip 'no kcat: apt-get install kcat'
if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
command -v "${compose[0]}" >/dev/null || skip 'neither "docker compose" nor "docker-compose"'
compose+=(-p tidelog-check)

certificate=deploy/ca-of-this-machine.crt
finish() {
  local status=$?
  if [ $status -ne 0 ]; then "${compose[@]}" logs --tail 40 2>&1 | tail -120 || true; fi
  "${compose[@]}" down -v --timeout 10 >/dev/null 2>&1 || true
  rm -rf "$work" "$certificate"
  exit $status
}
trap finish EXIT

seconds() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(seconds)" 'BEGIN { printf "%.1f", b - a }'; }
# The container of a service; a killed one too.
container() { "${compose[@]}" ps -q -a "$1" 2>/dev/null || "${compose[@]}" ps -q "$1"; }
health() { docker inspect -f '{{.State.Health.Status}}' "$(container "$1")" 2>/dev/null || echo none; }
healthy() {
  for _ in $(seq 300); do
    local all=yes
    for service in "$@"; do [ "$(health "$service")" = healthy ] || all=no; done
    [ $all = yes ] && return 0
    sleep 0.2
  done
  fail "not healthy within a minute: $*"
}

if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then cp "$NODE_EXTRA_CA_CERTS" "$certificate"; fi
started=$(seconds)
docker build --network host -q -f deploy/Dockerfile -t "$image" . >/dev/null
echo "compose build_s=$(since "$started") image_mb=$(docker image inspect -f '{{.Size}}' "$image" | awk '{ printf "%d", $1 / 1e6 }')"
[ "$(docker image inspect -f '{{.Config.User}}' "$image")" = 1000:1000 ] || fail 'the image runs as root'

# A node that waits for its quorum, and one that is still loading, stop at once too, although they are process number 1.
for after in 0.5 3; do
  lonely=$(docker run -d -e KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093,2@nowhere:9093,3@nowhere:9093 "$image")
  sleep $after
  started=$(seconds)
  docker stop -t 30 "$lonely" >/dev/null
  stop_s=$(since "$started")
  code=$(docker inspect -f '{{.State.ExitCode}}' "$lonely")
  docker rm -v "$lonely" >/dev/null
  echo "compose stopped_after_s=$after stop_s=$stop_s exit_code=$code"
  [ "$code" = 0 ] || [ "$code" = 143 ] || fail 'a node that was not ready did not stop on SIGTERM'
done

started=$(seconds)
"${compose[@]}" up -d --no-build >/dev/null 2>&1 || fail 'up failed'
healthy broker-1 broker-2 broker-3
echo "compose healthy_s=$(since "$started")"

docker exec "$(container broker-1)" node /app/bin/tidelog.mjs topics create --bootstrap-server broker-1:19092 \
  --topic checked --partitions 3 --replication-factor 3 >/dev/null
seq "$records" | awk '{ print $1 " of the records that the compose check sends through three brokers" }' >"$work/sent"
bootstrap=localhost:9092,localhost:9094,localhost:9096
started=$(seconds)
# In forty pieces, ten of them after each kill: every broker is to be killed while records are being sent.
split --number l/40 "$work/sent" "$work/piece-"
feed() {
  local fed=0
  for piece in "$work"/piece-*; do
    until [ $fed -lt 10 ] || [ -e "$work/killed-$((fed / 10))" ]; do sleep 0.2; done
    cat "$piece"
    fed=$((fed + 1))
    sleep 1
  done
}
feed |
  kcat -b $bootstrap -P -t checked -X acks=all -X enable.idempotence=true -X message.timeout.ms=120000 \
    -X queue.buffering.max.messages=20000 -X linger.ms=5 &
producing=$!
kills=0
# The brokers in turn, the next one when the last is healthy again.
while kill -0 $producing 2>/dev/null; do
  broker=broker-$((kills % 3 + 1))
  sleep 1
  docker kill "$(container $broker)" >/dev/null
  kills=$((kills + 1))
  touch "$work/killed-$kills"
  sleep 2
  docker start "$(container $broker)" >/dev/null
  healthy broker-1 broker-2 broker-3
done
wait $producing || fail 'the producer failed'
[ $kills -ge 3 ] || fail "the producer ended after $kills kills: give it more records"
echo "compose produced=$records produce_s=$(since "$started") kills=$kills"

kcat -b $bootstrap -C -t checked -o beginning -e -q -X isolation.level=read_committed >"$work/received"
sort "$work/received" >"$work/received.sorted"
sort "$work/sent" >"$work/sent.sorted"
lost=$(comm -23 "$work/sent.sorted" "$work/received.sorted" | wc -l)
more=$(comm -13 "$work/sent.sorted" "$work/received.sorted" | wc -l)
echo "compose consumed=$(wc -l <"$work/received") lost=$lost duplicates=$more"
[ "$lost" = 0 ] && [ "$more" = 0 ] || fail 'what was consumed is not what was produced'

containers=$(for service in broker-1 broker-2 broker-3; do container "$service"; done)
started=$(seconds)
"${compose[@]}" stop >/dev/null 2>&1
stop_s=$(since "$started")
codes=$(for one in $containers; do docker inspect -f '{{.State.ExitCode}}' "$one"; done | sort -u | tr '\n' ' ')
echo "compose stop_s=$stop_s exit_codes=${codes% }"
[ "${codes% }" = 0 ] || fail 'a broker did not stop cleanly on SIGTERM'
echo 'compose passed'
