#!/usr/bin/env bats
# Memory that is refused: status 4 and a message, or success and the right output.

# shellcheck disable=SC2154 # faults.bash sets variables

load helper
load faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	fault_setup
}

readonly FILTERS=(gpfs-parse gpfs-parse:gz dir-extract depth-sort stats-accum rec-cat)
readonly LOADERS=(dir-load stats-load)
readonly QUERIES=(dir-query stats-query dir-export scan-audit)
readonly MORE=(dir-query:match stats-query:by scan-audit:log)
readonly BIG=(gpfs-parse:big dir-extract:big depth-sort:big stats-accum:big stats-load:big)

@test "memory: one allocation fails" {
	sweeps malloc ENOMEM "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}"
}

@test "memory: all allocations fail from some on" {
	sweeps malloc ENOMEM+ stats-accum "${LOADERS[@]}" "${QUERIES[@]}"
}

@test "memory: all of them and more, large inputs too" {
	slow
	sweeps malloc ENOMEM "${MORE[@]}" "${BIG[@]}"
	sweeps malloc ENOMEM+ "${FILTERS[@]}" "${MORE[@]}" "${BIG[@]}"
}

# least: set REPLY to the least of a few KiB for data with which the program gets as far as to tell
# its version: below, the loader of programs has something to say, or the kernel.
least() {
	for ((REPLY = 64; REPLY < 1 << 20; REPLY += REPLY / 8)); do
		! prlimit --data=$((REPLY << 10)) "$program" --version >/dev/null 2>&1 || return 0
	done
	return 1
}

# narrow STEP CASE...: from there on, each STEP KiB more, until it works.
narrow() {
	local case program makes run_it status cause fault may_be_new='' kib step=$1 n
	shift
	for case; do
		begin_case "$case"
		cause_of ENOMEM
		# a child process says it in its own way
		cause+='|Resource temporarily unavailable'
		least
		for ((kib = REPLY, n = 0; ; kib += kib / step, n++)); do
			fault="--data of $kib KiB"
			lay_out
			run_case prlimit --data=$((kib << 10))
			judge
			((status)) || break
		done
		echo "$case: $n limits of $REPLY to $kib KiB failed"
	done
}

@test "memory: a limit on data, wider and wider" {
	command -v prlimit >/dev/null || skip "no prlimit"
	narrow 4 stats-accum:big dir-load stats-load dir-query scan-audit
}

@test "memory: a limit on data, for every program" {
	slow
	command -v prlimit >/dev/null || skip "no prlimit"
	narrow 20 "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}" "${MORE[@]}" "${BIG[@]}"
}
