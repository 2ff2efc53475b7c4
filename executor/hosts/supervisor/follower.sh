# The follower: all that a durable lane sends to the controller. And the timer: timeouts, and ticks for the follower.

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
			if [ -n "$rb_open" ] || [ -s "$rb_dir/$rb_i.out" ] || [ -s "$rb_dir/$rb_i.err" ]; then
				rb_grasp "$rb_i"
				rb_more "$rb_i"
				exec 5<&- 6<&-
				rb_open=''
			fi
			rb_say "$rb_m" "$rb_i" "$rb_n" "$rb_y"
			;;
		esac
	done
}

rb_grasp() { # ID: its output by descriptors whose offsets are kept, so that nothing is lost or repeated
	if [ -z "$rb_open" ] && [ -e "$rb_dir/$1.out" ] && [ -e "$rb_dir/$1.err" ]; then
		exec 5<"$rb_dir/$1.out" 6<"$rb_dir/$1.err"
		rb_open=1 rb_again=1 rb_full=''
	fi
}

# A tick without news starts no process. File times are coarse, so what changed is looked at once more, one tick later.
rb_fresh() { # ID
	rb_new=''
	if [ "$rb_dir/$1.out" -nt "$rb_dir/$rb_lane.k" ] || [ "$rb_dir/$1.err" -nt "$rb_dir/$rb_lane.k" ]; then rb_new=1; fi
	if [ -n "$rb_new$rb_again" ]; then
		echo seen >"$rb_dir/$rb_lane.k"
		rb_more "$1"
	fi
	rb_again=$rb_new
}

rb_more() { # ID: what is new of its output
	rb_pour o "$rb_dir/$1.out" 5
	rb_pour e "$rb_dir/$1.err" 6
}

rb_pour() { # WORD FILE DESCRIPTOR: a stream that never had anything, or was cut and read to its end, costs no process
	[ -s "$2" ] || return
	case $rb_full in *"$1"*) return ;; esac
	[ ! -e "$2.cut" ] || rb_full=$rb_full$1
	rb_say "$1"
	cat <&"$3"
}

rb_time() { # orders: "ID PID DEADLINE MAX"
	trap '' HUP INT QUIT TERM PIPE
	exec 7>"$rb_dir/$rb_lane.f"
	rb_n=0
	echo 0 >"$rb_dir/$rb_lane.k"
	while read -r rb_i rb_p rb_end rb_max; do
		rb_step=3 rb_rounds=0
		while rb_state "$rb_i" && [ "$rb_s" = r ]; do
			rb_nap=$rb_step
			if [ "$rb_end" != 0 ]; then
				rb_clock
				rb_left=$((rb_end - rb_now))
				if [ "$rb_left" -le 0 ]; then
					true >"$rb_dir/$rb_i.to"
					if rb_same; then rb_finish "$rb_p" </dev/null >/dev/null 7>&- 9>&- & fi
					rb_end=0
				fi
				[ "$rb_left" -le 0 ] || [ "$rb_left" -ge "$rb_nap" ] || rb_nap=$rb_left
			fi
			rb_sleep "$rb_nap"
			# Of what has ended meanwhile its lane has seen to it, and closed the descriptors that tell it without a process.
			rb_state "$rb_i"
			[ "$rb_s" != r ] || rb_bound "$rb_i"
			if rb_lives $$; then
				rb_tick
				# Nothing more would be told of this job here: another lane has to follow it.
				rb_lives "$rb_follower" || rb_say lost >&9
			else
				# The lane was killed: nobody is told any more, but the timeout and the limit of the output hold.
				exec 7>&- 9>&-
				kill -0 "-$rb_p" || exit
			fi
			# Often at first, when somebody may be looking; every half second when it takes long.
			rb_rounds=$((rb_rounds + 1))
			if [ "$rb_rounds" -lt 20 ]; then rb_step=1; else rb_step=5; fi
		done
	done
}

# A zombie would answer kill -0; it has no arguments any more. They are read and not its state, for a shell reads byte by
# byte, and the line with the state is long.
rb_lives() { # PID
	if [ -e "/proc/$1/cmdline" ]; then
		rb_x=''
		read -r rb_x <"/proc/$1/cmdline"
		[ -n "$rb_x" ]
	else
		kill -0 "$1"
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
