# Removes the folder $dest if this run's step made it. $captured says whether the step said so. $dry: only say whether
# that could be done.

find_mark
mine="$run $step"
if [ ! -L "$path" ] && [ ! -e "$path" ]; then
    # Gone already; the mark may be left of an attempt that was cut short.
    marked_by=
    if [ -f "$mark" ] && [ ! -L "$mark" ]; then read -r _ _ marked_by < "$mark"; fi
    if [ "$marked_by" = "$mine" ] && [ "$dry" = no ]; then rm -f "$mark"; fi
    finish unchanged
fi
read_mark
if [ "$marked" = no ] || [ "$mark_owner" != "$mine" ]; then
    if [ "$captured" = no ]; then
        tell message "the step had changed nothing"
        finish unchanged
    fi
    refuse "$path is not the folder that this run made: it is left as it is"
fi
[ "$dry" = no ] || finish changed
need_folder
scratch=$(mktemp -d "$folder/.runbook.XXXXXX") || refuse "no folder can be made in $folder"
mv "$path" "$scratch/." || refuse "$path cannot be moved away"
rm -f "$mark"
sweep
tell message removed
finish changed
