#!/usr/bin/env bash
# Builds the release bundle of HEAD twice, in two folders, and compares the bytes of the two.
# Further arguments go to Maven, such as --settings FILE.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bundle() {
    local folder=$work/$1
    shift
    mkdir "$folder"
    git archive HEAD | tar -x -C "$folder"
    (cd "$folder" && mvn -B -q -ntp -P release -Dmaven.test.skip=true "$@" verify) >&2
    echo "$folder"/target/tram-*-central.zip
}

first=$(bundle first "$@")
second=$(bundle second "$@")
if ! cmp "$first" "$second"; then
    mkdir "$work/a" "$work/b"
    unzip -q "$first" -d "$work/a"
    unzip -q "$second" -d "$work/b"
    diff -rq "$work/a" "$work/b" >&2 || true
    echo "reproducible: the bundles differ" >&2
    exit 1
fi
echo "reproducible: $(basename "$first") twice, $(sha256sum <"$first" | cut -c1-64)"
