#!/usr/bin/env bats
# A call of a program fails: reading, writing, opening, what makes a file safe and names it.

load lib/helper
load lib/faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	fault_setup
}

readonly FILTERS=(gpfs-parse:gz dir-extract depth-sort stats-accum rec-cat)
readonly LOADERS=(dir-load stats-load)
readonly QUERIES=(dir-query dir-query:match stats-query stats-query:by dir-export scan-audit)
readonly SPILL=(depth-sort:big stats-accum:big)
readonly BIG=(gpfs-parse:big dir-extract:big "${SPILL[@]}" stats-load:big)
readonly SMALL=(gpfs-parse "${FILTERS[@]}" "${LOADERS[@]}" "${QUERIES[@]}" scan-audit:log)
readonly CALLS=(read pread write pwrite fsync rename open ftruncate fallocate linkat unlink tmpfile)

@test "faults: reading fails" {
	sweeps read EIO gpfs-parse depth-sort stats-load
	sweeps pread EIO stats-load stats-accum:big dir-query scan-audit
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
		sweeps read $how gpfs-parse:gz
		sweeps write $how dir-query
		sweeps pwrite $how stats-load
		sweeps pread $how stats-accum:big
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
