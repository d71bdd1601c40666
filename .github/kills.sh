#!/usr/bin/env bash
# Kills commands by SIGKILL at chance moments and runs them again, experiments by --resume: what they
# leave must be, byte for byte, what a run that nobody killed leaves, and nothing else. Needs no network.
#
# usage: .github/kills.sh [KILLS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${1:-100}
RANDOM=${2:-$$}
tram=$PWD/tram-examples/bin/tram
models=$PWD/tram-djl/src/test/resources/dev/tram/djl/transformers/model
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TRAM_CACHE=$work/cache OMP_NUM_THREADS=1
"$tram" --version >/dev/null

mkdir -p "$work/images"/{train,test}/{a,b} "$work/texts"/{x,y}
python3 - "$work/images" <<'END'
import struct, sys, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

for split in ("train", "test"):
    for i in range(16):
        rows = b"".join(b"\0" + bytes((16 * i + x * y) % 256 for x in range(60)) for y in range(20))
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 20, 8, 2, 0, 0, 0))
        png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        open(f"{sys.argv[1]}/{split}/{'ab'[i % 2]}/{i}.png", "wb").write(png)
END
printf '{"inputs": {"input_ids": {"shape": [1, 3], "values": [1, 2, 3]}}}' >"$work/inputs.json"

# NAME OUT: runs a command, its files in OUT.
run() {
    case $1 in
    vit) "$tram" vit --out "$2" --data "$work/images" --checkpoint "$models/vit-tiny" --methods adam,tram-previous \
        --seeds 1 --steps 12 --batch 4 --save-every 1 ;;
    resume) "$tram" vit --resume "$2" ;;
    merge) "$tram" merge --checkpoint "$models/gpt2-tiny" --adapter "$models/lora-gpt2-tiny" --out "$2" ;;
    predict) mkdir -p "$2" && "$tram" predict --checkpoint "$models/gpt2-tiny" --input "$work/inputs.json" --out "$2/logits.json" ;;
    compare) mkdir -p "$2" && "$tram" compare --out "$2/page.html" "$work/whole/vit" "$work/other" ;;
    esac
}

# The files that count, with their checksums; those that a killed command left under way are listed too.
outcome() {
    (cd "$1" && find . -type f ! -name '*.log' ! -name report.html ! -path './metrics/*' ! -name results.csv |
        LC_ALL=C sort | xargs -d '\n' sha256sum)
}

mkdir "$work/whole"
run vit "$work/whole/vit" >/dev/null
cp -r "$work/whole/vit" "$work/other"
declare -A took
for command in merge predict compare; do
    begin=$(date +%s%N)
    run "$command" "$work/whole/$command" >/dev/null
    took[$command]=$((($(date +%s%N) - begin) / 1000000))
done
begin=$(date +%s%N)
run vit "$work/timed" >/dev/null
took[vit]=$((($(date +%s%N) - begin) / 1000000))

failed=0
underway=0
commands=(vit vit merge predict compare)
for ((kill = 1; kill <= kills; kill++)); do
    command=${commands[RANDOM % ${#commands[@]}]}
    files=$work/killed
    rm -rf "$files"
    log=$work/killed.log
    setsid bash -c "$(declare -f run); tram=$tram models=$models work=$work; run $command $files" >"$log" 2>&1 &
    group=$!
    wait=$((RANDOM * 32768 + RANDOM))
    sleep "$(printf '%d.%03d' $((wait % took[$command] / 1000)) $((wait % took[$command] % 1000)))"
    if builtin kill -KILL -- "-$group" 2>/dev/null; then
        underway=$((underway + 1))
    fi
    wait "$group" 2>/dev/null || true
    again=$command
    if [ "$command" = vit ] && [ -f "$files/config.json" ]; then
        again=resume
    elif [ "$command" != compare ] && [ "$command" != predict ]; then
        rm -rf "$files"
    fi
    if ! run "$again" "$files" >>"$log" 2>&1 ||
        ! diff <(outcome "$work/whole/$command") <(outcome "$files") >>"$log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: $command, kill $kill" && tail -n 20 "$log"
    fi
done
echo "$kills kills, $underway of them of a command under way; other files than without a kill: $failed"
[ "$failed" = 0 ]
