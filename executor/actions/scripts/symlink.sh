# Makes $path a link to $to, in one step.

find_there
find_slot
kept=no
[ ! -d "$slot" ] || kept=yes
if [ "$was" = link ] && [ "$target" = "$to" ] && [ "$kept" = no ]; then finish unchanged; fi

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
