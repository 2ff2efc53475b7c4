# What a host's sh becomes: it starts jobs, keeps their output and how they ended, and tells the controller.
#
# This text is the first input of a plain `/bin/sh`. What follows it are requests: calls of the functions below, made of
# quoted words and closed by a dot, so that a request that arrives cut short is never carried out. Nothing here is exported
# and nothing stands in an argument, so no job and no process list ever sees the mark, a value or a script's secrets.
#
# A lane is one such shell; it runs one job at a time. A durable job ID leaves this in the folder of its run, mode 0700:
#   ID.sh           its script             ID.in   an input too large to be held in memory
#   ID.out ID.err   what it printed        ID.to ID.ca ID.no   its timeout has passed; its end was asked for; no such folder
#   ID.rc           its record. Making it is the claim, and exclusive. Its one line is overwritten in place, which needs no
#                   disk block: "c" claimed, "r PID LANE" running, "x RC HOW" ended, "n WHY" never started
# and a durable lane three pipes: LANE.f and LANE.t with orders for its follower and its timer, and LANE.w, which it holds
# open for as long as it lives: end of file there means that nobody will write the record any more.

rb_say() { echo "$rb_mark $*"; }

case $(command -v printf) in
printf)
	rb_put() { printf %s "$1"; }
	rb_unescape() { printf %b "$1"; }
	;;
*) # mksh has no printf of its own, and another program's arguments could be read by anybody
	rb_put() { print -rn -- "$1"; }
	rb_unescape() { print -n -- "$1"; }
	;;
esac

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

rb_state() { # ID: what its record says
	rb_s='' rb_a='' rb_b=''
	read -r rb_s rb_a rb_b <"$rb_dir/$1.rc"
}

rb_write() { # ID WORDS…: overwrite the record's line
	rb_x=$rb_dir/$1.rc
	shift
	echo "$@" 1<>"$rb_x"
}

# --- starting processes -----------------------------------------------------------------------------------------

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

# --- durable jobs -------------------------------------------------------------------------------------------------

rb_job() { # ID OUT ERR TIMEOUT PRELUDE SCRIPT KIND INPUT .   (OUT, ERR: how many bytes of its output are known already)
	[ "$9" = . ] || return
	rb_id=$1 rb_limit=$4
	set -C
	true >"$rb_dir/$1.rc"
	rb_rc=$?
	set +C
	if [ "$rb_rc" != 0 ]; then
		rb_attach "$1" "$2" "$3"
		return
	fi
	if ! rb_prepare "$1" "$6" "$7"; then
		rm -f "$rb_dir/$1.rc" "$rb_dir/$1.sh"
		echo "n $1 space" >&7
		return
	fi
	case $7 in
	?t) rb_unescape "$8" | rb_spawn "$5" >>"$rb_dir/$1.out" 4>>"$rb_dir/$1.err" ;;
	?f) rb_spawn "$5" <"$rb_dir/$1.in" >>"$rb_dir/$1.out" 4>>"$rb_dir/$1.err" ;;
	*) rb_spawn "$5" </dev/null >>"$rb_dir/$1.out" 4>>"$rb_dir/$1.err" ;;
	esac
	rb_ended "$1" $?
	case $7 in ?f) rm -f "$rb_dir/$1.in" ;; esac
}

rb_prepare() { # ID SCRIPT KIND: all disk space that the record will need is taken before anything starts
	echo "c                                                   " >>"$rb_dir/$1.rc" || return
	case $3 in i?) rb_put "$2" >"$rb_dir/$1.sh" ;; esac
}

rb_ended() { # ID RC
	rb_how=exited
	if [ -e "$rb_dir/$1.to" ]; then
		rb_how=timeout
	elif [ -e "$rb_dir/$1.ca" ]; then
		rb_how=cancelled
	elif [ "$2" = 126 ] && [ -e "$rb_dir/$1.no" ]; then
		rb_write "$1" n chdir
		echo "n $1 chdir" >&7
		return
	fi
	rb_write "$1" x "$2" "$rb_how"
	echo "x $1 $2 $rb_how" >&7
}

rb_noted() { # the new process tells the record and the timer; an end asked for this early is obeyed here
	rb_write "$rb_id" r "$rb_pid" "$rb_lane"
	if [ "$rb_limit" != 0 ]; then
		rb_clock
		rb_limit=$((rb_now + rb_limit))
	fi
	echo "$rb_id $rb_pid $rb_limit" >&8
	[ ! -e "$rb_dir/$rb_id.ca" ] || kill -KILL "$rb_pid"
}

rb_attach() { # ID OUT ERR: somebody has claimed this job; follow it to its end, from these offsets on
	echo "a $1 $2 $3" >&7
	rb_gone=$rb_dir/$rb_lane.g rb_watched='' rb_rounds=0
	rm -f "$rb_gone"
	while :; do
		# Looked at before the record: whoever writes it does so before leaving.
		rb_lost=''
		[ ! -e "$rb_gone" ] || rb_lost=1
		rb_state "$1"
		case $rb_s in
		r) [ -n "$rb_watched" ] || rb_watch "$rb_b" ;;
		c | '') [ "$rb_rounds" -lt 50 ] || rb_lost=1 ;;
		*) break ;;
		esac
		if [ -n "$rb_lost" ]; then
			rb_s=u
			break
		fi
		echo "t $1 0" >&7
		rb_sleep 1
		rb_rounds=$((rb_rounds + 1))
	done
	echo "$rb_s $1 $rb_a $rb_b" >&7
}

rb_watch() { # LANE: makes the file $rb_gone once that lane is no more
	rb_watched=1
	if [ ! -p "$rb_dir/$1.w" ]; then
		true >"$rb_gone"
		return
	fi
	(
		# Opened for both first: opening a pipe that nobody writes to for reading would wait.
		exec 5<>"$rb_dir/$1.w" 6<"$rb_dir/$1.w" 5>&- 7>&- 8>&- 9>&-
		read -r rb_x <&6
		true >"$rb_gone"
	) >/dev/null 3>&- &
}

rb_kill() { # ID .
	[ "$2" = . ] || return
	true >"$rb_dir/$1.ca"
	rb_state "$1"
	if [ "$rb_s" = r ]; then
		rb_finish "$rb_a" </dev/null >/dev/null 3>&- 7>&- 8>&- 9>&- &
	fi
	rb_say k "$1"
}

rb_take() { # ID SUFFIX BYTES .   a file for a job, through this lane's own input
	[ "$4" = . ] || return
	rb_say take go
	head -c "$3" >"$rb_dir/$1.$2"
	rb_x=$(wc -c <"$rb_dir/$1.$2")
	if [ "$rb_x" -eq "$3" ]; then rb_say take ok; else rb_say take short; fi
}

# --- plain jobs: no record, output straight to the connection ------------------------------------------------------

rb_plain() { # ID TIMEOUT PRELUDE .
	[ "$4" = . ] || return
	rb_limit=$2
	rb_spawn "$3" </dev/null 4>&3
	rb_say x "$1" $? exited
	echo "$rb_mark x" >&3
}

rb_told() {
	rb_say p "$rb_pid"
	[ "$rb_limit" = 0 ] || rb_alarm "$rb_pid" </dev/null 3>&- &
}

rb_alarm() { # PID
	rb_clock
	rb_end=$((rb_now + rb_limit))
	while kill -0 "$1"; do
		rb_clock
		rb_left=$((rb_end - rb_now))
		if [ "$rb_left" -le 0 ]; then
			rb_say t
			rb_finish "$1" >/dev/null
			return
		fi
		[ "$rb_left" -lt 5 ] || rb_left=5
		rb_sleep "$rb_left"
	done
}

rb_stop() { # PID .
	[ "$2" = . ] || return
	rb_finish "$1" </dev/null >/dev/null 3>&- &
	rb_say k
}

# --- the follower: all that a durable lane sends to the controller --------------------------------------------------

rb_follow() { # orders: "t ID N" look for new output, "a ID OUT ERR" go on from there, "x|n|u ID …" the end of a job
	rb_open='' rb_again=''
	while read -r rb_m rb_i rb_n rb_y; do
		case $rb_m in
		t)
			rb_state "$rb_i"
			if [ "$rb_s" = r ]; then
				rb_grasp "$rb_i"
				rb_fresh "$rb_i"
			fi
			echo "$rb_n" >"$rb_dir/$rb_lane.k"
			;;
		a)
			rb_grasp "$rb_i"
			if [ -n "$rb_open" ]; then
				rb_say o
				tail -c "+$((rb_n + 1))" <&5
				rb_say e
				tail -c "+$((rb_y + 1))" <&6
			fi
			;;
		*)
			if [ -z "$rb_open" ]; then
				[ ! -s "$rb_dir/$rb_i.out" ] || rb_show o "$rb_i.out"
				[ ! -s "$rb_dir/$rb_i.err" ] || rb_show e "$rb_i.err"
			else
				rb_more
				exec 5<&- 6<&-
				rb_open=''
			fi
			rb_say "$rb_m" "$rb_i" "$rb_n" "$rb_y"
			;;
		esac
	done
}

rb_show() { # STREAM FILE
	rb_say "$1"
	cat <"$rb_dir/$2"
}

rb_grasp() { # ID: its output by descriptors whose offsets are kept, so that nothing is lost or repeated
	if [ -z "$rb_open" ] && [ -e "$rb_dir/$1.out" ] && [ -e "$rb_dir/$1.err" ]; then
		exec 5<"$rb_dir/$1.out" 6<"$rb_dir/$1.err"
		rb_open=1 rb_again=1
	fi
}

# A tick without news starts no process. File times are coarse, so what changed is looked at once more, one tick later.
rb_fresh() { # ID
	rb_new=''
	if [ "$rb_dir/$1.out" -nt "$rb_dir/$rb_lane.k" ] || [ "$rb_dir/$1.err" -nt "$rb_dir/$rb_lane.k" ]; then rb_new=1; fi
	if [ -n "$rb_new$rb_again" ]; then
		echo seen >"$rb_dir/$rb_lane.k"
		rb_more
	fi
	rb_again=$rb_new
}

rb_more() {
	rb_say o
	cat <&5
	rb_say e
	cat <&6
}

# --- the timer: timeouts, and ticks for the follower ----------------------------------------------------------------

rb_time() { # orders: "ID PID DEADLINE"
	trap '' HUP INT QUIT TERM PIPE
	exec 7>"$rb_dir/$rb_lane.f"
	rb_n=0
	echo 0 >"$rb_dir/$rb_lane.k"
	while read -r rb_i rb_p rb_end; do
		rb_step=1
		while rb_state "$rb_i" && [ "$rb_s" = r ]; do
			rb_nap=$rb_step
			if [ "$rb_end" != 0 ]; then
				rb_clock
				rb_left=$((rb_end - rb_now))
				if [ "$rb_left" -le 0 ]; then
					true >"$rb_dir/$rb_i.to"
					rb_finish "$rb_p" </dev/null >/dev/null 7>&- &
					rb_end=0
				fi
				[ "$rb_left" -le 0 ] || [ "$rb_left" -ge "$rb_nap" ] || rb_nap=$rb_left
			fi
			rb_sleep "$rb_nap"
			if rb_lives; then
				rb_tick
			else
				# The lane was killed: nobody is told any more, but the timeout holds.
				exec 7>&-
				[ "$rb_end" != 0 ] || exit
			fi
			# After two seconds a tick every .2 s will do.
			rb_rounds=$((rb_rounds + 1))
			[ "$rb_rounds" -lt 20 ] || rb_step=2
		done
		rb_rounds=0
	done
}

rb_lives() { # whether this lane's own shell does; a zombie would answer kill -0
	if read -r rb_x rb_x rb_x </proc/$$/stat; then
		case $rb_x in Z* | X*) return 1 ;; esac
	else
		kill -0 $$
	fi
}

rb_tick() { # never a second one before the first was answered: with a silent link the pipe would fill, and the timer wait
	rb_k=''
	read -r rb_k <"$rb_dir/$rb_lane.k"
	if [ "$rb_k" = "$rb_n" ]; then
		rb_n=$((rb_n + 1))
		echo "t $rb_i $rb_n" >&7
	fi
}

# --- the lane ---------------------------------------------------------------------------------------------------------

rb_folder() { # BASE FOLDER: a folder that is nobody else's, with this lane's pipes in it
	[ ! -L "$1" ] || { rb_unfit=link; return 1; }
	[ ! -e "$1" ] || [ -O "$1" ] || { rb_unfit=owner; return 1; }
	rb_dir=$1/runs/$2
	[ -d "$rb_dir" ] || mkdir -p "$rb_dir" || { rb_unfit=write; return 1; }
	mkfifo "$rb_dir/$rb_lane.f" "$rb_dir/$rb_lane.t" "$rb_dir/$rb_lane.w" || { rb_unfit=write; return 1; }
	rb_unfit=''
}

rb_begin() { # MARK LANE FOLDER .   FOLDER is "-" for a lane of plain jobs
	[ "$4" = . ] || exit
	rb_mark=$1 rb_lane=$2 rb_umask=$(umask) rb_setsid=$(command -v setsid) rb_fast='' rb_unfit='' rb_rounds=0
	exec 3>&2 2>/dev/null
	# Caught, not ignored: what is ignored here would stay so in every job.
	trap : HUP INT QUIT TERM PIPE
	umask 077
	# Without setsid, job control gives each job a group of its own, where the shell can do that without a terminal.
	if [ -z "$rb_setsid" ]; then
		set -m
	elif (rb_self && [ "$rb_pid" -gt 0 ] && [ "$rb_pid" != $$ ]); then
		rb_fast=1
	fi
	if [ "$3" = - ]; then
		rb_started() { rb_told; }
		rb_no() { rb_say n chdir; exit 126; }
	else
		rb_started() { rb_noted; }
		rb_no() { true >"$rb_dir/$rb_id.no"; exit 126; }
		rb_folder "$HOME/.runbook" "$3" || [ "$rb_unfit" != write ] || rb_folder "/var/tmp/.runbook-$(id -u)" "$3"
		[ -n "$rb_unfit" ] || rb_staff
	fi
	rb_say ready $$ "${rb_unfit:-fit}" "${rb_setsid:-none}"
}

rb_staff() {
	rb_follow <"$rb_dir/$rb_lane.f" 3>&- &
	rb_time <"$rb_dir/$rb_lane.t" >/dev/null 3>&- &
	exec 7>"$rb_dir/$rb_lane.f" 8>"$rb_dir/$rb_lane.t" 9<>"$rb_dir/$rb_lane.w"
	trap 'rm -f "$rb_dir/$rb_lane".[fgktw]' EXIT
}
