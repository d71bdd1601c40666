#!/usr/bin/env bash
# Runs the project of docs/quickstart.md as a stranger to this build: from the release bundle's files
# alone, on the class path and on the module path, on both DJL lines, on the JDKs given as arguments
# (their homes; without any, the one of JAVA_HOME or of the path).
# It needs target/staging, which `mvn -P release verify` leaves, and writes nothing into ~/.m2 but
# what Maven downloads.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
staging=$root/target/staging
[ -d "$staging" ] || { echo "consumer: no $staging; run mvn -P release verify" >&2; exit 2; }
[ $# -gt 0 ] || set -- "${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A local repository of this run's own: what is downloaded is shared, TRAM's files are not.
shared=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
repository=$work/repository
mkdir -p "$shared" "$repository/dev"
find "$shared" -mindepth 1 -maxdepth 1 ! -name dev -exec ln -s {} "$repository" \;
[ ! -d "$shared/dev" ] ||
    find "$shared/dev" -mindepth 1 -maxdepth 1 ! -name tram -exec ln -s {} "$repository/dev" \;

# The block of docs/quickstart.md that follows the line `FILE`:
block() {
    awk -v name="\`$1\`:" '
        $0 == name { wanted = 1 }
        /^```/ { if (inside) exit; if (wanted) { inside = 1; next } }
        inside' docs/quickstart.md
}

# project DJL PYTORCH: the folder with the quickstart's two files, on a DJL line
project() {
    local folder=$work/quickstart-$1
    mkdir -p "$folder/src/main/java/quickstart"
    block pom.xml |
        sed -e "s/0\.36\.0/$1/; s/2\.7\.1/$2/" \
            -e "s/linux-x86_64/$(classifier)/" \
            -e "s|<dependencies>|<repositories><repository><id>staged</id><url>file://$staging</url></repository></repositories>&|" \
            >"$folder/pom.xml"
    { echo "package quickstart;"; block src/main/java/Quickstart.java; } \
        >"$folder/src/main/java/quickstart/Quickstart.java"
    echo "$folder"
}

classifier() {
    case $(uname -s)-$(uname -m) in
        Darwin-arm64) echo osx-aarch64 ;;
        Linux-aarch64) echo linux-aarch64 ;;
        Linux-x86_64) echo linux-x86_64 ;;
        *) echo win-x86_64 ;;
    esac
}

compile() {
    (cd "$1" && JAVA_HOME=$2 mvn -B -q -ntp -Dmaven.repo.local="$repository" \
        -Dmdep.outputFile=classpath -Dmdep.includeScope=runtime \
        clean compile org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath)
}

check() {
    if ! "${@:2}" >"$work/log" 2>&1 || ! grep -q 'kind=ASCENDED' "$work/log"; then
        cat "$work/log" >&2
        echo "consumer: failed: $1" >&2
        exit 1
    fi
    echo "consumer: $1: $(grep -o 'kind=ASCENDED' "$work/log")"
}

options="-Dai.djl.default_engine=PyTorch -Dai.djl.offline=true"
for line in "0.36.0 2.7.1" "0.29.0 2.3.1"; do
    folder=$(project $line)
    module=$folder/src/main/java/module-info.java
    for home in "$@"; do
        java=$home/bin/java
        name="DJL ${line% *}, JDK $("$java" -XshowSettings:properties -version 2>&1 |
            sed -n 's/ *java.specification.version = //p')"

        rm -f "$module"
        compile "$folder" "$home"
        check "$name, class path" "$java" $options \
            -cp "$folder/target/classes:$(cat "$folder/classpath")" quickstart.Quickstart

        # TRAM and DJL are modules; what DJL needs stays on the class path: the jar of natives cannot be a
        # module (its name contains `native`), and commons-compress lacks one that it requires.
        echo "module quickstart { requires dev.tram.core; requires dev.tram.djl; requires ai.djl.api; }" >"$module"
        compile "$folder" "$home"
        modules=$(tr : '\n' <"$folder/classpath" | grep -E '/(dev/tram|ai/djl)/' | grep -v native)
        others=$(tr : '\n' <"$folder/classpath" | grep -vxF "$modules")
        check "$name, module path" "$java" $options \
            -p "$folder/target/classes:$(paste -sd: <<<"$modules")" -cp "$(paste -sd: <<<"$others")" \
            -m quickstart/quickstart.Quickstart
    done
done
