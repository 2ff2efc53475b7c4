# The mark beside a folder that was made out of an archive: digest, inode, run and step.

find_mark() {
    place "$dest"
    mark=${folder%/}/.$base.runbook
}

# read_mark: sets `marked`, and of a mark that is about the folder that is there now `mark_digest` and `mark_owner`.
read_mark() {
    marked=no
    [ -f "$mark" ] && [ ! -L "$mark" ] && [ -d "$path" ] && [ ! -L "$path" ] || return 0
    read -r mark_digest mark_inode mark_owner < "$mark" || return 0
    set -- $(ls -di "$path/.")
    [ "$mark_inode" != "$1" ] || marked=yes
}

# write_mark INODE
write_mark() {
    { rm -f "$mark" && echo "$digest $1 $mine" > "$mark"; } || refuse "$mark cannot be written"
}
