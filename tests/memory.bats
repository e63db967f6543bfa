#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memory that is refused: status 4 and a message, or success and the right output.

# shellcheck disable=SC2034 # variables are shared with faults.bash

load lib/helper
load lib/faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	fault_setup
}

readonly FILTERS=(gpfs-parse gpfs-parse:gz gpfs-parse:zst dir-extract depth-sort stats-accum rec-cat)
readonly LOADERS=(dir-load stats-load)
readonly QUERIES=(dir-query dir-query:match stats-query stats-query:by dir-export scan-audit
	scan-audit:log)
readonly BIG=(gpfs-parse:big dir-extract:big depth-sort:big stats-accum:big stats-load:big)

@test "memory: one allocation fails" {
	sweeps malloc ENOMEM gpfs-parse:gz gpfs-parse:zst stats-accum "${LOADERS[@]}" dir-query scan-audit
}

@test "memory: all allocations fail from some on" {
	sweeps malloc ENOMEM+ depth-sort stats-load stats-query dir-export
}

@test "memory: every program, large inputs too" {
	slow
	local each
	for each in "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}" "${BIG[@]}"; do
		sweeps malloc ENOMEM "$each"
		sweeps malloc ENOMEM+ "$each"
	done
}

# Where the C library has several sources of names and one has no memory, it only says that the
# others know none; so which names there are does not count here.
@test "memory: the process that asks for names" {
	local case=stats-load program makes run_it status cause fault may_be_new='' n last
	use $case
	run_it=(-T . out "$fixtures/usage")
	rm -rf ./*
	cause_of ENOMEM
	for ((last = 4000; ; last += 1000)); do fault malloc $last ENOMEM || break; done
	dump out | grep -v '_info VALUES' >good
	for ((n = last - 2500; n < last; n += $(quick_or_all 60 5))); do
		fault="malloc $n"
		fault malloc $n ENOMEM || break
		((status == 4)) || { ((status == 0)) && cmp <(dump out | grep -v '_info VALUES') good; } ||
			wrong "neither failed nor right"
		# That names are missing is said before what then ends the program.
		((status == 0)) || { [[ $(<err) =~ $cause ]] && is_old &&
			(($(grep -vc ': names are missing: ' err) == 1)); } ||
			wrong "not one line, or the old one is gone"
		[ "$(echo out*)" = out ]
	done
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
	needs prlimit
	narrow 3 stats-accum:big stats-load dir-query
}

@test "memory: a limit on data, for every program" {
	slow
	needs prlimit
	narrow 20 "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}" "${BIG[@]}"
}
