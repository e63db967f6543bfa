#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The fuzzing targets (tests/fuzz) on the inputs that they start from, among which is every one that
# was a finding once. Fuzzing itself is `make fuzz`.

load lib/helper

# fuzzer FILE: a target that finds something soon.
fuzzer() {
	needs clang
	clang -fsanitize=fuzzer,address -o "$1" "$TREETALLY_TOP/tests/fault/finding.c" || skip "clang has no libFuzzer (libclang-rt-dev)"
}

@test "fuzz: every seed and every finding" {
	slow
	fuzzer try
	unset MAKEFLAGS MAKELEVEL
	run make_here -j2 DEV=1 fuzz SECONDS=0
	echo "$output"
	((status == 0))
	# Each target has run, with more inputs than the empty one, and code was reached.
	for target in log list stream tsv options query; do
		grep -qE "^$target: [1-9][0-9]* runs, [0-9]{3,} edges, no finding$" <<<"$output"
	done
}

@test "fuzz: a finding is named, and fails" {
	slow
	fuzzer fuzz-stream
	run -1 "$TREETALLY_TOP/tests/fuzz/run" --seconds 20 . stream
	[[ $output == "stream: "*" a finding (status "* ]]
	[[ $output =~ "to see it again: $PWD/fuzz-stream "([^;]*)\; ]]
	run -77 ./fuzz-stream "${BASH_REMATCH[1]}"
}
