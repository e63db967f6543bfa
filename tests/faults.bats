#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A call of a program fails: reading, writing, opening, what makes a file safe and names it.

load lib/helper
load lib/faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	fault_setup
}

readonly FILTERS=(gpfs-parse:gz gpfs-parse:zst dir-extract depth-sort stats-accum rec-cat)
readonly LOADERS=(dir-load stats-load)
readonly QUERIES=(dir-query dir-query:match stats-query stats-query:by dir-export scan-audit)
readonly SPILL=(depth-sort:big stats-accum:big)
readonly BIG=(gpfs-parse:big dir-extract:big "${SPILL[@]}" stats-load:big)
readonly SMALL=(gpfs-parse "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}" scan-audit:log)
readonly CALLS=(read pread write pwrite fsync rename open ftruncate fallocate linkat unlink tmpfile)

@test "faults: reading fails" {
	sweeps read EIO gpfs-parse gpfs-parse:zst depth-sort stats-load
	sweeps pread EIO gpfs-parse:big stats-load stats-accum:big dir-query scan-audit
}

@test "faults: a log that becomes shorter while threads read it is no log that ends" {
	local at
	for at in 2 4; do # the first and third ask where a chunk ends
		run -3 --separate-stderr env LD_PRELOAD=fault-shim.so FAULT_CALL=pread FAULT_NTH=$at \
			FAULT_HOW=end gpfs-parse -q -j 1 --source x "$fixtures/big.log" -o out
		[[ $stderr == *"big.log: became shorter while it was read" ]]
		[ ! -e out ]
	done
}

@test "faults: the disk is full from some write on, or only for one" {
	sweeps write ENOSPC+ gpfs-parse:gz stats-accum dir-query
	sweeps pwrite ENOSPC+ "${LOADERS[@]}" depth-sort:big
	sweeps pwrite ENOSPC "${LOADERS[@]}"
}

@test "faults: writing fails" {
	sweeps write EIO dir-extract rec-cat stats-query:by dir-export
	sweeps pwrite EIO "${LOADERS[@]}" stats-accum:big
}

@test "faults: short and interrupted calls are no failures" {
	local how
	for how in short EINTR; do
		sweeps read $how gpfs-parse:gz gpfs-parse:zst
		sweeps write $how dir-query
		sweeps pwrite $how stats-load
		sweeps pread $how gpfs-parse:big stats-accum:big
	done
}

@test "faults: opening fails" {
	sweeps open EIO gpfs-parse:gz "${LOADERS[@]}" stats-accum:big dir-query
}

@test "faults: a directory that cannot hold files without a name" {
	sweeps tmpfile EOPNOTSUPP+ gpfs-parse dir-load "${SPILL[@]}"
}

@test "faults: what makes a file safe and gives it its name" {
	sweeps fsync EIO "${LOADERS[@]}"
	sweeps rename EIO gpfs-parse dir-load
	sweeps rename ENOSPC dir-extract
	sweeps linkat ENOSPC gpfs-parse dir-load
	sweeps fallocate EIO "${SPILL[@]}"
}

@test "faults: no processes and threads" {
	sweeps pipe EIO gpfs-parse:gz
	sweeps thread EAGAIN+ gpfs-parse:big depth-sort:big
}

# every HOW CALL...: each call of each program on a small input.
every() {
	local how=$1 case call reached=0
	shift
	for case in "${SMALL[@]}"; do
		for call; do
			sweep "$case" "$call" "$how"
		done
	done
	echo "$reached calls failed"
	((reached > 50))
}

@test "faults: every call of every program fails once" {
	slow
	every EIO "${CALLS[@]}"
}

@test "faults: every call that needs space finds none, once and for good" {
	slow
	every ENOSPC write pwrite fsync rename open ftruncate linkat
	every ENOSPC+ write pwrite ftruncate
}

@test "faults: every call is interrupted, once" {
	slow
	every EINTR "${CALLS[@]}"
}

@test "faults: every read and write is short, all of them too" {
	slow
	every short read pread write pwrite
	every short+ read pread write pwrite
}

@test "faults: large inputs" {
	slow
	local how each reached=0
	for each in "${BIG[@]}"; do
		for how in EIO short EINTR; do
			sweep "$each" read $how
			sweep "$each" pread $how
			sweep "$each" write $how
			sweep "$each" pwrite $how
		done
		sweep "$each" open EIO
		sweep "$each" write ENOSPC+
		sweep "$each" pwrite ENOSPC+
	done
	((reached > 50))
}

# ---- what a parent hands down, and what befalls children --------------------------------------------

# parse_packed LOG COMMAND...: COMMAND runs gpfs-parse on it, with the answer that it always gives.
parse_packed() {
	"${@:2}" gpfs-parse -q --scan-date 2026-01-15 --source x -o parsed "$1"
	cmp parsed expected
	rm parsed
}

@test "faults: signals that a parent ignores or blocks do not keep packed logs from being read" {
	local each
	cp "$fixtures/small.log.gz" .
	gpfs-parse -q --scan-date 2026-01-15 --source x -o expected "$fixtures/small.log"
	parse_packed small.log.gz command
	for each in --ignore-signal=CHLD --block-signal=CHLD --ignore-signal=PIPE --block-signal=TERM; do
		parse_packed small.log.gz env $each
		parse_packed /dev/stdin env $each <small.log.gz
	done
	env --ignore-signal=CHLD scan-audit "$fixtures/whole.db" --log "$fixtures/small.log.gz"
}

@test "faults: a child has no descriptors but its own" {
	mkdir bin
	printf '#!/bin/sh\nls /proc/$$/fd >fds\nexec %s "$@"\n' "$(type -P gzip)" >bin/gzip
	chmod +x bin/gzip
	PATH=$PWD/bin:$PATH gpfs-parse -q -o parsed "$fixtures/small.log.gz" 7</dev/null 8>other 9<.
	run ! grep -qx '[6-9]' fds
}

@test "faults: a process that looks names up and is killed is told, in spite of -q" {
	cp "$fixtures/half.db" t.db
	LD_PRELOAD=fault-shim.so FAULT_CALL=getpwuid FAULT_NTH=2 FAULT_HOW=kill \
		run -0 --separate-stderr stats-load -q t.db "$fixtures/usage"
	[[ $stderr == "stats-load: t.db: names are missing: the process that looks them up was killed by signal 9 (Killed)" ]]
	scan-audit t.db
}

@test "faults: a program that is nowhere is not installed, whatever PATH is" {
	local each
	mkdir bin locked file
	ln -s "$(type -P gzip)" bin/gzip
	: >file/gzip
	mkdir locked/gzip
	cp "$fixtures/small.log.gz" .
	gpfs-parse -q --scan-date 2026-01-15 --source x -o expected small.log.gz
	chmod 0 locked
	for each in locked:bin locked:file:bin nowhere::bin /dev/null:bin; do
		PATH=$each "$TREETALLY_BUILD/gpfs-parse" -q --scan-date 2026-01-15 --source x -o got small.log.gz
		cmp got expected
	done
	for each in locked locked:file '' :; do
		PATH=$each run -4 "$TREETALLY_BUILD/gpfs-parse" -q -o none small.log.gz
		[[ $output == *": is compressed (gzip), and the program gzip is not there"* ]]
	done
	chmod 755 locked
}
