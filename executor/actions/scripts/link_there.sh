# find_there: what is at $dest now, which is to be a link to $to. Sets `path`, `folder`, `was` (link or absent),
# `target` of a link, and `message`, what would change.

find_there() {
    case $to in
        '~' | '~/'*) to=${HOME:-/}${to#'~'} ;;
    esac
    place "$dest"
    was=absent
    if [ -L "$path" ]; then
        was=link
        target_of "$path"
    elif [ -d "$path" ]; then
        refuse "$path is a folder, not a link: move it away first"
    elif [ -e "$path" ]; then
        refuse "$path is a file, not a link: move it away first"
    fi

    case $to in
        /*) seen=$to ;;
        *) seen=$folder/$to ;;
    esac
    note=
    [ -e "$seen" ] || note=" (nothing is there yet)"
    if [ "$was" = link ]; then
        message="$target -> $to$note"
    else
        message="to $to$note"
    fi
}
