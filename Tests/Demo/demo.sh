#!/usr/bin/env bash
# From records with secrets in them to an export that proves itself, in under a minute:
# a collector (openssl s_server), Waxwing in front of it, some hundred Headscale records, and what `verify` says of the
# collector's capture before and after somebody changes one byte. Leaves nothing behind and ends only what it started.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
waxwing=${WAXWING:-$root/.build/release/waxwing}
certs=${WAXWING_CERTS:-$root/Certs/out}
records=400

folder=$(mktemp -d "${TMPDIR:-/tmp}/waxwing-demo.XXXXXX")
relay_pid='' collector_pid=''
clean_up() {
    for pid in $relay_pid $collector_pid; do kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$folder"

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

give_up() {
    echo "demo: $*" >&2
    tail -n 20 relay.log collector.log >&2 2>/dev/null || true
    exit 1
}

wait_until() { # WHAT COMMAND…: for 20 seconds
    local what=$1 tries=400
    shift
    until "$@"; do
        ((tries-- > 0)) || give_up "not within 20 s: $what"
        sleep 0.05
    done
}

is_open() { (exec 9<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_ports() {
    python3 - <<'PYTHON'
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in held))
PYTHON
}

read -r syslog_port collector_port metrics_port < <(free_ports)
"$root/Certs/make-certs.sh" "$certs"

say "1. A collector that asks for our certificate: openssl s_server on port $collector_port"
mkfifo hold
exec 8<>hold # s_server wants a standard input that neither ends nor says anything.
openssl s_server -quiet -accept "127.0.0.1:$collector_port" -cert "$certs/server.pem" -key "$certs/server.key" \
    -CAfile "$certs/ca.pem" -Verify 1 -verify_return_error <&8 >capture 2>collector.log &
collector_pid=$!

say "2. Waxwing: syslog on port $syslog_port, redaction on, seals signed, TLS to the collector"
cat >waxwing.yaml <<YAML
data: $folder/data
listeners:
  - tcp: 127.0.0.1:$syslog_port
redaction:
  credentials: true
stream:
  origin: relay.example.net/demo
  batch: { records: 100 }
destinations:
  - name: collector
    type: tls
    address: 127.0.0.1:$collector_port
    server_name: localhost
    ca_file: $certs/ca.pem
    certificate_file: $certs/client.pem
    key_file: $certs/client.key
metrics: 127.0.0.1:$metrics_port
YAML
sed 's/^/     /' waxwing.yaml
"$waxwing" run --config waxwing.yaml >relay.log 2>&1 &
relay_pid=$!
wait_until "the relay to listen" is_open "$syslog_port"

say "3. $records records of a Headscale site, one in six with a secret in it"
python3 -B "$root/Tests/Interop/lab/traffic.py" --mixed --count $records --secrets 0.2 --seed 11 --planted planted >sent
cat sent >"/dev/tcp/127.0.0.1/$syslog_port"
have_all() { [[ $(grep -aoF '[waxwing@' capture | wc -l) -ge $records ]]; }
wait_until "all records at the collector" have_all
kill -TERM "$relay_pid"
wait "$relay_pid" || give_up "the relay ended with $?"
relay_pid=''
wait_until "the last seal at the collector" grep -qaF 'why="stop"' capture
kill "$collector_pid"
wait "$collector_pid" 2>/dev/null || true
collector_pid=''
key=$(cat data/keys/log.vkey)
"$waxwing" verify --key "$key" --write verified capture >report || true
secret=$(grep -m 1 -F -f planted <(grep -F '"level"' sent))
stamp=$(cut -d ' ' -f 2,3 <<<"$secret")
echo "   before: $secret"
echo "   after:  $(grep -m 1 -F "$stamp" verified)"
echo "   secrets planted: $(wc -l <planted), at the collector: $(grep -aoF -f planted capture | wc -l), on our disk: $(
    grep -raoF -f planted data relay.log | wc -l)"

say "4. Is what the collector holds what Waxwing sealed?"
echo "   waxwing verify --key '$key' capture"
status=0
"$waxwing" verify --key "$key" capture >report || status=$?
sed 's/^/     /' report
echo "   exit status $status"
((status == 0)) || give_up "the capture does not verify"

say "5. Somebody changes one byte at the collector"
middle=$(grep -aobF 'node.name' capture | sed -n 's/:.*//;100p')
cp capture tampered
printf 'N' | dd of=tampered bs=1 seek="$middle" conv=notrunc status=none
cmp -l capture tampered | sed 's/^/   byte, before, after (octal): /' || true
status=0
"$waxwing" verify --key "$key" tampered >report || status=$?
sed 's/^/     /' report
echo "   exit status $status"
((status == 1)) || give_up "the change was not noticed"
say "Done: one byte was enough."
