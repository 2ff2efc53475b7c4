# Where what was there before is kept for undoing: a folder for each step of a run, in the home of whoever runs this, or
# where records go whose home cannot be written. $run and $step name it. A slot is made whole or not at all, by the first
# attempt that changes something.

ours() { [ -n "$1" ] && [ -n "$(find "$1/." -prune -type d -user "$me" 2>/dev/null)" ] && [ -w "$1" ]; }

# Under sudo HOME may be another user's.
find_store() {
    me=$(id -u)
    home=${HOME:-}
    store=$home/.runbook
    ours "$home" && return
    name=$(id -un)
    case $name in
        '' | *[!A-Za-z0-9_.-]* | -*) home= ;;
        *) eval "home=~$name" ;;
    esac
    store=$home/.runbook
    ours "$home" || store=/var/tmp/.runbook-$me
}

find_slot() {
    find_store
    slot=$store/undo/$run/$step
}

# Ours alone: a link, or somebody else's folder in its place, is refused.
need_slot_folder() {
    [ -d "$store" ] || mkdir -m 700 "$store" 2>/dev/null
    [ -n "$(find "$store" -prune -type d -user "$me" 2>/dev/null)" ] ||
        refuse "$store is not a folder of our own: nothing can be kept there for rollback"
    mkdir -p "$store/undo/$run" || refuse "$store/undo/$run cannot be made"
    rm -rf "$slot.new"
    mkdir "$slot.new" || refuse "nothing can be kept for rollback in $store/undo/$run"
}

seal_slot() { mv "$slot.new" "$slot" || refuse "$slot cannot be made"; }

clear_slot() {
    rm -rf "$slot"
    rmdir "${slot%/*}" 2>/dev/null || :
}
