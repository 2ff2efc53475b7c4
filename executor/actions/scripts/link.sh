# put_link TARGET: $path becomes a link to it, in one step. The new link is made under its own name in a folder beside,
# then moved into $folder: so no `mv` can take the old link for a folder and go inside it.
put_link() {
    scratch=$(mktemp -d "$folder/.runbook.XXXXXX") || refuse "no folder can be made in $folder"
    ln -s -- "$1" "$scratch/$base" || refuse "a link to '$1' cannot be made"
    mv -f "$scratch/$base" "$folder/." || refuse "$path cannot be replaced"
}
