# Whether the folder $path has to be made. It reads, and makes nothing.

find_there
if [ "$was" = made ]; then finish unchanged; fi
need_folder
need_tool
tell message created
finish changed
