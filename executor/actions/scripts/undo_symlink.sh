# Points $dest back to where it pointed before the step, or removes it. $slot and $before (in hexadecimal, `-` for no
# link) are what the step said it kept, or empty. $dry: only say whether that could be done.

captured=yes
if [ -z "$slot" ]; then
    captured=no
    find_slot
fi
place "$dest"

now=absent target=
if [ -L "$path" ]; then
    now=link
    target_of "$path"
elif [ -e "$path" ]; then
    now=other
fi
now_target=$target

if [ ! -d "$slot" ]; then
    if [ "$captured" = no ]; then
        tell message "the step had changed nothing"
        finish unchanged
    fi
    # An earlier attempt may have done it, and its answer been lost.
    if [ "$now" = absent ] && [ "$before" = - ]; then finish unchanged; fi
    if [ "$now" = link ] && [ "$before" = "$(hex "$now_target")" ]; then finish unchanged; fi
    refuse "where $path pointed before is no longer kept on the host, in $slot"
fi

was=absent
if [ -L "$slot/before" ]; then
    was=link
    target_of "$slot/before"
    old=$target
fi
target_of "$slot/after"
case $now in
    other) refuse "$path is not a link any more: something else has changed it since" ;;
    link)
        if [ "$now_target" != "$target" ]; then
            [ "$was" = link ] && [ "$now_target" = "$old" ] ||
                refuse "$path points at $now_target now: something else has changed it since"
        fi
        ;;
esac
[ "$dry" = no ] || finish changed

if [ "$was" = link ]; then
    if [ "$now" != link ] || [ "$now_target" != "$old" ]; then
        need_folder
        put_link "$old"
    fi
    tell message "points at $old again"
else
    rm -f "$path" || refuse "$path cannot be removed"
    tell message "removed: it had not been there"
fi
clear_slot
finish changed
