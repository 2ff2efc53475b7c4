#!/bin/sh -e
# Build the release named by $VERSION: a folder dist/ with all that a host needs.
: "${VERSION:?which version is to be built?}"
rm -rf dist
cp -R app dist
printf '%s\n' "$VERSION" > dist/VERSION
printf 'built %s: %s files\n' "$VERSION" "$(find dist -type f | wc -l | tr -d ' ')"
