#!/usr/bin/env bash
# The paper's table of images on a GPU: ViT-B/16 on CIFAR-100, every method of the paper with five
# seeds, and beside them the free alternatives. It first times each method and says how many hours
# the rest takes; go on with the same command and RUN=1. An interrupted run goes on likewise.
#
# usage: [RUN=1] .github/paper-images.sh IMAGES [OUT]
#
# IMAGES is a directory as docs/data.md describes it: CIFAR-100's binary files, or train and test
# as Parquet or as a folder per class. The rest is in the environment:
#   CHECKPOINT  google/vit-base-patch16-224-in21k, or a directory
#   DEVICE      gpu0
#   EPOCHS      the paper's 200; 10 are a twentieth of the hours
#   SEEDS       5
#   METHODS     what is compared
#   PRECISION   bf16, or fp32 as in the paper
set -euo pipefail
cd "$(dirname "$0")/.."

images=${1:?usage: [RUN=1] .github/paper-images.sh IMAGES [OUT]}
out=${2:-runs/paper-images}
epochs=${EPOCHS:-200}
seeds=${SEEDS:-5}
methods=${METHODS:-adam,wise,ema,sgd,sam,asam,fisher-sam,tram-previous,tram-pretrained,tram-x,tram-fisher}
device=${DEVICE:-gpu0}
checkpoint=${CHECKPOINT:-google/vit-base-patch16-224-in21k}
[[ $device != gpu* ]] || export TRAM_MAVEN_OPTIONS=${TRAM_MAVEN_OPTIONS:--P cu121}

tram() {
    tram-examples/bin/tram "$@"
}

options=(--preset paper --checkpoint "$checkpoint" --data "$images" --device "$device"
    --precision "${PRECISION:-bf16}" --methods "$methods")

# The paper's preset counts the steps of 200 epochs.
steps_of_epochs() {
    local all
    all=$(sed -n 's/.*"steps" *: *\([0-9]*\).*/\1/p' "$1/config.json")
    echo $((all * epochs / 200 > 0 ? all * epochs / 200 : 1))
}

tell() {
    tram effects "$out" --picture "$out/effects.svg" | tee "$out/effects.md"
}

if [ -f "$out/config.json" ]; then
    tram vit --resume "$out"
    tell
    exit
fi

timing=$out.timing
if [ ! -f "$timing/config.json" ]; then
    mkdir -p "$(dirname "$timing")"
    # A minute's time for each: it ends early, its configuration has all steps.
    tram vit "${options[@]}" --seeds 1 --minutes 1 --save-every 0 --out "$timing"
fi
steps=$(steps_of_epochs "$timing")

hours=0
echo "$steps steps a run"
for file in "$timing"/metrics/*-0.jsonl; do
    # The median of the steps after the first ten, which compile and allocate.
    milliseconds=$(tail -n +11 "$file" |
        sed -n 's/.*"milliseconds" *: *\([0-9.]*\).*/\1/p' | sort -n |
        awk '{ all[NR] = $1 } END { if (NR == 0) exit 1; print all[int((NR + 1) / 2)] }') || {
        echo "$file has fewer than eleven steps: a minute is too short on $device" >&2
        exit 1
    }
    each=$(awk "BEGIN { printf \"%.1f\", $milliseconds * $steps / 3600000 }")
    hours=$(awk "BEGIN { printf \"%.1f\", $hours + $each * $seeds }")
    echo "$(basename "$file" -0.jsonl): $milliseconds ms a step, $each hours a run"
done
echo "all methods with $seeds seeds: $hours hours, evaluation left out"

if [ "${RUN:-0}" = 1 ]; then
    tram vit "${options[@]}" --seeds "$seeds" --steps "$steps" --out "$out"
    tell
else
    echo "Start it by RUN=1 $0 $images $out"
fi
