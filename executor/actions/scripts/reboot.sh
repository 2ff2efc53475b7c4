# Prints which start of the machine this is, and restarts it, by $order or what the system has for that.

PATH=$PATH:/usr/sbin:/sbin
# The restart may end this script before its command returns: that is no failure.
trap 'exit 0' HUP INT TERM
boot
sync
if [ -n "$order" ]; then
    sh -c "$order" || exit
elif [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
    systemctl reboot || exit
elif command -v shutdown >/dev/null; then
    shutdown -r now || exit
elif command -v reboot >/dev/null; then
    reboot || exit
else
    echo "there is no command on the host that restarts it: name one with reboot_command" >&2
    exit 127
fi
