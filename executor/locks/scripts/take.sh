# Takes the lock NAME for RUN with TOKEN and CLAIM, or tells who holds it.
#
# It is ours already where another name of this machine has led here. A run that goes on with a new token takes over from
# itself (HEIR: also from runs that have ended), so that its old controller starts nothing more. A command within a step
# of the run INSIDE borrows that run's lock. OVERRIDE takes it from anybody.

name_machine
own "$home"
at=$home/locks/$machine/$name
if [ -d "$at" ]; then
	[ -w "$at" ] || fail "$at cannot be written"
elif ! mkdir -p "$at"; then
	find_spare
	own "$spare"
	at=$spare/locks/$machine/$name
	mkdir -p "$at" || fail 'neither the home directory nor /var/tmp can be written'
fi
new=$at/new.$token.$$
trap '[ ! -e "$new" ] || rm -f "$new"' EXIT

left_to_us() { # RUN
	case " $heir " in *" $1 "*) ;; *) return 1 ;; esac
}

tries=0
while [ "$tries" -lt 40 ]; do
	tries=$((tries + 1))
	last
	how=taken broken=''
	if read_claim "$n"; then
		if [ "$holder" = "$token" ]; then
			echo "taken $n $at"
			exit
		elif [ -n "$inside" ] && [ "$holder_run" = "$inside" ]; then
			echo "lent $n $holder $at"
			exit
		elif [ "$holder_run" != - ] && [ "$holder_run" = "$run" ]; then
			how=resumed
		elif [ "$holder_run" != - ] && left_to_us "$holder_run"; then
			: # its run has ended
		elif [ -n "$override" ]; then
			broken=$(tell broken "$n")
		else
			tell busy "$n"
			exit
		fi
	fi
	next=$((n + 1))
	clock
	printf '%s\n' "$token" "$run" "$boot $up" "$claim_of_ours" >"$new" && [ -s "$new" ] || fail "no room for a lock in $at"
	if ln "$new" "$at/$next"; then
		if ! read_claim "$next" || [ "$holder" != "$token" ]; then
			rm -f "$at/$next"
			fail "no room for a lock in $at"
		fi
		# Others may have had this number, and let it go, since we looked; its end is cleared away by the next number alone.
		[ -e "$at/$next.end" ] && n=0 || last
		if [ "$n" != "$next" ]; then
			rm -f "$at/$next" "$new"
			continue
		fi
		set -- "$new" # all that is not needed any more goes at once: each program costs as much as the rest of this
		for file in "$at"/[1-9]*; do
			number=${file##*/}
			[ "${number%%.*}" -ge "$next" ] || set -- "$@" "$file"
		done
		rm -f "$@"
		echo "$how $next $at"
		[ -z "$broken" ] || printf '%s\n' "$broken"
		exit
	fi
	[ "$tries" -lt 10 ] || [ -e "$at/$next" ] || fail "no lock can be made in $at"
done
fail "too many others were taking it at the same moment"
