# Makes the folder $path out of the archive on standard input, whole or not at all. Also: $digest of the archive,
# `unpack`, which unpacks "$1" into the current folder, and `need_tool`.
#
# A mark beside the folder says from which archive, by which step of which run it was made, and which inode it had: so
# a folder that somebody else put in its place is not taken for ours.

find_there
mine="$run $step"
if [ "$was" = made ]; then
    cat > /dev/null
    [ "$mark_owner" = "$mine" ] || finish unchanged
    # An earlier attempt of this step made it.
    tell step "$step"
    tell message "made by an earlier attempt"
    finish changed
fi

need_folder
need_tool
scratch=$(mktemp -d "$folder/.runbook.XXXXXX") || refuse "no folder can be made in $folder"
cat > "$scratch/archive" || refuse "the archive does not fit into $folder"
arrived=$(digest_of "$scratch/archive")
[ "$arrived" != unknown ] || refuse "neither sha256sum nor shasum is on the host"
[ "$arrived" = "$digest" ] || refuse "the archive arrived damaged: nothing was unpacked"
mkdir "$scratch/tree"
(umask "$umask_before" && mkdir "$scratch/tree/$base" && cd "$scratch/tree/$base" && unpack ../../archive >&2) ||
    refuse "the archive cannot be unpacked"
rm -f "$scratch/archive"
set -- $(ls -di "$scratch/tree/$base/.")
write_mark "$1"
mv "$scratch/tree/$base" "$folder/." || refuse "$path cannot be made"
tell step "$step"
tell message created
finish changed
