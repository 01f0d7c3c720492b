# Sourced by the other scripts here: how a step is run, and how it fails.

fail() {
    printf '%s\n' "$@" >&2
    exit 2
}

# Runs a command with its output put aside; shows the end of it when the command fails.
quietly() {
    local log
    log=$(mktemp "${TMPDIR:-/tmp}/shouwen-log.XXXXXX")
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
        return
    fi
    tail -n 25 "$log" >&2
    fail "Failed: $*" "Everything it said is in $log"
}

# Runs a command as root, if that takes no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --non-interactive -- "$@"; fi
}

root_is_available() {
    as_root true 2>/dev/null
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)
    quietly as_root "${apt[@]}" update
    quietly as_root "${apt[@]}" install --yes --no-install-recommends "$@"
}
