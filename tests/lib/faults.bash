# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Programs whose calls fail: `load faults` after `load helper`. A sweep runs one program again and
# again and lets the first call of a kind fail, then the second, until there is none; after each run
# `judge` says whether the promise was kept: success with the right output, or status 4, one line
# that names the cause, the old file as it was; and nothing else is left.
#
# make_faults builds the shim (setup_file), work_setup begins a test in the directory work/, where a
# sweep removes all there is; fault_setup does so where programs can be preloaded.

# LD_PRELOAD=fault-shim.so is what tests say: the loader takes no names with blanks there, but looks
# for a name without slashes in directories with any.
make_faults() {
	make_tester fault-shim.so &&
		export LD_LIBRARY_PATH=$TREETALLY_BUILD${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

# make_fixtures DIRECTORY: streams small and large (large: more than fits into -S 4M), a database of
# directories only and a complete one.
make_fixtures() {
	cd "$1" || return
	small_log >small.log
	gzip <small.log >small.log.gz
	make_stream entry entry
	make_stream dir dir
	make_stream usage usage
	dir-load half.db dir
	cp half.db whole.db
	stats-load --no-names whole.db usage
	big_log 60000 >big.log
	# frames that threads unpack, the last of them with too much text for that
	{ split -n l/6 --filter='zstd -qc' big.log; yes "# $(printf '%099d' 0)" | head -n 90000 | zstd -qc; } >big.log.zst
	gpfs-parse -q -f big --scan-date 2026-01-15 --source x big.log -o big.entry
	stats-accum big.entry -o big.usage
	# more directories than are sorted in 4 MiB
	awk 'BEGIN { for (i = 0; i < 20000; i++)
		printf "<0> %d 1 0  s=1 a=4 u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%d/f\n",
			i, i % 99, i }' | gpfs-parse -q -f wide --scan-date 2026-01-15 - -o wide.entry
	stats-accum wide.entry -o wide.usage
	dir-extract wide.entry | depth-sort | dir-load wide.db
}

work_setup() {
	common_setup
	mkdir work
	cd work || return
	# a name without blanks, whatever TMPDIR is
	ln -sfn "$BATS_FILE_TMPDIR" ../fixtures
	fixtures=../fixtures
}

fault_setup() {
	! sanitized || skip "sanitizers want to be the first library, and allocate themselves"
	work_setup
}

# What a database says; but not when the import was, of which the seal is made too.
dump() {
	ask "$1" .dump | grep -v -e '^INSERT INTO scan_metadata VALUES' -e "^INSERT INTO load_state VALUES('seal',"
	ask "$1" -cmd 'CREATE TEMP TABLE m AS SELECT * FROM scan_metadata' \
		'UPDATE temp.m SET import_timestamp = 0; SELECT * FROM temp.m'
}

# use CASE: the program, what it is given and what it makes of `out`: a stream, a database (db), a
# database completed (load), an answer on stdout.
use() {
	program=${1%%:*} makes=stream
	local small=(-q -f fs1 --scan-date 2026-01-15) spill=(-q -S 4M -T .) whole=$fixtures/whole.db
	case $1 in
	gpfs-parse) run_it=("${small[@]}" "$fixtures/small.log" -o out) ;;
	gpfs-parse:gz) run_it=("${small[@]}" "$fixtures/small.log.gz" -o out) ;;
	gpfs-parse:zst) run_it=("${small[@]}" -j 2 "$fixtures/big.log.zst" -o out) ;;
	gpfs-parse:big) run_it=("${small[@]}" -j 2 "$fixtures/big.log" -o out) ;;
	dir-extract) run_it=("$fixtures/entry" -o out) ;;
	dir-extract:big) run_it=("$fixtures/big.entry" -o out) ;;
	depth-sort) run_it=("$fixtures/dir" -o out) ;;
	depth-sort:big) run_it=("${spill[@]}" -j 2 "$fixtures/big.usage" -o out) ;;
	stats-accum) run_it=("$fixtures/entry" -o out) ;;
	stats-accum:big) run_it=("${spill[@]}" -j 2 "$fixtures/big.entry" -o out) ;;
	rec-cat) run_it=("$fixtures/entry" -o out) ;;
	dir-load) run_it=(-T . --replace out "$fixtures/dir") makes=db ;;
	stats-load) run_it=(-T . --no-names out "$fixtures/usage") makes=load ;;
	stats-load:big) run_it=("${spill[@]}" -j 1 --no-names out "$fixtures/wide.usage") makes=load ;;
	dir-query) run_it=(-P /gpfs/fs1/a "$whole") makes=answer ;;
	dir-query:match) run_it=(--total -N '*d*' "$whole") makes=answer ;;
	stats-query) run_it=("$whole") makes=answer ;;
	stats-query:by) run_it=(--by "owner,age" -P /gpfs/fs1/a "$whole") makes=answer ;;
	dir-export) run_it=(--ncdu "$whole") makes=answer ;;
	scan-audit) run_it=("$whole") makes=answer ;;
	scan-audit:log) run_it=("$whole" --log "$fixtures/small.log") makes=answer ;;
	*) echo "no case $1" >&2; return 1 ;;
	esac
}

# What stats-load completes in this case.
directories() {
	[[ $case == *:big ]] && echo "$fixtures/wide.db" || echo "$fixtures/half.db"
}

# What stands under `out` before: an old file, an old database, one of directories only.
lay_out() {
	case $makes in
	load) cp "$(directories)" out ;;
	db) cp "$fixtures/half.db" out ;;
	answer) rm -f out ;;
	stream) echo old >out ;;
	esac
}

# Run the case, by way of a command if there is one; sets status; messages are in err.
run_case() {
	status=0
	if [[ $makes == answer ]]; then
		"$@" "$program" "${run_it[@]}" >out 2>err || status=$?
	else
		"$@" "$program" "${run_it[@]}" >/dev/null 2>err || status=$?
	fi
}

# fault CALL NTH HOW: run the case with it; true when the call was reached.
fault() {
	rm -f mark err
	lay_out
	run_case env FAULT_CALL="$1" FAULT_NTH="$2" FAULT_HOW="$3" FAULT_PROGRAM="$program" \
		FAULT_MARK=mark LD_PRELOAD=fault-shim.so
	[[ -e mark ]]
}

wrong() {
	echo "$case: $fault: $*; status $status; said:"
	cat err
	return 1
}

# Is `out` what it was?
is_old() {
	case $makes in
	load) cmp -s out "$(directories)" ;;
	answer) true ;;
	*) cmp -s out old ;;
	esac
}

is_new() {
	if [[ $makes == stream || $makes == answer ]]; then
		cmp -s out good
	else
		cmp -s <(dump out) good
	fi
}

# What must be true after any fault. `cause` is what the message must say; may_be_new: the failure
# can be one of the last steps, when the new file is there, but perhaps not safe.
judge() {
	local lines line left
	case $status in
	0) is_new || wrong "success, and the output is wrong" || return ;;
	4)
		mapfile -t lines <err
		line=${lines[0]:-}
		# the programs that it starts have something to say too
		if [[ $case != scan-audit:log ]]; then
			((${#lines[@]} == 1)) || wrong "not one line" || return
			[[ $line == "$program: "* ]] || wrong "not its message" || return
		fi
		[[ ${lines[*]} =~ $cause ]] || wrong "no '$cause'" || return
		is_old || { [[ $may_be_new ]] && is_new; } || wrong "the old file is gone" || return
		;;
	*) wrong "not status 4" || return ;;
	esac
	left=$(echo *)
	[[ ${left/mark /} == 'err good old out' ]] || wrong "left: $left"
}

# What a message says of a failure. SQLite tells ENOSPC from other failures, and threads do not
# start without memory.
cause_of() {
	case $1 in
	ENOSPC) cause='No space left on device|disk is full' ;;
	EIO) cause='Input/output error' ;;
	ENOLCK) cause='No locks available' ;;
	ENOMEM) cause='out of memory|Cannot allocate memory|cannot start a thread' ;;
	EAGAIN) cause='Resource temporarily unavailable' ;;
	EINTR) cause='Interrupted system call' ;;
	*) cause=: ;;
	esac
}

# begin_case CASE: what is right, without a fault.
begin_case() {
	case=$1
	use "$case"
	rm -rf ./*
	touch old good
	lay_out
	[[ ! -e out ]] || cp out old
	run_case
	((status == 0)) || wrong "without a fault" || return
	if [[ $makes == stream || $makes == answer ]]; then cp out good; else dump out >good; fi
}

# sweep CASE CALL HOW[+]: with + all later calls fail too. The quick tests leave out more and more
# calls, the others only where there are hundreds. Adds to `reached`.
sweep() {
	local case program makes run_it status cause fault may_be_new='' n step=1
	local call=$2 how=${3%+} later=''
	[[ $3 != *+ ]] || later=+
	begin_case "$1" || return
	cause_of "$how"
	[[ $call != @(fsync|open|malloc|unlink|write|pwrite) ]] || may_be_new=1
	for ((n = 1; n < 100000; n += step)); do
		fault="$call $n$later $how"
		fault "$call" "$n$later" "$how" || break
		reached=$((reached + 1))
		judge || return
		if [[ $call:$how == *@(read|write):@(EINTR|short) ]]; then
			((status == 0)) || wrong "this is no reason to fail" || return
		fi
		case ${TREETALLY_ALL:-}:$call:$case in
		1:*:*:big) step=$((1 + n / 4)) ;;
		1:malloc:*) step=$((1 + n / 20)) ;;
		1:*) step=1 ;;
		*) step=$((1 + n)) ;;
		esac
	done
	((status == 0)) || wrong "failed without a fault" || return
	judge
}

# sweeps CALL HOW CASE...: all of them make that call.
sweeps() {
	local each reached
	for each in "${@:3}"; do
		reached=0
		sweep "$each" "$1" "$2" || return
		((reached)) || { echo "$each never calls $1"; return 1; }
	done
}

# ---- whole imports -------------------------------------------------------------------------------

# two_scans LINES: two scans of one file system, OLD and NEW.gz; asp.db, which is of the old one,
# and above it what an import makes of each: old.db, new.db, new.dump. `import` is the command, less
# the log.
OLD=20260108_fs1_asp.list.log NEW=20260115_fs1_asp.list.log
two_scans() {
	big_log "$1" 1 >"$OLD"
	big_log "$1" 2 | gzip -1 >"$NEW.gz"
	import=(scan-import --db asp.db --no-names)
	"${import[@]}" -q --replace "$NEW.gz"
	cp asp.db ../new.db
	dump asp.db >../new.dump
	rm asp.db
	"${import[@]}" -q "$OLD"
	cp asp.db ../old.db
}

old_again() {
	cp --remove-destination ../old.db asp.db
}

# Sets state: the database is the old one, byte for byte, or the new one, or we fail.
old_or_new() {
	if cmp -s asp.db ../old.db; then
		state=old
	else
		# shellcheck disable=SC2034 # for the caller
		state=new
		cmp -s <(dump asp.db) ../new.dump || { echo "asp.db is neither old nor new"; return 1; }
	fi
}

# Is the database alone? In the directory there are two logs beside it.
alone() {
	local found
	found=$(echo *)
	[[ $found == "$OLD $NEW.gz asp.db" ]] || { echo "left: $(find asp*)"; return 1; }
}

# Nothing of the session $1 runs in a second; on a machine with other work it may take five.
all_gone() {
	local i
	for ((i = 0; i < 250; i++)); do
		pgrep -s "$1" >/dev/null || return 0
		sleep 0.02
	done
	pgrep -as "$1"
	echo "still runs after five seconds"
	return 1
}
