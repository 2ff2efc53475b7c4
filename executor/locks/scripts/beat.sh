# Writes down what the holder of lock NUMBER in the folder AT is doing, or tells that it does not hold any more.

if read_claim "$number" && [ "$holder" = "$token" ]; then
	new=$at/new.$token.$$
	printf '%s\n' "$beat_of_ours" >"$new" && mv -f "$new" "$at/$number.beat" || rm -f "$new"
	echo ok
else
	by=''
	[ ! -e "$at/$number.by" ] || read -r by <"$at/$number.by"
	echo lost
	printf '%s\n' "$by"
fi
