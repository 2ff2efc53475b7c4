"""Side by side with other tools, on SSH servers of the benchmark's own on this machine."""
