# Where what was there before is kept for undoing: a folder for each step of a run, in the home of whoever runs this.
# $run and $step name it. A slot is made whole or not at all, by the first attempt that changes something.

ours() { [ -n "$1" ] && [ -n "$(find "$1/." -prune -type d -user "$me" 2>/dev/null)" ] && [ -w "$1" ]; }

# Under sudo HOME may be another user's.
find_home() {
    me=$(id -u)
    home=${HOME:-}
    ours "$home" && return
    name=$(id -un)
    case $name in
        '' | *[!A-Za-z0-9_.-]* | -*) home= ;;
        *) eval "home=~$name" ;;
    esac
    ours "$home" && return
    home=/var/tmp/runbook-$me
    [ "${dry:-no}" = no ] || [ -d "$home" ] || return 0
    [ -d "$home" ] || mkdir -m 700 "$home" 2>/dev/null
    [ -n "$(find "$home" -prune -type d -user "$me" 2>/dev/null)" ] || refuse "$home is not a folder of our own"
}

find_slot() {
    find_home
    slot=$home/.runbook/undo/$run/$step
}

# Ours alone: a link, or somebody else's folder in its place, is refused.
need_slot_folder() {
    [ -d "$home/.runbook" ] || mkdir -m 700 "$home/.runbook" 2>/dev/null
    [ -n "$(find "$home/.runbook" -prune -type d -user "$me" 2>/dev/null)" ] ||
        refuse "$home/.runbook is not a folder of our own: nothing can be kept there for rollback"
    mkdir -p "$home/.runbook/undo/$run" || refuse "$home/.runbook/undo/$run cannot be made"
    rm -rf "$slot.new"
    mkdir "$slot.new" || refuse "nothing can be kept for rollback in $home/.runbook/undo/$run"
}

seal_slot() { mv "$slot.new" "$slot" || refuse "$slot cannot be made"; }

clear_slot() {
    rm -rf "$slot"
    rmdir "${slot%/*}" 2>/dev/null || :
}
