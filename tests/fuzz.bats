#!/usr/bin/env bats
#
# The fuzzing targets (tests/fuzz) on the inputs that they start from, among which is every one that
# was a finding once. Fuzzing itself is `make fuzz`.

load lib/helper

fuzz() {
	env -u MAKEFLAGS -u MAKELEVEL make -C "$TREETALLY_TOP" -j2 -s BUILD="$TREETALLY_BUILD" DEV=1 \
		fuzz "$@"
}

@test "fuzz: every seed and every finding" {
	slow
	printf 'int LLVMFuzzerTestOneInput(void) { return 0; }' >try.c
	clang -fsanitize=fuzzer,address -o try try.c || skip "clang with libFuzzer is not here"
	run -0 fuzz SECONDS=0
	printf '%s\n' "${lines[@]}"
	# Each target has run, with more inputs than the empty one, and code was reached.
	for target in log stream tsv options query; do
		grep -qE "^$target: [1-9][0-9]* runs, [0-9]{3,} edges, no finding$" <<<"$output"
	done
}

@test "fuzz: a finding is named, and fails" {
	slow
	printf '#include <stdint.h>\n#include <stddef.h>\n#include <stdlib.h>
		int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
		{ if (len > 2 && data[1] == 0x54) abort(); return 0; }' >try.c
	clang -fsanitize=fuzzer,address -o fuzz-stream try.c || skip "clang with libFuzzer is not here"
	run -1 "$TREETALLY_TOP/tests/fuzz/run" --seconds 20 . stream
	[[ $output == "stream: "*" a finding (status "* ]]
	[[ $output =~ "to see it again: $PWD/fuzz-stream "([^;]*)\; ]]
	run -77 ./fuzz-stream "${BASH_REMATCH[1]}"
}
