# Plain jobs: no record, and output that goes straight to the connection.

# A script that does not stand in PRELUDE itself comes as descriptor 5. INPUT is "-" for none, "t" for TEXT, or how many
# bytes of it follow on the lane's own input when it says go.
rb_plain() { # ID TIMEOUT PRELUDE SCRIPT INPUT TEXT LOCK TOKEN .
	[ "$9" = . ] || return
	rb_limit=$2
	if [ -n "$7" ] && ! rb_ours "$7" "$8"; then
		rb_untaken "$5"
		rb_say n "$1" fence
		return
	fi
	rb_rc=126
	if [ -z "$4" ]; then
		rb_given "$3" "$5" "$6"
		rb_rc=$?
	elif : | [ ! -S /proc/self/fd/0 ]; then
		{ rb_put "$4" | rb_given "$3" "$5" "$6" 5<&0 <&6 6<&-; } 6<&0
		rb_rc=$?
	# ksh makes its pipes of sockets, which cannot be opened by name.
	elif rb_x=$(mktemp) && rb_put "$4" >"$rb_x"; then
		{ rm -f "$rb_x"; rb_given "$3" "$5" "$6"; } 5<"$rb_x"
		rb_rc=$?
	else
		rb_untaken "$5"
		rb_say n script
	fi
	rb_say x "$1" "$rb_rc" exited
	echo "$rb_mark x" >&3
}

rb_untaken() { # INPUT: who waits for a go hears that there is none
	case $1 in - | t) ;; *) rb_say take no ;; esac
}

rb_given() { # PRELUDE INPUT TEXT: with its input
	case $2 in
	-) rb_spawn "$1" </dev/null 4>&3 ;;
	t) rb_unescape "$3" | rb_spawn "$1" 4>&3 ;;
	*)
		rb_say take go
		head -c "$2" | rb_drained "$1"
		;;
	esac
}

# What a job leaves of its input must not be taken for requests.
rb_drained() { # PRELUDE
	rb_spawn "$1" 4>&3
	rb_x=$?
	cat >/dev/null
	return "$rb_x"
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
