# Writes $path from standard input, whole or not at all. Also: $size $want_mode $owner $group $keep, and `check`, which
# says whether the new content is valid.

find_there
need_folder
scratch=$(mktemp "$folder/.runbook.XXXXXX") || refuse "no file can be made in $folder"
cat > "$scratch" || refuse "the new content does not fit into $folder"
[ "$(($(wc -c < "$scratch")))" -eq "$size" ] || refuse "the new content arrived cut short: nothing was written"

# Owner before mode: changing the owner takes set-id bits away.
facts "$scratch"
if [ -n "$owner" ]; then
    chown "$owner" "$scratch" || refuse "the owner of $path cannot be set to $owner"
elif [ "$was" = file ] && [ "$uid" != "$old_uid" ]; then
    chown "$old_uid" "$scratch" ||
        refuse "$path belongs to user $old_uid, and only root can leave it so: say become, or owner"
fi
if [ -n "$group" ]; then
    chgrp "$group" "$scratch" || refuse "the group of $path cannot be set to $group"
elif [ "$was" = file ] && [ "$gid" != "$old_gid" ]; then
    chgrp "$old_gid" "$scratch" ||
        refuse "$path belongs to group $old_gid, and $(id -un) cannot leave it so: say become, or group"
fi
if [ -n "$want_mode" ]; then
    chmod "$want_mode" "$scratch"
elif [ "$was" = file ]; then
    chmod "$old_mode" "$scratch"
else
    (umask "$umask_before" && chmod =rw "$scratch")
fi || refuse "the mode of $path cannot be set"
facts "$scratch"

if [ "$was" = absent ]; then
    differs created
else
    cmp -s "$scratch" "$path" || differs content
    [ "$mode" = "$old_mode" ] || differs "mode $old_mode -> $mode"
    [ "$uid" = "$old_uid" ] || differs owner
    [ "$gid" = "$old_gid" ] || differs group
fi

find_slot
kept=no
[ ! -d "$slot" ] || kept=yes
if [ -z "$why" ]; then
    [ "$kept" = yes ] || finish unchanged
    # An earlier attempt of this step wrote it, so the step has changed something and can be undone.
    differs "by an earlier attempt"
    scratch_is_new=no
else
    scratch_is_new=yes
    case $why in
        *created* | *content*) check || refuse "validate refuses the new content (it ended with $?): nothing was written" ;;
    esac
fi
after=$(digest_of "$scratch")
[ "$after" != unknown ] || refuse "neither sha256sum nor shasum is on the host"
if [ "$kept" = no ]; then
    need_slot_folder
    if [ "$was" = file ]; then
        before=$(digest_of "$path")
        if [ "$keep" = yes ]; then
            cp -p "$path" "$slot.new/before" || refuse "what $path holds cannot be kept in $slot.new"
        fi
    else
        before=absent
    fi
    echo "$before" > "$slot.new/was" && echo "$after" > "$slot.new/after" || refuse "$slot.new cannot be written"
    seal_slot
elif [ "$scratch_is_new" = yes ]; then
    { echo "$after" > "$slot/after.new" && mv -f "$slot/after.new" "$slot/after"; } || refuse "$slot cannot be written"
fi
show_old_content
if [ "$scratch_is_new" = yes ]; then
    mv -f "$scratch" "$path" || refuse "$path cannot be replaced"
    scratch=
fi
tell slot "$slot"
tell was "$(cat "$slot/was")"
tell after "$after"
tell message "$why"
finish changed
