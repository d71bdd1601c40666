#!/usr/bin/env bash
# Runs the tests as other processors round: with the kernels of PyTorch, oneDNN and MKL for fewer
# instructions, and with one and two threads. Sums are then taken in other orders.
#
# usage: .github/numeric-matrix.sh [MODULE,...] [MAVEN OPTION...]
set -euo pipefail
cd "$(dirname "$0")/.."

modules=${1:-tram-core,tram-djl,tram-experiments,tram-examples}
shift || true

# PyTorch asks oneDNN, not itself, which arrays of bfloat16 to pack: both are set together.
kernels=(
    ""
    "ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41"
    "ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2"
    "MKL_ENABLE_INSTRUCTIONS=SSE4_2"
    "MKL_ENABLE_INSTRUCTIONS=AVX2"
)

logs=target/numeric-matrix
mkdir -p "$logs"
failed=0
for threads in 1 2; do
    for setting in "${kernels[@]}"; do
        name="${setting:-kernels of this processor}, threads: $threads"
        log=$logs/$(tr " " + <<<"${setting:-plain}")-$threads.log
        # shellcheck disable=SC2086
        if env $setting mvn -B -ntp test -pl "$modules" -am -Djacoco.skip \
            -Dmaven.test.failure.ignore -Dtest.threads=$threads "$@" >"$log" 2>&1 &&
            ! grep -q 'There are test failures' "$log"; then
            echo "passed: $name"
        else
            echo "FAILED: $name"
            failed=1
        fi
        grep -E 'Tests run: [0-9]+, .*Skipped: [0-9]+$|^\[ERROR\] +[A-Za-z]+Test\.|COMPILATION|BUILD FAILURE' "$log" || true
    done
done
exit $failed
