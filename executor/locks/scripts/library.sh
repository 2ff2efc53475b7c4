# What the scripts for locks share. A lock has a folder of its own for each machine and name. In it lie:
#
#   N       the lock with number N, while somebody holds it: a token, the run ("-": a person), the machine's own clock when
#           it was taken, and a line of JSON about its holder. It is made whole and by one alone, as a hard link
#   N.end   what it becomes when it ends: renaming it needs no room on the disk, and nobody does it twice
#   N.beat  what the holder is doing, written anew every few seconds
#   N.by    who broke it
#
# A lock is taken by making the number after the last one. So numbers only grow, and no file ever means something else
# than before: whatever was looked at a moment ago has either stayed, or is gone.

umask 077
exec 2>/dev/null

fail() {
	echo "failed $*"
	exit 0
}

# Which machine this is: several may share a home.
name_machine() {
	machine=''
	for file in /etc/machine-id /var/lib/dbus/machine-id; do
		[ -n "$machine" ] || [ ! -r "$file" ] || read -r machine <"$file"
	done
	if [ -z "$machine" ]; then
		disk=$(stat -f -c %i / || ls -di /)
		machine=$(uname -n)-${disk%% *}
	fi
	case $machine in
	*[!A-Za-z0-9._-]*) machine=$(echo "$machine" | tr -c 'A-Za-z0-9._\n-' _) ;;
	esac
}

# The folders that may hold this machine's locks: the first one by preference, the other one where that is no good.
home=$HOME/.runbook
find_spare() { spare=/var/tmp/.runbook-$(id -u); }

own() { # FOLDER: nobody else's may be used, nor what a link leads to
	[ ! -L "$1" ] || fail "$1 is a symbolic link"
	[ ! -e "$1" ] || [ -O "$1" ] || fail "$1 belongs to somebody else"
}

# Time by this machine alone, which no other clock is compared with: its boot, and the seconds since.
clock() {
	boot='' up=''
	[ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot </proc/sys/kernel/random/boot_id
	[ ! -r /proc/uptime ] || read -r up rest </proc/uptime
	up=${up%.*}
	if [ -z "$boot" ] || [ -z "$up" ]; then
		boot=- up=$(date +%s)
	fi
}

last() { # sets n, the last number that was given out (0: none)
	n=0
	for file in "$at"/[1-9]*; do
		file=${file##*/}
		file=${file%%.*}
		case $file in
		*[!0-9]*) ;;
		*) [ "$file" -le "$n" ] || n=$file ;;
		esac
	done
}

read_claim() { # N: fails where that lock does not hold
	holder='' holder_run='' then_boot='' then_up='' claim=''
	[ -e "$at/$1" ] || return
	{
		read -r holder
		read -r holder_run
		read -r then_boot then_up
		read -r claim
	} <"$at/$1"
	[ -n "$holder" ]
}

tell() { # WORD N: the lock whose claim was read, in three lines
	clock
	age=-
	[ "$then_boot" != "$boot" ] || age=$((up - then_up))
	beat=''
	[ ! -e "$at/$2.beat" ] || read -r beat <"$at/$2.beat"
	echo "$1 $2 $age $holder $holder_run"
	printf '%s\n' "$claim" "$beat"
}

end() { # N: also where another name of this machine has led somebody here who was faster
	mv -f "$at/$1" "$at/$1.end" || [ ! -e "$at/$1" ] || fail "$at/$1 cannot be renamed"
	[ ! -e "$at/$1.beat" ] || rm -f "$at/$1.beat"
}
