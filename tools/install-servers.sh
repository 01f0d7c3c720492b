#!/usr/bin/env bash
# Installs PostgreSQL, RabbitMQ, libfaketime and Go for the tests when they are missing. The servers start
# as private instances; Debian is kept from starting its standard ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/steps.sh

policy=/usr/sbin/policy-rc.d

forbid_starting_services() {
    # A copy that is there already was left by a killed run, and is the original.
    if [ -e "$policy" ] && [ ! -e "$policy.before-shouwen" ]; then
        as_root mv "$policy" "$policy.before-shouwen"
    fi
    trap allow_starting_services EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_starting_services() {
    as_root rm -f "$policy"
    if [ -e "$policy.before-shouwen" ]; then as_root mv "$policy.before-shouwen" "$policy"; fi
}

names=$(.venv/bin/python -m tests.servers)
read -ra missing <<<"$names"
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
install_missing() {
    if ! root_is_available || ! command -v apt-get >/dev/null; then
        fail "The tests run against real servers, and these are missing: ${missing[*]}" \
            "Only root may install them. On Debian:" \
            "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    echo "Installing for the tests: ${missing[*]} ..."
    forbid_starting_services
    apt_install "${missing[@]}"
}

required=()
for name in "${missing[@]}"; do
    case $name in
    libfaketime | golang-*) ;;
    *) required+=("$name") ;;
    esac
done
if [ "${#required[@]}" -eq 0 ]; then
    (install_missing) || echo "Without libfaketime no clock jumps in the fault tests, without Go no" \
        "foreign program checks the ledger's proofs; all else runs."
else
    install_missing
fi
