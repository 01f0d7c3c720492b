#!/usr/bin/env bash
# Makes .venv with exactly what requirements.txt names, checked by hash, and the project itself.
# Made anew, from nothing, when the requirements, the Python or the folder changed; the stamp is
# written last, so an interrupted run counts as none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/steps.sh

stamp=.venv/complete

find_python() {
    local candidate
    for candidate in python3.11 /usr/bin/python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 is needed and not here. On Debian 12: apt-get install python3.11 python3.11-venv"
}

fingerprint() {
    { cat requirements.txt pyproject.toml tools/make-environment.sh; pwd; "$1" --version; } | sha256sum
}

has_ensurepip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_pip_for_others() { "$1" -m pip --python "$1" --version >/dev/null 2>&1; }
has_virtualenv() { "$1" -m virtualenv --version >/dev/null 2>&1; }

# Debian ships venv without ensurepip; what follows is what works without it, least intrusive first.
make_venv() {
    local python=$1
    pip=(.venv/bin/python -m pip)
    if has_ensurepip "$python"; then
        quietly "$python" -m venv .venv
    elif has_pip_for_others "$python"; then
        quietly "$python" -m venv --without-pip .venv
        pip=("$python" -m pip --python .venv/bin/python)
    elif has_virtualenv "$python"; then
        quietly "$python" -m virtualenv .venv
    elif root_is_available; then
        apt_install python3.11-venv
        quietly "$python" -m venv .venv
    else
        fail "This Python cannot make virtual environments, and only root may mend that:" \
            "    apt-get update && apt-get install -y python3.11-venv"
    fi
}

# Two runs at once would tear one environment apart; the second waits and finds it made.
exec 9<.
flock 9

python=$(find_python)
wanted=$(fingerprint "$python")
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

echo "Making the environment in .venv, once; this takes about a minute ..."
rm -f "$stamp"
rm -rf .venv
make_venv "$python"
quietly "${pip[@]}" install --only-binary :all: --require-hashes --requirement requirements.txt
quietly "${pip[@]}" install --no-deps --editable .
echo "$wanted" >"$stamp"
