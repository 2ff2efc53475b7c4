# find_there: what is at $dest now, which is to be a folder made out of the archive with the digest $digest. Sets
# `path`, `folder` and `was` (made or absent). Anything else that is there is refused.

find_there() {
    find_mark
    was=absent
    if [ -L "$path" ] || [ -e "$path" ]; then
        was=made
        read_mark
        [ "$marked" = yes ] ||
            refuse "$path is there already, and was not made from an archive by a run: remove it, or choose another dest"
        [ "$mark_digest" = "$digest" ] ||
            refuse "$path is there already, made from another archive: remove it, or choose another dest"
    fi
}
