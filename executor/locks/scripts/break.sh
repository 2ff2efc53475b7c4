# Ends lock NUMBER of NAME on this machine, whoever holds it, and keeps a note of who did so (BY).

name_machine
find_spare
for at in "$home/locks/$machine/$name" "$spare/locks/$machine/$name"; do
	if read_claim "$number"; then
		own "$home"
		printf '%s\n' "$by" >"$at/$number.by"
		end "$number"
		echo broken
		exit
	fi
done
echo gone
