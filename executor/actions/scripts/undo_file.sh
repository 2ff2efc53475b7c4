# Puts back what $dest was before the step. $slot and $was are what the step said it kept, or empty. $dry: only say
# whether that could be done.

captured=yes
if [ -z "$slot" ]; then
    captured=no
    find_slot
fi
place "$dest"

now=absent
if [ -L "$path" ] || { [ -e "$path" ] && [ ! -f "$path" ]; }; then
    now=other
elif [ -e "$path" ]; then
    now=$(digest_of "$path")
fi

if [ ! -d "$slot" ]; then
    if [ "$captured" = no ]; then
        tell message "the step had changed nothing"
        finish unchanged
    fi
    # An earlier attempt may have done it, and its answer been lost.
    if [ "$now" = "$was" ]; then finish unchanged; fi
    refuse "what $path was before is no longer kept on the host, in $slot"
fi

was=$(cat "$slot/was")
after=$(cat "$slot/after")
case $now in
    "$was" | "$after" | absent) ;;
    *) refuse "$path has been changed by something else since: what was there before is in $slot" ;;
esac
[ "$was" = absent ] || [ "$now" = "$was" ] || [ -f "$slot/before" ] ||
    refuse "what $path held before was not kept (keep: false)"
[ "$dry" = no ] || finish changed

if [ "$was" = absent ]; then
    rm -f "$path" || refuse "$path cannot be removed"
    tell message "removed: it had not been there"
elif [ -f "$slot/before" ]; then
    need_folder
    scratch=$(mktemp "$folder/.runbook.XXXXXX") || refuse "no file can be made in $folder"
    cp -p "$slot/before" "$scratch" || refuse "what was there before does not fit into $folder"
    mv -f "$scratch" "$path" || refuse "$path cannot be replaced"
    scratch=
    tell message "put back"
else
    tell message "its content had not been changed"
fi
clear_slot
finish changed
