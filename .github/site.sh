#!/usr/bin/env bash
# Makes the site in .github/site/dist: the pages with search, and javadoc. Needs npm and Maven; offline once both have fetched.
# SITE_BASE is the path that it is served under. Earlier versions' folders stay beside the new one.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/.github/site"
[ -d node_modules ] || npm ci --no-audit --no-fund
npm run build

cd "$root"
mvn -B -ntp -q -P release -DskipTests -Djacoco.skip -pl tram-core,tram-djl -am package
version=$(find .github/site/dist -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort -V | tail -n 1)
echo "<!doctype html><title>TRAM for DJL</title><meta http-equiv=refresh content='0; url=$version/'>" >.github/site/dist/index.html
for module in tram-core tram-djl; do
    target=.github/site/dist/$version/api/$module
    mkdir -p "$target"
    unzip -qo "$module/target/$module-$version-javadoc.jar" -d "$target"
done
echo "site: .github/site/dist/$version"
