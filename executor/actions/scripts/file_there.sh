# find_there: what is at $dest now. Sets `path`, `folder`, `was` (file or absent) and, of a file, `old_mode`, `old_uid`
# and `old_gid`. Also: $show_old, whether the answer has what the file holds.

# What differs, in words.
why=
differs() { why=${why:+$why, }$1; }

find_there() {
    place "$dest"
    if [ -L "$path" ]; then
        target_of "$path"
        refuse "$path is a link to $target: name the file itself, or remove the link first"
    fi
    [ ! -d "$path" ] || refuse "$path is a folder: dest names the file itself"
    was=absent
    if [ -e "$path" ]; then
        [ -f "$path" ] || refuse "$path is not a plain file"
        [ -r "$path" ] || refuse "the user $(id -un) may not read $path"
        was=file
        facts "$path"
        old_mode=$mode old_uid=$uid old_gid=$gid
    fi
}

show_old_content() {
    [ "$show_old" = yes ] || return 0
    if [ "$was" = file ]; then echo "old $(head -c 65537 "$path" | od -An -v -tx1 | tr -d ' \n')"; fi
}
