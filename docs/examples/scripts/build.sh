#!/bin/sh
set -eu
mkdir -p build/app
echo "$1" > build/app/VERSION
tar -czf build/app.tgz -C build/app .
