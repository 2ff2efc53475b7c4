# boot: prints which start of the machine this is; in a container, which start of that.
boot() {
    boot='' start=''
    if read -r boot </proc/sys/kernel/random/boot_id; then
        read -r start </proc/1/stat && set -- ${start##*") "} && start=${20}
    else
        boot=$(sysctl -n kern.bootsessionuuid || sysctl -n kern.boottime)
    fi
    echo "boot $boot $start"
} 2>/dev/null
