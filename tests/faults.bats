#!/usr/bin/env bats
# Faults: calls that fail, disks that are full, memory that is refused, processes that are killed.
# Whatever happens, the old file is there byte for byte, or the new one is, complete; the status is
# 4; one line says which file and why; and nothing else is left.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load helper

OLD=20260108_fs1_asp.list.log NEW=20260115_fs1_asp.list.log

# Streams small and large (large: more than fits into -S 4M), and a database of directories only.
setup_file() {
	local build
	build=$(realpath -m --relative-to="$TREETALLY_TOP" "$TREETALLY_BUILD")
	make -s -C "$TREETALLY_TOP" BUILD="$build" "$build/fault-shim.so" || return
	cd "$BATS_FILE_TMPDIR" || return
	small_log >small.log
	gzip <small.log >small.log.gz
	make_stream entry entry
	make_stream dir dir
	make_stream usage usage
	dir-load half.db dir
	big_log 60000 >big.log
	gpfs-parse -q -f big --scan-date 2026-01-15 --source x big.log -o big.entry
	stats-accum big.entry -o big.usage
	dir-extract big.entry | depth-sort | dir-load big.db
}

setup() {
	common_setup
	mkdir work
	cd work || return
	fixtures=$BATS_FILE_TMPDIR shim=$TREETALLY_BUILD/fault-shim.so mounted=''
}

teardown() {
	[[ ! $mounted ]] || umount -l "$mounted"
}

ask() {
	sqlite3 -batch -init /dev/null "$@"
}

# What a database says; but not when the import was.
dump() {
	ask "$1" .dump | grep -v '^INSERT INTO scan_metadata VALUES'
	ask "$1" 'UPDATE temp.m SET import_timestamp = 0; SELECT * FROM temp.m' \
		-cmd 'CREATE TEMP TABLE m AS SELECT * FROM scan_metadata'
}

# ---- one program ---------------------------------------------------------------------------------

# The cases: program and what it writes into `out`.
use() {
	program=${1%%:*} writes=stream
	case $1 in
	gpfs-parse) run_it=(-q -f fs1 --scan-date 2026-01-15 "$fixtures/small.log" -o out) ;;
	gpfs-parse:gz) run_it=(-q -f fs1 --scan-date 2026-01-15 "$fixtures/small.log.gz" -o out) ;;
	gpfs-parse:big) run_it=(-q -j 2 -f fs1 --scan-date 2026-01-15 "$fixtures/big.log" -o out) ;;
	dir-extract) run_it=("$fixtures/entry" -o out) ;;
	dir-extract:big) run_it=("$fixtures/big.entry" -o out) ;;
	depth-sort) run_it=("$fixtures/dir" -o out) ;;
	depth-sort:big) run_it=(-S 4M -T . -j 2 "$fixtures/big.usage" -o out) ;;
	stats-accum) run_it=("$fixtures/entry" -o out) ;;
	stats-accum:big) run_it=(-q -S 4M -T . -j 2 "$fixtures/big.entry" -o out) ;;
	rec-cat) run_it=("$fixtures/entry" -o out) ;;
	dir-load) run_it=(-T . --replace out "$fixtures/dir") writes=db ;;
	stats-load) run_it=(-T . --no-names out "$fixtures/usage") writes=load ;;
	stats-load:big) run_it=(-q -S 4M -T . -j 1 --no-names out "$fixtures/big.usage") writes=load ;;
	*) echo "no case $1" >&2; return 1 ;;
	esac
}

# What stands under `out` before: an old file, an old database, one of directories only.
lay_out() {
	case $writes:$program in
	load:*) [[ $1 == *:big ]] && cp "$fixtures/big.db" out || cp "$fixtures/half.db" out ;;
	db:*) cp "$fixtures/half.db" out ;;
	*) echo old >out ;;
	esac
}

# fault CALL NTH HOW: run the case; true when the call was reached. Sets status; messages are in
# err.
fault() {
	local preload=$shim
	rm -f mark err
	lay_out "$case"
	status=0
	FAULT_CALL=$1 FAULT_NTH=$2 FAULT_HOW=$3 FAULT_PROGRAM=$program FAULT_MARK=mark \
		LD_PRELOAD=$preload "$program" "${run_it[@]}" 2>err >/dev/null || status=$?
	[[ -e mark ]]
}

wrong() {
	echo "$case: $fault: $*; status $status; said:"
	cat err
	return 1
}

# Is `out` what it was? A loader works in place, so there it is what it says, and nothing is said
# of a run that did not come to its end.
is_old() {
	case $writes in
	load) [[ $(ask out 'SELECT count(*) FROM scan_metadata' 2>&1) == 0 ]] ;;
	*) cmp -s out old ;;
	esac
}

is_new() {
	if [[ $writes == stream ]]; then cmp -s out good; else cmp -s <(dump out) good; fi
}

# What must be true after any fault.
judge() {
	local lines line left
	case $status in
	0) is_new || wrong "success, and the output is wrong" || return ;;
	4)
		mapfile -t lines <err
		line=${lines[0]:-}
		((${#lines[@]} == 1)) || wrong "not one line" || return
		[[ $line == "$program: "* ]] || wrong "not its message" || return
		[[ $line == *$cause* ]] || [[ $line =~ $cause ]] || wrong "no '$cause'" || return
		is_old || { [[ $may_be_new ]] && is_new; } || wrong "the old file is gone" || return
		;;
	*) wrong "not status 4" || return ;;
	esac
	left=$(echo *)
	left=${left/mark /}
	# when SQLite cannot sync or write it leaves a journal whose head is zero: it is no journal
	[[ $writes != load || $(od -An -N8 -tx1 out-journal 2>&1) != ' 00 00 00 00 00 00 00 00' ]] ||
		left=${left/ out-journal/}
	[[ $left == 'err good old out' ]] || wrong "left: $left"
}

# What a message says of a failure; SQLite has its own words.
causes() {
	case $1 in
	ENOSPC) cause='No space left on device|database or disk is full|disk I/O error' ;;
	EIO) cause='Input/output error|disk I/O error' ;;
	ENOLCK) cause='No locks available|disk I/O error|locking protocol' ;;
	ENOMEM) cause='out of memory|Cannot allocate memory|disk I/O error' ;;
	EAGAIN) cause='Resource temporarily unavailable' ;;
	*) cause=: ;;
	esac
	case $2 in
	open | tmpfile) cause+='|unable to open database file|readonly database' ;;
	thread) cause+='|cannot start a thread' ;;
	esac
}

# sweep CASE CALL HOW[+] [STEP]: fail the first call, the second, and so on until there is none. The
# quick tests leave out more and more of them, the others only where there are hundreds.
sweep() {
	local case=$1 call=$2 how=${3%+} later='' n step=${4:-1} fault cause may_be_new=''
	local program writes run_it
	[[ $3 != *+ ]] || later=+
	use "$case"
	causes "$how" "$call"
	# the new name is there, but not safe: fsync of the directory comes last
	[[ $call != @(fsync|open|malloc|unlink) ]] || may_be_new=1
	rm -rf ./*
	touch old
	lay_out "$case"
	cp out old
	"$program" "${run_it[@]}" 2>err
	if [[ $writes == stream ]]; then cp out good; else dump out >good; fi
	for ((n = 1; n < 100000; n += step)); do
		fault="$call $n$later $how"
		fault "$call" "$n$later" "$how" || break
		judge
		case $how in
		EINTR | short) ((status == 0)) || wrong "this is no reason to fail" ;;
		esac
		[[ ! ${4:-} ]] || continue
		case ${TREETALLY_ALL:-}:$call:$case in
		1:*:big) step=$((1 + n / 4)) ;;
		1:malloc:*) step=$((1 + n / 20)) ;;
		1:*) step=1 ;;
		*) step=$((1 + n)) ;;
		esac
	done
	((status == 0)) || wrong "failed without a fault"
	judge
	((n > 1)) || { echo "$case never calls $call"; return 1; }
}

readonly SMALL=(gpfs-parse gpfs-parse:gz dir-extract depth-sort stats-accum rec-cat dir-load stats-load)
readonly BIG=(gpfs-parse:big dir-extract:big depth-sort:big stats-accum:big)
readonly SPILL=(depth-sort:big stats-accum:big)
readonly LOADERS=(dir-load stats-load)
readonly STREAMS=(gpfs-parse:gz dir-extract depth-sort stats-accum rec-cat)

# Of two words the first for the quick tests, the second for all.
quick_or_all() {
	if [[ ${TREETALLY_ALL:-} == 1 ]]; then echo "$2"; else echo "$1"; fi
}

# sweeps CALL HOW CASE...
sweeps() {
	local each
	for each in "${@:3}"; do
		sweep "$each" "$1" "$2"
	done
}

@test "faults: reading fails" {
	sweeps read EIO "${SMALL[@]}"
	sweeps pread EIO stats-load "${SPILL[@]}"
}

@test "faults: the disk is full from some write on, or only for one" {
	sweeps write ENOSPC+ "${STREAMS[@]}"
	sweeps pwrite ENOSPC+ "${LOADERS[@]}" "${SPILL[@]}"
	sweeps pwrite ENOSPC "${LOADERS[@]}"
}

@test "faults: writing fails" {
	sweeps write EIO "${STREAMS[@]}"
	sweeps pwrite EIO "${LOADERS[@]}" "${SPILL[@]}"
}

@test "faults: short and interrupted calls are no failures" {
	local how
	for how in short EINTR; do
		sweeps read $how gpfs-parse:gz
		sweeps write $how depth-sort
		sweeps pwrite $how stats-load
		sweeps pread $how stats-accum:big
	done
}

@test "faults: neither are they for other programs" {
	slow
	local how
	for how in short EINTR; do
		sweeps read $how gpfs-parse dir-extract rec-cat dir-load
		sweeps write $how gpfs-parse:big depth-sort:big
		sweeps pwrite $how dir-load stats-load:big stats-accum:big
		sweeps pread $how stats-load
	done
}

@test "faults: opening fails" {
	sweeps open EIO "${SMALL[@]}" stats-accum:big
	sweeps open ENOSPC "${LOADERS[@]}"
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

@test "faults: no locks" {
	slow
	# SQLite waits as for the lock of another process
	sweep dir-load lock ENOLCK+ 1000
	sweep stats-load lock ENOLCK+ 1000
}

@test "faults: no processes and threads" {
	sweeps pipe ENOSPC gpfs-parse:gz
	sweeps thread EAGAIN+ gpfs-parse:big depth-sort:big
}

@test "faults: no memory for one call, or for all from then on" {
	! sanitized || skip "sanitizers allocate themselves"
	sweeps malloc ENOMEM "${SMALL[@]}"
	sweeps malloc ENOMEM+ "${LOADERS[@]}"
}

@test "faults: no memory for large inputs" {
	slow
	! sanitized || skip "sanitizers allocate themselves"
	sweeps malloc ENOMEM+ "${STREAMS[@]}" stats-accum:big depth-sort:big gpfs-parse:big
	sweeps malloc ENOMEM stats-accum:big depth-sort:big gpfs-parse:big dir-extract:big \
		stats-load:big
}

@test "faults: an address space that is too small" {
	! sanitized || skip "sanitizers reserve terabytes of addresses"
	local case size cause='out of memory|Cannot allocate|cannot start|does not start' fault
	local program writes run_it may_be_new=''
	for case in "${BIG[@]}" stats-load:big dir-load; do
		use "$case"
		rm -rf ./*
		lay_out "$case"
		cp out old
		"$program" "${run_it[@]}" 2>err
		if [[ $writes == stream ]]; then cp out good; else dump out >good; fi
		for size in 100 200 400 800 1600 3200 6400 12800 25600; do
			fault="--data ${size}K"
			lay_out "$case"
			status=0
			prlimit --data=$((size << 10)) "$program" "${run_it[@]}" 2>err || status=$?
			# killed before it began: the loader of programs had no memory
			((status != 127 && status != 139 || size > 400)) || continue
			judge
		done
	done
}

# ---- killed ----------------------------------------------------------------------------------------

@test "faults: stats-load killed at a write leaves directories only, or all; the next one finishes" {
	local n step=1 state good
	local load=(-q --no-names -T . db "$fixtures/usage")
	cp "$fixtures/half.db" db
	stats-load "${load[@]}"
	good=$(dump db)
	for ((n = 1; ; n += step)); do
		rm -f db mark
		cp "$fixtures/half.db" db
		FAULT_CALL=change FAULT_NTH=$n FAULT_HOW=kill FAULT_PROGRAM=stats-load \
			FAULT_MARK=mark LD_PRELOAD=$shim stats-load "${load[@]}" 2>/dev/null || true
		[[ -e mark ]] || break
		# a reader that asks before anybody has cleaned up
		run dir-query db
		state=$status
		run --separate-stderr stats-load "${load[@]}"
		echo "write $n: dir-query $state, stats-load $status: $stderr"
		((status == 0 || status == 2))
		((state == 0)) || ((status == 0))
		((status == 0)) || [[ $stderr == *"is complete already"* ]]
		[ "$(dump db)" = "$good" ]
		[ "$(echo db*)" = db ]
		[[ ${TREETALLY_ALL:-} == 1 ]] || step=$((1 + n / 3))
	done
	((n > 30))
}

@test "faults: dir-load killed at a write leaves the old database" {
	local n
	cp "$fixtures/half.db" old
	for ((n = 1; ; n++)); do
		rm -f db mark
		cp old db
		FAULT_CALL=change FAULT_NTH=$n FAULT_HOW=kill FAULT_PROGRAM=dir-load FAULT_MARK=mark \
			LD_PRELOAD=$shim dir-load --replace db "$fixtures/dir" 2>/dev/null || true
		[[ -e mark ]] || break
		cmp db old || [ "$(dump db)" = "$(dump old)" ]
		# between linkat and rename it has a second name; that is why scan-import has a directory
		rm -f db.????????
	done
	((n > 5))
}

# Two scans of one file system, and what an import makes of each.
two_scans() {
	big_log "$1" 1 >"$OLD"
	big_log "$1" 2 | gzip -1 >"$NEW.gz"
	cp "$NEW.gz" ..
	import=(scan-import --db asp.db --no-names)
	"${import[@]}" -q --replace "$NEW.gz"
	cp asp.db ../new.db
	dump asp.db >../new.dump
	rm asp.db
	"${import[@]}" -q "$OLD"
	cp asp.db ../old.db
}

# Sets state: the database is the old one or the new one, or we fail.
old_or_new() {
	if cmp -s asp.db ../old.db; then
		state=old
	else
		state=new
		cmp -s <(dump asp.db) ../new.dump || { echo "asp.db is neither old nor new"; return 1; }
	fi
}

# Nothing of the session $1 runs a second from now.
all_gone() {
	local i
	for ((i = 0; i < 50; i++)); do
		pgrep -s "$1" >/dev/null || return 0
		sleep 0.02
	done
	pgrep -as "$1"
	echo "still runs after a second"
	return 1
}

# Send one signal to somebody of the session $1 and say whom: WHOM SIGNAL.
strike() {
	local session=$1 signals=(KILL TERM INT PIPE) pids pid=''
	local stages=(gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load)
	signal=${signals[RANDOM % 4]} whom=script
	case $((RANDOM % 5)) in
	0) kill -s "$signal" "$session" || true ;;
	1)
		whom=group
		kill -s "$signal" -- "-$session" || true
		;;
	2)
		# whoever, also the programs that the script and gpfs-parse use
		mapfile -t pids < <(pgrep -s "$session")
		((${#pids[@]})) || return 0
		pid=${pids[RANDOM % ${#pids[@]}]}
		[[ $pid == "$session" ]] || whom=$(ps -o comm= -p "$pid") || true
		kill -s "$signal" "$pid" || true
		;;
	*)
		whom=${stages[RANDOM % 6]}
		pid=$(pgrep -o -s "$session" -x "$whom") || return 0
		kill -s "$signal" "$pid" || true
		;;
	esac
} 2>/dev/null

# kill_loop RUNS SEED: in a directory of its own.
kill_loop() {
	local i session status state signal whom took runs=$1 was hit=0
	RANDOM=$2
	mkdir "loop$2"
	cd "loop$2" || return
	mkdir run
	cd run || return
	two_scans 20000
	took=${EPOCHREALTIME/./}
	"${import[@]}" -q --replace "$NEW.gz"
	took=$((${EPOCHREALTIME/./} - took))
	cp --remove-destination ../old.db asp.db
	for ((i = 1; i <= runs; i++)); do
		# a background job ignores Ctrl-C unless told otherwise
		env --default-signal=INT,PIPE setsid "${import[@]}" "$NEW.gz" 2>../said 3>&- &
		session=$! status=0
		sleep "0.$(printf %06d $(((RANDOM * 32768 + RANDOM) % took)))"
		strike "$session"
		wait "$session" || status=$?
		was="run $i: $signal to $whom: status $status"
		all_gone "$session" || { echo "$was"; return 1; }
		old_or_new || { echo "$was"; cat ../said; ls -l; return 1; }
		((status)) || [[ $state == new ]] || { echo "$was, but the old one"; return 1; }
		# only a script that had no time to clean up leaves its directory
		case $signal:$whom in
		KILL:script | KILL:group | KILL:scan-import | KILL:bash | KILL:env | KILL:setsid) ;;
		*)
			[[ $(echo asp*) == asp.db ]] ||
				{ echo "$was, left: $(find asp*)"; cat ../said; return 1; }
			;;
		esac
		[[ ! -e asp.db-journal && ! -e asp.db-wal ]] || { echo "$was: a journal"; return 1; }
		[[ $state == old ]] || cp --remove-destination ../old.db asp.db
		((status == 0)) || hit=$((hit + 1))
	done
	echo "$hit of $runs imports failed"
	((hit > runs / 5))
	"${import[@]}" -q "$NEW.gz"
	old_or_new
	[[ $state == new && $(echo asp*) == asp.db ]] || { echo "at last: $state, $(echo asp*)"; return 1; }
}

@test "faults: scan-import and its stages killed at random: old or new, and nothing is left" {
	kill_loop 4 $((RANDOM + 1))
}

@test "faults: the same, 240 times" {
	slow
	local one=0 two=0
	kill_loop 120 1 >one.txt 2>&1 3>&- &
	kill_loop 120 2 >two.txt 2>&1 || two=$?
	wait $! || one=$?
	cat one.txt two.txt
	((one == 0 && two == 0))
}

@test "faults: what a killed scan-import left goes with the next one, never that of a live one" {
	two_scans 2000
	mkdir -p asp.db.import/run.dead/deeper
	head -c 5000 asp.db >asp.db.import/run.dead/new.db
	# half a log, and no end of it before we say so
	mkfifo ../log
	"${import[@]}" --source "$OLD" <../log 2>../said 3>&- &
	exec {feed}>../log
	head -c 20000 "$OLD" >&"$feed"
	local i live=(asp.db.import/run.*)
	for ((i = 0; i < 100; i++)); do
		live=(asp.db.import/run.*)
		[[ ${live[0]} == *.dead || ${live[0]} == *'*' ]] || break
		sleep 0.05
	done
	[ ! -e asp.db.import/run.dead ]
	run -4 --separate-stderr "${import[@]}" "$NEW.gz"
	[ "$stderr" = "scan-import: asp.db: another import into it is running" ]
	[ -d "${live[0]}" ]
	cmp asp.db ../old.db
	tail -c +20001 "$OLD" >&"$feed"
	exec {feed}>&-
	wait $!
	[ "$(echo asp*)" = asp.db ]
}

# ---- scan-import: stages and helpers that fail --------------------------------------------------

# import_fault PROGRAM CALL NTH HOW [STATUS]: the import of the new scan fails for that reason.
import_fault() {
	local want=${5:-4} state
	rm -f ../mark
	FAULT_CALL=$2 FAULT_NTH=$3 FAULT_HOW=$4 FAULT_PROGRAM=$1 FAULT_MARK=$PWD/../mark \
		LD_PRELOAD=$shim run --separate-stderr "${import[@]}" "$NEW.gz"
	echo "$*: status $status: $stderr"
	[[ -e ../mark ]] || return 1
	old_or_new
	if ((status)); then
		[[ $status == "$want" && $stderr ]]
		[[ ${stderr_lines[-1]} == scan-import:* || ${stderr_lines[-1]} == "$1: "* ]]
		[[ $state == old || $1:$2 == sync:fsync ]]
	else
		[ $state = new ]
	fi
	[ "$(echo asp*)" = asp.db ]
	[[ $state == old ]] || cp --remove-destination ../old.db asp.db
}

@test "faults: scan-import when a stage cannot read, write or allocate" {
	two_scans 500
	local each faults=('gpfs-parse write 1+ ENOSPC' 'stats-load pwrite 9+ ENOSPC'
		'dir-load pwrite 3+ ENOSPC' 'stats-accum read 2 EIO' 'stats-load malloc 500+ ENOMEM'
		'dir-extract write 1 EIO' 'dir-load fsync 1 EIO' 'dir-load rename 1 EIO'
		'gpfs-parse pipe 1 EIO')
	for each in "${faults[@]::$(quick_or_all 3 99)}"; do
		# shellcheck disable=SC2086 # words
		import_fault $each
		[ "$status" -eq 4 ]
		[ "${stderr_lines[-1]}" = "scan-import: ${each%% *} failed with status 4; asp.db is as it was" ]
	done
}

@test "faults: scan-import when the last steps fail" {
	two_scans 500
	import_fault mv rename 1+ EIO
	[ "$status" -eq 4 ]
	[[ ${stderr_lines[-1]} == "scan-import: asp.db: could not be replaced"* ]]
	import_fault sync fsync 1 EIO
	[ "$status" -eq 4 ]
	[[ ${stderr_lines[-1]} == "scan-import: asp.db: "*"may not be on disk"* ]]
}

@test "faults: scan-import when sqlite3 fails" {
	slow
	two_scans 500
	local n
	# sqlite3 looks at the old one twice and at the new one once
	for n in 1 2 3 4 5 6; do
		import_fault sqlite3 open $n EIO
		import_fault sqlite3 pread $n EIO
	done
	import_fault sqlite3 lock 1+ ENOLCK
}

# ---- the disk is full -----------------------------------------------------------------------------

# tiny OPTIONS: a small file system in ./tiny.
tiny() {
	((EUID == 0)) || skip "only root can mount"
	mkdir -p tiny
	mount -t tmpfs -o "$1" none tiny 2>/dev/null || skip "mount is not allowed here"
	mounted=$PWD/tiny
}

@test "faults: no space for output and spill files" {
	tiny size=64k
	local program
	echo old >tiny/out
	for program in "gpfs-parse -q -f b --scan-date 2026-01-15 $fixtures/big.log" \
		"rec-cat -t $fixtures/big.entry" "depth-sort $fixtures/big.usage" \
		"stats-accum -q $fixtures/big.entry"; do
		# shellcheck disable=SC2086 # words
		run -4 --separate-stderr $program -o tiny/out
		[[ $stderr == "${program%% *}: cannot write $PWD/tiny/out: No space left on device" ]]
		[[ $(<tiny/out) == old && $(ls tiny) == out ]]
		# shellcheck disable=SC2086
		run -4 --separate-stderr $program -o /dev/full
		[[ $stderr == "${program%% *}: cannot write /dev/full: No space left on device" ]]
	done
	for program in "depth-sort $fixtures/big.usage" "stats-accum -q $fixtures/big.entry"; do
		# shellcheck disable=SC2086
		run -4 --separate-stderr $program -S 4M -T tiny -o out
		[[ ${stderr_lines[-1]} == "${program%% *}: cannot write spill file in tiny: No space left on device" ]]
		[[ $(echo *) == tiny && $(ls tiny) == out ]]
	done
	cp "$fixtures/half.db" tiny/db
	run -4 --separate-stderr dir-load --replace tiny/db <(depth-sort "$fixtures/dir")
	[[ $stderr == "dir-load: tiny/db: database or disk is full" ]]
	cmp tiny/db "$fixtures/half.db"
	run -4 --separate-stderr stats-load --no-names tiny/db "$fixtures/usage"
	[[ $stderr == "stats-load: tiny/db: "*full* ]]
	[ "$(dump tiny/db)" = "$(dump "$fixtures/half.db")" ]
	[ "$(ls -x tiny)" = 'db  out' ]
	run -4 --separate-stderr dir-load tiny/other.db "$fixtures/dir"
	[ ! -e tiny/other.db ]
}

@test "faults: scan-import where there is room for less and less" {
	tiny size=20m
	cp "$fixtures/small.log" "$NEW"
	two_scans 3000
	cp asp.db tiny
	local old kib step=512 state failed=0
	old=$(stat -c %s asp.db)
	[[ ${TREETALLY_ALL:-} == 1 ]] || step=1024
	cd tiny
	cp ../asp.db asp.db
	for ((kib = old / 1024 + 8; kib < 8192; kib += step)); do
		mount -o remount,size=${kib}k .
		run --separate-stderr scan-import --db asp.db --no-names -S 32M "../$NEW.gz"
		echo "$kib KiB: $status: $stderr"
		(cmp -s asp.db ../../old.db) || ((status == 0))
		[ "$(echo *)" = asp.db ]
		if ((status)); then
			((status == 4))
			[[ $stderr == *full* || $stderr == *'No space'* || $stderr == *'cannot be'* ]]
			failed=$((failed + 1))
		else
			cmp <(dump asp.db) ../../new.dump
			break
		fi
	done
	((failed > 0 && status == 0))
	# no room for a name
	cp --remove-destination ../../old.db asp.db
	mount -o remount,nr_inodes=2 .
	run -4 --separate-stderr scan-import --db asp.db --no-names "../$NEW.gz"
	[[ $stderr == "scan-import: "* && $(echo *) == asp.db ]]
	cmp asp.db ../../old.db
}

# ---- names that are taken, others at work ---------------------------------------------------------

@test "faults: a stale journal or log is not played into a new database" {
	local kind commit
	for kind in journal wal; do
		commit='SELECT 1'
		[[ $kind == journal ]] || commit=COMMIT
		rm -f ./*
		cp "$fixtures/half.db" other.db
		if [[ $kind == wal ]]; then ask other.db 'PRAGMA journal_mode = WAL'; fi
		run ask other.db 'PRAGMA cache_size = 1' 'BEGIN' 'CREATE TABLE spoilt(x)' \
			'INSERT INTO spoilt SELECT zeroblob(900000)' \
			"$commit" '.system kill -9 $PPID'
		[ -s "other.db-$kind" ]
		cp "other.db-$kind" "one.db-$kind"
		cp "other.db-$kind" "two.db-$kind"
		: >two.db
		dir-load one.db "$fixtures/dir"
		ls -l
		[ "$(echo one*)" = one.db ]
		stats-load --no-names one.db "$fixtures/usage"
		scan-import -q --no-names --db two.db --source "$NEW" <"$fixtures/small.log"
		for db in one two; do
			[ "$(echo $db.*)" = "$db.db" ]
			[ "$(ask $db.db 'PRAGMA integrity_check')" = ok ]
			[ "$(ask $db.db "SELECT count(*) FROM sqlite_schema WHERE name = 'spoilt'")" = 0 ]
		done
	done
}

@test "faults: queries while the database is replaced get the old answer or the new one" {
	two_scans 1000
	local old new i asked=0 answer
	old=$(stats-query asp.db 2>&1)
	new=$(stats-query ../new.db 2>&1 | sed 's|\.\./new\.db|asp.db|g')
	touch ../busy
	(
		for i in $(quick_or_all "1 2" "1 2 3 4 5 6 7 8"); do
			"${import[@]}" -q --replace "$NEW.gz"
			"${import[@]}" -q --replace "$OLD"
		done
		rm ../busy
	) 3>&- &
	while [[ -e ../busy ]]; do
		run -0 stats-query asp.db
		[[ $output == "$old" || $output == "$new" ]]
		asked=$((asked + 1))
		kill -0 $! 2>/dev/null || break
	done
	wait $!
	((asked > 5))
	[ "$(echo asp*)" = asp.db ]
}

@test "faults: two imports at the same moment: one works, the other says so" {
	two_scans 2000
	local round first second one two
	for round in $(quick_or_all "1 2" "1 2 3 4 5 6"); do
		one=0 two=0
		"${import[@]}" -q "$NEW.gz" 2>../one 3>&- &
		first=$!
		"${import[@]}" -q "$NEW.gz" 2>../two 3>&- &
		second=$!
		wait $first || one=$?
		wait $second || two=$?
		echo "$one $two $(cat ../one ../two)"
		((one + two == 4 || one + two == 0))
		((one + two == 0)) ||
			[ "$(cat ../one ../two)" = "scan-import: asp.db: another import into it is running" ]
		cmp <(dump asp.db) ../new.dump
		[ "$(echo asp*)" = asp.db ]
		cp --remove-destination ../old.db asp.db
	done
}

@test "faults: data are on the disk before the name is, and the name before we say so" {
	command -v strace >/dev/null || skip "no strace"
	strace -f -o trace -e trace=fsync,fdatasync,rename,renameat,renameat2,write \
		dir-load --replace db.db "$fixtures/dir" || skip "strace is not allowed here"
	grep -oE '(fsync|fdatasync|rename)' trace >order
	[ "$(tr '\n' ' ' <order)" = 'fsync rename fsync ' ]
	strace -f -o trace -y -e trace=fsync,fdatasync stats-load --no-names db.db "$fixtures/usage"
	# the tables, then the row that makes it complete
	grep -c 'sync.*/db.db>' trace
	(($(grep -c 'sync.*/db.db>' trace) >= 2))
	cp "$fixtures/small.log" "$NEW"
	strace -f -o trace -y -e trace=fsync,rename,renameat,renameat2 \
		scan-import -q --no-names "$NEW"
	tail -n 20 trace
	# the last three: file, rename, directory
	[ "$(grep -oE '(fsync|rename)' trace | tail -n 3 | tr '\n' ' ')" = 'fsync rename fsync ' ]
}
