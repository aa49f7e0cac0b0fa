#!/bin/sh
# Makes throw-away ECDSA P-256 certificates for tests and the demo, valid for 30 days, into DIR (Certs/out by default):
#
#   ca.pem                       the authority both ends trust
#   server.pem, server.key       a collector: localhost, 127.0.0.1, ::1
#   client.pem, client.key       the relay: relay.waxwing.test
# and, for tests that must refuse:
#   unknown-ca.pem               an authority nobody trusts, and what it issued:
#   unknown.pem, unknown.key     a server certificate with the right names
#   unknown-client.pem, .key     a client certificate with the right name
#   expired.pem, expired.key     a server certificate of ca.pem that ended in 2021
#   elsewhere.pem, elsewhere.key a server certificate of ca.pem for collector.example.org
#   ending.pem, ending.key       a server certificate of ca.pem for 90 days, of which five are left
#
# A folder whose certificates are still good for a day is left as it is.
# usage: make-certs.sh [DIR]
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/out}
config=$here/openssl.cnf

mkdir -p "$out"
if [ -f "$out/complete" ] && openssl x509 -in "$out/server.pem" -noout -checkend 86400 >/dev/null; then
    exit 0
fi
rm -f "$out/complete"

CERT_DIR=$(mktemp -d "$out/making.XXXXXX")
CERT_SAN=DNS:localhost
export CERT_DIR CERT_SAN
trap 'rm -rf "$CERT_DIR"' EXIT
: >"$CERT_DIR/index.txt"

key() { # FILE
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

authority() { # NAME COMMON-NAME
    key "$out/$1.key"
    openssl req -new -x509 -config "$config" -extensions authority -days 30 \
        -key "$out/$1.key" -subj "/CN=$2" -out "$out/$1.pem"
}

issue() { # NAME AUTHORITY ROLE COMMON-NAME SUBJECT-ALT-NAMES [START END]
    CERT_SAN=$5
    key "$out/$1.key"
    openssl req -new -config "$config" -key "$out/$1.key" -subj "/CN=$4" -out "$CERT_DIR/$1.csr"
    if [ $# -gt 5 ]; then set -- "$1" "$2" "$3" -startdate "$6" -enddate "$7"; else set -- "$1" "$2" "$3" -days 30; fi
    name=$1 ca=$2 role=$3
    shift 3
    openssl ca -batch -notext -config "$config" -extensions "$role" "$@" -cert "$out/$ca.pem" -keyfile "$out/$ca.key" \
        -in "$CERT_DIR/$name.csr" -out "$out/$name.pem" 2>"$CERT_DIR/log" || { cat "$CERT_DIR/log" >&2; exit 1; }
}

local_names=DNS:localhost,IP:127.0.0.1,IP:::1
authority ca "Waxwing test authority"
authority unknown-ca "Somebody else's authority"
issue server ca server localhost "$local_names"
issue client ca client relay.waxwing.test DNS:relay.waxwing.test
issue unknown unknown-ca server localhost "$local_names"
issue unknown-client unknown-ca client relay.waxwing.test DNS:relay.waxwing.test
issue expired ca server localhost "$local_names" 20200101000000Z 20210101000000Z
issue elsewhere ca server collector.example.org DNS:collector.example.org
issue ending ca server localhost "$local_names" "$(date -u -d '-85 days' +%Y%m%d%H%M%SZ)" \
    "$(date -u -d '+5 days 1 hour' +%Y%m%d%H%M%SZ)"
: >"$out/complete"
