# What a host's sh becomes: it starts jobs, keeps their output and how they ended, and tells the controller.
#
# These files, one after the other, are the first input of a plain `/bin/sh`. What follows are requests: calls of the
# functions here, made of quoted words and closed by a dot, so that a request that arrives cut short is never carried out.
# Nothing is exported and nothing stands in an argument: no job and no process list ever sees the mark or a value.
#
# A lane is one such shell; it runs one job at a time. A durable job ID leaves this in the folder of its run, mode 0700:
#
#   ID.sh ID.in          its script; an input too large to be held in memory
#   ID.out ID.err        what it printed
#   ID.rc                its record. Making it is the claim, and exclusive. Its one line is overwritten in place, which
#                        needs no disk block: "c" claimed, "r PID LANE START BOOT" running, "x RC HOW" ended, "n WHY" never
#                        started, "u WHY" nobody can tell. START and BOOT say which process that PID meant
#   ID.out.cut ID.err.cut  more was printed than its limit allows, and removed
#   ID.to ID.ca          its timeout has passed; its end was asked for
#   ID.ba ID.no          it shall not start any more; it has not: its folder does not exist, or it saw the former
#   ID.po ID.pe          pipes for its output, where it wants to open that by name; ID.do, ID.de: they are empty
#
# and a durable lane three pipes: LANE.f and LANE.t with orders for its follower and its timer, and LANE.w, which it holds
# open for as long as it lives: end of file there means that nobody will write the record any more. (LANE.k and LANE.g are
# marks of the follower's and of attaching.) They go when the run's folder goes: one more program a lane is not worth it.
# A folder that had to be made anew, where there should have been one, has a file `lost` in it.

rb_say() { echo "$rb_mark $*"; }

rb_put() { printf %s "$1"; }
rb_unescape() { printf %b "$1"; }

# Which process a subshell is: there is no POSIX way, and one more program would cost a third of a job's price.
rb_self() {
	set -- /proc/self/task/*
	rb_pid=${1##*/}
}

# Time since boot in tenths of a second; small enough for shells that count in 32 bits.
rb_clock() {
	if read -r rb_up rb_x </proc/uptime; then
		rb_x=${rb_up#*.}
		rb_now=${rb_up%.*}${rb_x%?}
	else
		rb_x=$(date +%s)
		rb_now=1${rb_x#???}0
	fi
}

rb_sleep() { sleep "$(($1 / 10)).$(($1 % 10))" || sleep 1; }

# When a process began, as its kernel counts; empty where /proc does not tell, or there is no such process.
rb_since() { # PID
	rb_at=''
	read -r rb_x </proc/$1/stat || return
	set -- ${rb_x##*") "}
	rb_at=${20}
}

# Which start of the machine this is; in a container, which start of that.
rb_machine() {
	rb_boot=''
	read -r rb_boot </proc/sys/kernel/random/boot_id
	rb_since 1
	rb_boot=${rb_boot%%-*}-$rb_at
}

rb_state() { # ID: what its record says
	rb_s='' rb_a='' rb_b='' rb_c='' rb_d=''
	read -r rb_s rb_a rb_b rb_c rb_d <"$rb_dir/$1.rc"
}

# Of a record that says "running": whether the machine has not been started anew since.
rb_here() { [ -z "$rb_d" ] || [ "$rb_d" = "$rb_boot" ]; }

# And whether its PID still means that process, or the group that it has left behind, and nobody else.
rb_same() {
	rb_here || return
	rb_since "$rb_a"
	[ -z "$rb_at" ] || [ "$rb_at" = "$rb_c" ]
}

rb_write() { # ID WORDS…: overwrite the record's line
	rb_x=$rb_dir/$1.rc
	shift
	echo "$@" 1<>"$rb_x"
}

rb_signal() { kill "-$1" "-$2" || kill "-$1" "$2"; }

rb_finish() { # PID: end its whole group, politely at first
	rb_signal TERM "$1"
	rb_left=50 # tenths of a second
	while [ "$rb_left" -gt 0 ] && { kill -0 "-$1" || kill -0 "$1"; }; do
		rb_sleep 1
		rb_left=$((rb_left - 1))
	done
	rb_signal KILL "$1"
}

rb_bare() { # the last steps from the lane's subshell to a clean job
	exec 2>&4 3>&- 4>&- 7>&- 8>&- 9>&-
	umask "$rb_umask"
}

# In a process of its own, which execs the job; returns its exit code. The job's stderr comes as descriptor 4: what the
# shell itself says of a killed child ("Terminated") does not belong into it.
rb_spawn() { # PRELUDE
	if [ -n "$rb_fast" ]; then
		(
			rb_self
			rb_started
			rb_bare
			eval "$1"
		)
		rb_rc=$?
	else
		(
			rb_bare
			eval "$1"
		) <&0 &
		rb_pid=$!
		rb_started
		# A signal to the lane ends the wait, not the job.
		while :; do
			wait "$rb_pid"
			rb_rc=$?
			kill -0 "$rb_pid" || break
		done
	fi
	# ksh says 256 + n for signal n
	[ "$rb_rc" -le 256 ] || rb_rc=$((rb_rc - 128))
	return "$rb_rc"
}
