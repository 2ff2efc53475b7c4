# Tells who had the lock NAME last on this machine, also where they have let it go, and the runs that are kept here, the
# one that began last first.

name_machine
find_spare
for base in "$home" "$spare"; do
	[ -O "$base" ] && [ ! -L "$base" ] || continue
	at=$base/locks/$machine/$name
	last
	if read_claim "$n" || read_claim "$n.end"; then
		tell last "$n"
		break
	fi
done
for base in "$home" "$spare"; do
	[ ! -O "$base/runs" ] || ls -1t "$base/runs" | sed 's/^/run /'
done
echo end
