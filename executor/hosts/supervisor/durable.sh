# Durable jobs: claimed, kept, ended and found again.
#
# KIND has a letter for each of: the script (i here, u sent before), its input (- none, t here, f sent before), its output
# (f files, p pipes), and what is asked for: 1 a first start; a: its start may have been asked for before; n: it shall
# never start any more, and is followed to its end where it did.

rb_job() { # ID OUT ERR TIMEOUT PRELUDE SCRIPT KIND INPUT LOCK TOKEN MAX .   (OUT, ERR: bytes that are known already)
	[ "${12}" = . ] || return
	# Without its helpers or its folder a lane is of no use: it hangs up before it has claimed anything, and another one is
	# asked, which notices that a folder was there.
	rb_lives "$rb_follower" && rb_lives "$rb_timer" && [ -d "$rb_dir" ] || exit
	rb_id=$1 rb_limit=$4 rb_max=${11}
	if [ -n "$9" ] && ! rb_ours "$9" "${10}" && [ ! -e "$rb_dir/$1.rc" ]; then
		echo "n $1 fence" >&7
		return
	fi
	set -C
	true >"$rb_dir/$1.rc"
	rb_rc=$?
	set +C
	if [ "$rb_rc" != 0 ]; then
		case $7 in *n) rb_bar "$1" ;; esac
		rb_attach "$1" "$2" "$3"
		return
	fi
	case $7 in
	*[an]) if rb_settled "$1" "$7"; then return; fi ;;
	esac
	rb_rc=''
	if rb_prepare "$1" "$6" "$7"; then
		{
			case $7 in
			??p?) rb_piped "$1" "$5" "$7" "$8" ;;
			*) rb_fed "$1" "$5" "$7" "$8" >&5 4>&6 ;;
			esac
			rb_rc=$?
			rb_bound "$1"
		} 5>>"$rb_dir/$1.out" 6>>"$rb_dir/$1.err"
	fi
	if [ -z "$rb_rc" ]; then
		rm -f "$rb_dir/$1.rc" "$rb_dir/$1.sh"
		echo "n $1 space" >&7
		return
	fi
	rb_ended "$1" "$rb_rc"
	case $7 in ?f??) rm -f "$rb_dir/$1.in" ;; esac
}

# Whether the controller that sends a job still has the lock under which it does. Another user than the login's may not
# be able to look into its home: then the lock cannot say no here, and the controller has asked beforehand.
rb_ours() { # LOCK TOKEN
	[ -x "${1%/*}" ] || return 0
	rb_x=''
	read -r rb_x <"$1"
	[ "$rb_x" = "$2" ]
}

rb_fed() { # ID PRELUDE KIND INPUT: with its input
	case $3 in
	?t??) rb_unescape "$4" | rb_spawn "$2" ;;
	?f??) rb_spawn "$2" <"$rb_dir/$1.in" ;;
	*) rb_spawn "$2" </dev/null ;;
	esac
}

# A script that opens /dev/stdout by name would empty the file that it is, and lose what was in it. Such a job writes to
# pipes, and two more processes carry what comes to the files; at its end they have a second to catch up, for a child of
# the job's that lives on holds the pipes open.
rb_piped() { # ID PRELUDE KIND INPUT
	mkfifo "$rb_dir/$1.po" "$rb_dir/$1.pe" || return
	{ cat <"$rb_dir/$1.po"; true >"$rb_dir/$1.do"; } >&5 3>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	{ cat <"$rb_dir/$1.pe"; true >"$rb_dir/$1.de"; } >&6 3>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	rb_fed "$1" "$2" "$3" "$4" >"$rb_dir/$1.po" 4>"$rb_dir/$1.pe"
	rb_x=$?
	rb_rounds=0
	until [ -e "$rb_dir/$1.do" ] && [ -e "$rb_dir/$1.de" ] || [ "$rb_rounds" -ge 10 ]; do
		rb_sleep 1
		rb_rounds=$((rb_rounds + 1))
	done
	rm -f "$rb_dir/$1".[pd][oe]
	return "$rb_x"
}

# What a job prints goes to a file, which its limit keeps from filling the disk: the beginning stays, the rest is cut off
# as it comes. The job notices nothing. How long the files are is told by the descriptors that the lane shares with the
# job, without a process.
rb_bound() { # ID
	[ "$rb_max" != 0 ] || return 0
	rb_trim 5 "$rb_dir/$1.out"
	rb_trim 6 "$rb_dir/$1.err"
}

rb_trim() { # DESCRIPTOR FILE
	rb_size=''
	read -r rb_x rb_size </proc/$$/fdinfo/$1 || rb_size=$(wc -c <"$2" | tr -d ' ')
	# In thousands of bytes: there are shells that count in 32 bits.
	case $rb_size in
	????*) [ "${rb_size%???}" -gt "$rb_max" ] || return ;;
	*) return ;;
	esac
	true >"$2.cut"
	dd of="$2" bs=1000 seek="$rb_max" count=0 </dev/null >/dev/null
}

rb_prepare() { # ID SCRIPT KIND: all disk space that the record will need is taken before anything starts
	echo "c                                                                " >>"$rb_dir/$1.rc" || return
	case $3 in i???) rb_put "$2" >"$rb_dir/$1.sh" ;; esac
}

rb_ended() { # ID RC
	rb_how=exited
	if [ -e "$rb_dir/$1.to" ]; then
		rb_how=timeout
	elif [ -e "$rb_dir/$1.ca" ]; then
		rb_how=cancelled
	elif [ "$2" = 126 ] && [ -e "$rb_dir/$1.no" ]; then
		rb_why=chdir
		[ ! -e "$rb_dir/$1.ba" ] || rb_why=barred
		rb_write "$1" n "$rb_why"
		echo "n $1 $rb_why" >&7
		return
	fi
	rb_write "$1" x "$2" "$rb_how"
	echo "x $1 $2 $rb_how" >&7 || exit
}

rb_noted() { # the new process tells the record and the timer; an end asked for this early is obeyed here
	rb_since "$rb_pid"
	rb_write "$rb_id" r "$rb_pid" "$rb_lane" "$rb_at" "$rb_boot"
	if [ "$rb_limit" != 0 ]; then
		rb_clock
		rb_limit=$((rb_now + rb_limit + 1)) # never early
	fi
	echo "$rb_id $rb_pid $rb_limit $rb_max" >&8
	[ ! -e "$rb_dir/$rb_id.ca" ] || kill -KILL "$rb_pid"
	# Where there is no setsid the job runs by now.
	[ -z "$rb_fast" ] || [ ! -e "$rb_dir/$rb_id.ba" ] || rb_no
}

# A claim that is ours although the job was, or may have been, asked for before: only where this user's folder has been
# here all the time does that mean that it has not started.
rb_settled() { # ID KIND
	if [ -e "$rb_dir/lost" ]; then
		echo "u gone" >>"$rb_dir/$1.rc"
		echo "u $1 gone" >&7
		return
	fi
	case $2 in *a) return 1 ;; esac
	echo "n barred" >>"$rb_dir/$1.rc"
	echo "n $1 barred" >&7
}

# Somebody else has claimed it. A new process writes its record first and then looks for the bar; we put up the bar
# first and then look at the record: at least one of the two sees the other.
rb_bar() { # ID
	true >"$rb_dir/$1.ba"
	rb_state "$1"
	case $rb_s in c | '') [ -z "$rb_fast" ] || rb_write "$1" n barred ;; esac
}

rb_attach() { # ID OUT ERR: somebody has claimed this job; follow it to its end, from these offsets on
	echo "a $1 $2 $3" >&7
	rb_gone=$rb_dir/$rb_lane.g rb_watched='' rb_rounds=0
	rm -f "$rb_gone"
	while :; do
		# Looked at before the record: whoever writes it does so before leaving.
		rb_lost=''
		[ ! -e "$rb_gone" ] || rb_lost=killed
		rb_state "$1"
		case $rb_s in
		r)
			rb_here || rb_lost=rebooted
			[ -n "$rb_lost$rb_watched" ] || rb_watch "$rb_b"
			# Nobody will know how it ends; but as long as it has not, nothing is to be done beside it.
			[ "$rb_lost" != killed ] || ! rb_lives "$rb_a" || ! rb_same || rb_lost=''
			;;
		c | '') [ "$rb_rounds" -lt 50 ] || rb_lost=killed ;;
		*) break ;;
		esac
		if [ -n "$rb_lost" ]; then
			rb_s=u rb_a=$rb_lost rb_b=''
			break
		fi
		echo "t $1 0" >&7 || exit
		rb_sleep 1
		rb_rounds=$((rb_rounds + 1))
	done
	echo "$rb_s $1 $rb_a $rb_b" >&7 || exit
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
	if [ "$rb_s" = r ] && rb_same; then
		rb_finish "$rb_a" </dev/null >/dev/null 3>&- 7>&- 8>&- 9>&- &
	fi
	rb_say k "$1"
}

rb_take() { # ID SUFFIX BYTES .   a file for a job, through this lane's own input
	[ "$4" = . ] || return
	rb_say take go
	# Beside it at first: the job may be running already, started by an earlier program, and read the file just now.
	head -c "$3" >"$rb_dir/$1.$2.$rb_lane"
	rb_x=$(wc -c <"$rb_dir/$1.$2.$rb_lane")
	if [ "$rb_x" -eq "$3" ] && mv -f "$rb_dir/$1.$2.$rb_lane" "$rb_dir/$1.$2"; then
		rb_say take ok
	else
		rm -f "$rb_dir/$1.$2.$rb_lane"
		rb_say take short
	fi
}

rb_forget() { # .   what ended jobs printed: the controller has all of it, and nobody else is to read it
	[ "$1" = . ] || return
	set --
	for rb_x in "$rb_dir"/*.rc; do
		read -r rb_s rb_a <"$rb_x" || continue
		[ "$rb_s" != x ] || set -- "$@" "${rb_x%.rc}.out" "${rb_x%.rc}.err"
		if [ "$#" -gt 200 ]; then
			rm -f "$@"
			set --
		fi
	done
	[ "$#" = 0 ] || rm -f "$@"
	rb_say take ok
}
