# The lane itself: what it finds out at its start, its folder, its helpers.

# The run's folder: in the home, or in the spare place where that cannot be written. Where a run has one already, it stays
# there, whatever can be written by now: in another one its jobs would not be found, and run once more.
rb_settle() { # FOLDER KNOWN
	if [ ! -d "$HOME/.runbook/runs/$1" ]; then
		for rb_x in /var/tmp/.runbook-*; do
			if [ -O "$rb_x" ] && [ -d "$rb_x/runs/$1" ]; then
				rb_folder "$rb_x" "$1" "$2"
				return
			fi
		done
		rb_folder "$HOME/.runbook" "$1" "$2" && return
		case $rb_unfit in write | space) set -- "/var/tmp/.runbook-$(id -u)" "$1" "$2" ;; *) return ;; esac
	else
		set -- "$HOME/.runbook" "$1" "$2"
	fi
	rb_folder "$@"
}

rb_folder() { # BASE FOLDER KNOWN: a folder that is nobody else's, with this lane's pipes in it
	for rb_x in "$1" "$1/runs"; do
		[ ! -L "$rb_x" ] || { rb_unfit=link; return 1; }
		[ ! -e "$rb_x" ] || [ -O "$rb_x" ] || { rb_unfit=owner; return 1; }
	done
	rb_dir=$1/runs/$2
	if [ ! -d "$rb_dir" ]; then
		mkdir -p "$rb_dir" && chmod 700 "$1" || { rb_unwritten; return 1; }
		# It was here, and somebody has removed it: what had run cannot be told any more.
		[ "$3" = 0 ] || true >"$rb_dir/lost"
		rb_tidy "$1/runs"
		rb_tidy "$1/undo"
	fi
	mkfifo "$rb_dir/$rb_lane.f" "$rb_dir/$rb_lane.t" "$rb_dir/$rb_lane.w" || { rb_unwritten; return 1; }
	rb_unfit=''
}

rb_unwritten() { # why not; only then, for it costs a process
	rmdir "$rb_dir" # as far as it is empty: made for nothing
	case $(LC_ALL=C mkdir -p "$rb_dir/$rb_lane" 2>&1) in
	*space* | *quota*) rb_unfit=space ;;
	*) rb_unfit=write ;;
	esac
	rmdir "$rb_dir/$rb_lane" "$rb_dir"
}

# Of what earlier runs left here the last 20 stay, and all that is younger than 30 days. Done behind the run's back, when a
# run comes here first, and only where there is that much.
rb_tidy() { # FOLDER
	set -- "$1" "$1"/*
	[ "$#" -gt 21 ] || return 0
	(
		cd "$1" || exit
		rb_x=" $(ls -t | head -n 20 | tr '\n' ' ')"
		find ./* -prune -type d -mtime +29 | while read -r rb_y; do
			case $rb_x in *" ${rb_y#./} "*) ;; *) rm -rf "$rb_y" ;; esac
		done
	) </dev/null >/dev/null 3>&- &
}

rb_begin() { # MARK LANE FOLDER KNOWN .   FOLDER is "-" for a lane of plain jobs; KNOWN is 1 if it must be here already
	[ "$5" = . ] || exit
	rb_mark=$1 rb_lane=$2 rb_known=$4 rb_fast='' rb_unfit=''
	exec 3>&2 2>/dev/null
	# All that only a subshell can tell, by one of them.
	set -- "$3" $(
		rb_self
		if [ "$rb_pid" -gt 0 ]; then echo "$rb_pid"; else echo $$; fi
		umask
		command -v printf
		command -v setsid
	)
	rb_umask=$3 rb_setsid=$5
	if [ "$4" != printf ]; then
		# mksh has no printf of its own, and another program's arguments could be read by anybody.
		rb_put() { print -rn -- "$1"; }
		rb_unescape() { print -n -- "$1"; }
	fi
	# Caught, not ignored: what is ignored here would stay so in every job.
	trap : HUP INT QUIT TERM PIPE
	umask 077
	# Without setsid, job control gives each job a group of its own, where the shell can do that without a terminal.
	if [ -z "$rb_setsid" ]; then
		set -m
	elif [ "$2" != $$ ]; then
		rb_fast=1
	fi
	if [ "$1" = - ]; then
		rb_started() { rb_told; }
		rb_no() { rb_say n chdir; exit 126; }
	else
		rb_started() { rb_noted; }
		rb_no() { true >"$rb_dir/$rb_id.no"; exit 126; }
		rb_settle "$1" "$rb_known"
		if [ -z "$rb_unfit" ]; then
			rb_machine
			rb_staff
		fi
	fi
	rb_say ready $$ "${rb_unfit:-fit}" "${rb_setsid:-none}"
}

rb_staff() {
	rb_follow <"$rb_dir/$rb_lane.f" 3>&- &
	rb_follower=$!
	# By `exec`, for a shell keeps what it redirects for one command: the connection must not stay open with the timer,
	# which lets go of it when the lane has gone.
	{
		exec 9>&1 <"$rb_dir/$rb_lane.t" >/dev/null 3>&-
		rb_time
	} &
	rb_timer=$!
	exec 7>"$rb_dir/$rb_lane.f" 8>"$rb_dir/$rb_lane.t" 9<>"$rb_dir/$rb_lane.w"
}
