# Makes $dest a link to $to, in one step. Also: $dry.

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

find_slot
kept=no
[ ! -d "$slot" ] || kept=yes
if [ "$was" = link ] && [ "$target" = "$to" ] && [ "$kept" = no ]; then finish unchanged; fi

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
if [ "$dry" = yes ]; then
    [ -d "$folder" ] || refuse "there is no folder $folder on the host"
    tell message "$message"
    finish changed
fi

need_folder
if [ "$kept" = no ]; then
    need_slot_folder
    if [ "$was" = link ]; then
        ln -s -- "$target" "$slot.new/before" || refuse "where $path pointed cannot be kept in $slot.new"
    fi
    ln -s -- "$to" "$slot.new/after" || refuse "a link to '$to' cannot be made"
    seal_slot
else
    rm -f "$slot/after"
    ln -s -- "$to" "$slot/after" || refuse "a link to '$to' cannot be made"
fi
if [ "$was" != link ] || [ "$target" != "$to" ]; then put_link "$to"; fi
tell slot "$slot"
if [ -L "$slot/before" ]; then
    target_of "$slot/before"
    tell before "$target"
fi
tell message "$message"
finish changed
