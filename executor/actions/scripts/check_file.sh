# What writing $path would change. It reads, and writes nothing, not even beside the file. Also: $want_mode, $owner,
# $group. The digest of the new content comes in the environment, which nobody else can read: it may be of a secret.

find_there
if [ "$was" = absent ]; then
    differs created
else
    now=$(digest_of "$path")
    [ "$now" != unknown ] || refuse "neither sha256sum nor shasum is on the host"
    [ "$now" = "$RUNBOOK_DIGEST" ] || differs content
    [ -z "$want_mode" ] || [ "$want_mode" = "$old_mode" ] || differs "mode $old_mode -> $want_mode"
    [ -z "$owner" ] || [ -n "$(find "$path" -prune -user "$owner")" ] || differs "owner $owner"
    [ -z "$group" ] || [ -n "$(find "$path" -prune -group "$group")" ] || differs "group $group"
fi
[ -n "$why" ] || finish unchanged
need_folder
show_old_content
tell message "$why"
finish changed
