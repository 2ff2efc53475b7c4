# What making $path a link to $to would change. It reads, and makes nothing.

find_there
if [ "$was" = link ] && [ "$target" = "$to" ]; then finish unchanged; fi
need_folder
tell message "$message"
finish changed
