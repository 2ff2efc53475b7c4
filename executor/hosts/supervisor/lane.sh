# The lane itself: what it finds out at its start, its folder, its helpers.

rb_folder() { # BASE FOLDER KNOWN: a folder that is nobody else's, with this lane's pipes in it
	[ ! -L "$1" ] || { rb_unfit=link; return 1; }
	[ ! -e "$1" ] || [ -O "$1" ] || { rb_unfit=owner; return 1; }
	rb_dir=$1/runs/$2
	if [ ! -d "$rb_dir" ]; then
		mkdir -p "$rb_dir" || { rb_unfit=write; return 1; }
		# It was here, and somebody has removed it: what had run cannot be told any more.
		[ "$3" = 0 ] || true >"$rb_dir/lost"
		rb_tidy "$1/runs"
		rb_tidy "$1/undo"
	fi
	mkfifo "$rb_dir/$rb_lane.f" "$rb_dir/$rb_lane.t" "$rb_dir/$rb_lane.w" || { rb_unfit=write; return 1; }
	rb_unfit=''
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
		rb_folder "$HOME/.runbook" "$1" "$rb_known" || [ "$rb_unfit" != write ] ||
			rb_folder "/var/tmp/.runbook-$(id -u)" "$1" "$rb_known"
		[ -n "$rb_unfit" ] || rb_staff
	fi
	rb_say ready $$ "${rb_unfit:-fit}" "${rb_setsid:-none}"
}

rb_staff() {
	rb_follow <"$rb_dir/$rb_lane.f" 3>&- &
	rb_time <"$rb_dir/$rb_lane.t" >/dev/null 3>&- &
	exec 7>"$rb_dir/$rb_lane.f" 8>"$rb_dir/$rb_lane.t" 9<>"$rb_dir/$rb_lane.w"
}
