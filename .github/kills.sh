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
export OMP_NUM_THREADS=1
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

cp -r "$models/bert-tiny" "$work/bert"
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' a b c d e >"$work/bert/vocab.txt"
{
    echo text,label
    for i in {1..200}; do
        echo "$(tr 0-9 abcdeabcde <<<"$i" | sed 's/./& /g'),$((i % 3))"
    done
} >"$work/table.csv"

# NAME OUT: what there is before a command.
prepare() {
    case $1 in
    predict | compare) mkdir "$2" ;;
    sharpness) cp -r "$work/whole/vit" "$2" ;;
    esac
}

# NAME OUT: runs a command, its files in OUT.
run() {
    export TRAM_CACHE=$2.cache
    images=(--data "$work/images" --checkpoint "$models/vit-tiny" --seeds 1 --batch 4)
    case $1 in
    vit) "$tram" vit --out "$2" "${images[@]}" --methods adam,tram-previous --steps 12 --save-every 1 ;;
    text) "$tram" text --out "$2" --data "$work/table.csv" --checkpoint "$work/bert" --text text --label label \
        --methods adam,sam --seeds 1 --batch 4 --steps 12 --save-every 1 ;;
    tune) "$tram" tune vit --out "$2" "${images[@]}" --methods sam --values 2 --steps 8 ;;
    resume-tune) "$tram" tune vit --resume "$2" ;;
    resume-*) "$tram" "${1#resume-}" --resume "$2" ;;
    merge) "$tram" merge --checkpoint "$models/gpt2-tiny" --adapter "$models/lora-gpt2-tiny" --out "$2" ;;
    interpolate) "$tram" interpolate --from "$models/gpt2-tiny" --to "$work/whole/merge" --out "$2" ;;
    sharpness) "$tram" sharpness --run "$2" --examples 8 --batch 4 --steps 2 ;;
    stats) "$tram" stats --out "$2" ;;
    predict) "$tram" predict --checkpoint "$models/gpt2-tiny" --input "$work/inputs.json" --out "$2/logits.json" ;;
    compare) "$tram" compare --out "$2/page.html" "$work/whole/vit" "$work/other" ;;
    esac
}

# The files that count, with their checksums; those that a killed command left under way are listed too.
outcome() {
    (cd "$1" && find . -type f ! -name '*.log' ! -name report.html ! -path './metrics/*' ! -name results.csv |
        LC_ALL=C sort | xargs -d '\n' sha256sum)
}

commands=(vit text tune merge interpolate sharpness stats predict compare)
mkdir "$work/whole"
# Files name the command that made them: each runs in this place.
files=$work/files
declare -A took
for command in "${commands[@]}"; do
    prepare "$command" "$files"
    begin=$(date +%s%N)
    run "$command" "$files" >/dev/null
    took[$command]=$((($(date +%s%N) - begin) / 1000000))
    mv "$files" "$work/whole/$command"
    [ "$command" != vit ] || cp -r "$work/whole/vit" "$work/other"
done

failed=0
underway=0
for ((kill = 1; kill <= kills; kill++)); do
    command=${commands[RANDOM % ${#commands[@]}]}
    rm -rf "$files" "$files.cache"
    prepare "$command" "$files"
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
    case $command in
    vit | text | tune) [ ! -f "$files/config.json" ] || again=resume-$command ;;
    merge | interpolate | stats) rm -rf "$files" ;;
    esac
    if ! run "$again" "$files" >>"$log" 2>&1 ||
        ! diff <(outcome "$work/whole/$command") <(outcome "$files") >>"$log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: $command, kill $kill" && head -n 40 "$log"
    fi
done
echo "$kills kills, $underway of them of a command under way; other files than without a kill: $failed"
[ "$failed" = 0 ] && [ $((2 * underway)) -ge "$kills" ]
