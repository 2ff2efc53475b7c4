# Runs a program that came as base64: `interpret` is how, and says with which arguments.

scratch=$(mktemp -d "${TMPDIR:-/tmp}/runbook.XXXXXX") || exit 125
program=$scratch/$name
unpack_program > "$program" || exit 125
umask "$umask_before"
rc=0
interpret || rc=$?
# ksh says 256 + n where the others say 128 + n.
[ "$rc" -le 255 ] || rc=$((rc - 128))
exit "$rc"
