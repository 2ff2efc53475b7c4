# Tells all locks that hold on this machine; each with its name in a line before it.

name_machine
find_spare
for base in "$home" "$spare"; do
	[ -O "$base" ] && [ ! -L "$base" ] || continue
	for at in "$base/locks/$machine"/*; do
		last
		if read_claim "$n"; then
			echo "name ${at##*/}"
			tell held "$n"
		fi
	done
done
echo end
