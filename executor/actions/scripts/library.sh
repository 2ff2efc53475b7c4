# What all file actions share. It needs a POSIX shell and what coreutils and busybox both have.
#
# Standard output carries the answer alone: lines of a word and its value in hexadecimal, and a last line that says
# that nothing is missing. Nothing that a file, a path or a command says can look like it. Words for people go to
# standard error.

set -u

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

tell() { echo "$1 $(hex "$2")"; }

finish() { tell outcome "$1"; echo runbook-end; exit 0; }

refuse() { tell message "$1"; finish refused; }

not_needed() { tell message "$1"; finish not-needed; }

# place PATH: sets `path`, `folder` and `base`. `~` is the home of whoever runs this; no path begins with a dash.
place() {
    path=$1
    case $path in
        '~' | '~/'*) path=${HOME:-/}${path#'~'} ;;
    esac
    while :; do
        case $path in
            */) path=${path%/} ;;
            *) break ;;
        esac
    done
    case $path in
        '') path=/. ;;
        /*) ;;
        *) path=./$path ;;
    esac
    folder=${path%/*}
    base=${path##*/}
    [ -n "$folder" ] || folder=/
}

need_folder() {
    [ -d "$folder" ] || refuse "there is no folder $folder on the host"
    if [ ! -w "$folder" ] || [ ! -x "$folder" ]; then
        refuse "the user $(id -un) may not write in $folder"
    fi
}

# facts PATH: sets `mode` (octal, no leading zero), `uid` and `gid`.
facts() {
    set -- $(stat -c '%a %u %g' "$1" 2>/dev/null || stat -f '%Mp%Lp %u %g' "$1")
    mode=${1#0} uid=$2 gid=$3
    mode=${mode:-0}
}

# digest_of FILE: its SHA-256.
digest_of() {
    set -- $(sha256sum < "$1" 2>/dev/null || shasum -a 256 < "$1")
    echo "${1:-unknown}"
}

# target_of LINK: sets `target`, trailing newlines and all.
target_of() {
    target=$(readlink -n "$1"; echo x)
    target=${target%x}
}

# there PATTERN: is there a file of that name, or that matches it?
there() {
    place "$1"
    if [ -e "$path" ] || [ -L "$path" ]; then return 0; fi
    IFS=
    set -- $path
    unset IFS
    [ -e "$1" ] || [ -L "$1" ]
}

# What this script has made and must not leave behind, however it ends.
scratch=
sweep() {
    [ -n "$scratch" ] || return 0
    rm -rf "$scratch" 2>/dev/null && return 0
    chmod -R u+rwX "$scratch" 2>/dev/null
    rm -rf "$scratch"
}
trap sweep EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

umask_before=$(umask)
umask 077
