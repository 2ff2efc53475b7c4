# Prints the file $src to standard output, and after it a trailer of a known length: what came without it is not whole.
# A refusal is told on standard error. In a check its digest stands in place of the content.

fail() { printf '%s\n' "$1" >&2; exit 1; }

place "$src"
[ -e "$path" ] || fail "there is no file $path on the host"
[ ! -d "$path" ] || fail "$path is a folder: src names one file"
[ -r "$path" ] || fail "the user $(id -un) may not read $path"
readers=some
[ -z "$(find -L "$path" -prune -perm -004)" ] || readers=all_
if [ "$dry" = no ]; then
    cat "$path" || fail "$path cannot be read to its end"
else
    digest_of "$path"
fi
printf '\nrunbook-end %s\n' "$readers"
