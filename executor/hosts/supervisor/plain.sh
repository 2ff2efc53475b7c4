# Plain jobs: no record, and output that goes straight to the connection.

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
	rb_end=$((rb_now + rb_limit + 1)) # never early
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
