#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Faults in a whole import: a call of a stage or of a helper fails; another import, or a query, is
# under way.

load lib/helper
load lib/faults

setup_file() {
	make_faults
}

setup() {
	work_setup
}

# import_fault PROGRAM CALL NTH HOW: import the new scan with that fault. False when the call was
# not reached. The database is the old one, or the new one with status 0, or with 4 when only its
# safety is in doubt.
import_fault() {
	! sanitized || skip "sanitizers want to be the first library, and allocate themselves"
	local last
	rm -f ../mark
	run --separate-stderr env FAULT_PROGRAM="$1" FAULT_CALL="$2" FAULT_NTH="$3" FAULT_HOW="$4" \
		FAULT_MARK="$PWD/../mark" LD_PRELOAD=fault-shim.so "${import[@]}" "$NEW.gz"
	echo "$*: status $status: $stderr"
	old_or_new || return
	alone || return
	last=${stderr_lines[-1]:-}
	case $status:$state in
	0:new) ;;
	4:old) [[ $last == "scan-import: "* ]] || return ;;
	4:new) [[ $last == "scan-import: asp.db: is new, but may not be on disk"* ]] || return ;;
	*) return 1 ;;
	esac
	[[ $state == old ]] || old_again
	[[ -e ../mark ]]
}

# fault_of CALL: how it fails.
fault_of() {
	case $1 in
	malloc) echo ENOMEM ;;
	lock) echo ENOLCK ;;
	*) echo EIO ;;
	esac
}

@test "import: a stage cannot read, write or allocate" {
	two_scans 500
	local each faults=('gpfs-parse write 1+ ENOSPC' 'stats-load pwrite 9+ ENOSPC'
		'dir-load pwrite 3+ ENOSPC' 'stats-accum read 2 EIO' 'stats-load malloc 500+ ENOMEM'
		'dir-extract write 1 EIO' 'dir-load fsync 1 EIO' 'dir-load rename 1 EIO'
		'depth-sort read 1 EIO' 'gpfs-parse pipe 1 EIO')
	for each in "${faults[@]::$(quick_or_all 4 99)}"; do
		# shellcheck disable=SC2086 # words
		import_fault $each
		((status == 4))
		[ "${stderr_lines[-1]}" = \
			"scan-import: ${each%% *} failed with status 4; asp.db is as it was" ]
	done
}

@test "import: the last steps fail" {
	two_scans 500
	import_fault scan-import rename 1+ EIO
	[ "${stderr_lines[-1]}" = "scan-import: asp.db: could not be replaced: Input/output error" ]
	import_fault scan-import fsync 1 EIO
	[ "${stderr_lines[-1]}" = "scan-import: asp.db: the new database may not be on disk: Input/output error" ]
	import_fault scan-import fsync 2 EIO
	[ "${stderr_lines[-1]}" = "scan-import: asp.db: is new, but may not be on disk: Input/output error" ]
}

@test "import: scan-import itself cannot open, read, lock, allocate or start" {
	two_scans 300
	local n=0 call reached=0
	for call in open pread read malloc pipe lock; do
		for ((n = 1; n < 100; n += $(quick_or_all 5 1))); do
			import_fault scan-import $call $n "$(fault_of $call)" || { [[ ! -e ../mark ]] && break; }
			reached=$((reached + 1))
		done
	done
	((reached > 5))
}

@test "import: every stage, call after call" {
	slow
	two_scans 300
	local stage call n how reached=0
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		for call in read write pwrite fsync open malloc; do
			how=EIO
			[[ $call != malloc ]] || how=ENOMEM
			for ((n = 1; n < 1000; n += 1 + n / 2)); do
				import_fault "$stage" $call $n $how || { [[ ! -e ../mark ]] && break; }
				reached=$((reached + 1))
			done
		done
	done
	echo "$reached calls failed"
	((reached > 60))
}

# ---- two at once ---------------------------------------------------------------------------------

# until_gone FILE COMMAND...: repeat it until the file is gone; adds to `asked`.
until_gone() {
	while [[ -e $1 ]]; do
		"${@:2}" || return
		asked=$((asked + 1))
	done
}

# ask_both: one answer of each program, which is the old one's or the new one's.
ask_both() {
	local answer
	answer=$(stats-query --by owner asp.db 2>&1) || { echo "status $?: $answer"; return 1; }
	[[ $answer == "${stats[0]}" || $answer == "${stats[1]}" ]] || { echo "$answer"; return 1; }
	answer=$(dir-query asp.db 2>&1) || { echo "status $?: $answer"; return 1; }
	[[ $answer == "${dirs[0]}" || $answer == "${dirs[1]}" ]] || { echo "$answer"; return 1; }
	answer=$(dir-export --ncdu asp.db 2>&1 | grep -c .) || { echo "status $?"; return 1; }
	scan-audit -q asp.db || { echo "scan-audit: status $?"; return 1; }
}

@test "two at once: queries while the database is replaced get the old answer or the new one" {
	two_scans 1000
	local asked=0 stats dirs
	mkdir new
	cp ../new.db new/asp.db
	stats=("$(stats-query --by owner asp.db 2>&1)" "$(cd new && stats-query --by owner asp.db 2>&1)")
	dirs=("$(dir-query asp.db 2>&1)" "$(cd new && dir-query asp.db 2>&1)")
	rm -r new
	[[ ${stats[0]} != "${stats[1]}" && ${dirs[0]} != "${dirs[1]}" ]]
	touch ../busy
	(
		trap 'rm -f ../busy' EXIT
		for _ in $(quick_or_all "1 2" "1 2 3 4 5 6 7 8"); do
			"${import[@]}" -q --replace "$NEW.gz"
			"${import[@]}" -q --replace "$OLD"
		done
	) 3>&- &
	until_gone ../busy ask_both
	wait $!
	((asked > 2))
	alone
}

@test "two at once: a query that began before goes on with the old database" {
	two_scans 30000
	local answer
	dir-query -n 0 --format json asp.db >../answer
	mkfifo ../pipe
	# it opens the database, then waits for its reader
	dir-query -n 0 --format json asp.db >../pipe 3>&- &
	exec {reader}<../pipe
	IFS= read -r -n 1 -u "$reader" answer
	"${import[@]}" -q "$NEW.gz"
	cmp <(printf %s "$answer"; cat <&"$reader") ../answer
	exec {reader}<&-
	wait $!
	old_or_new
	[ "$state" = new ]
}

@test "two at once: one import works, the other says who does" {
	two_scans 2000
	local first second one two
	for _ in $(quick_or_all "1 2" "1 2 3 4 5 6"); do
		one=0 two=0
		"${import[@]}" -q "$NEW.gz" 2>../one 3>&- &
		first=$!
		"${import[@]}" -q "$NEW.gz" 2>../two 3>&- &
		second=$!
		wait $first || one=$?
		wait $second || two=$?
		echo "$one $two: $(cat ../one ../two)"
		# one after the other is no fault either
		((one + two == 4 || one + two == 0))
		((one + two == 0)) ||
			[[ $(cat ../one ../two) == "scan-import: asp.db: another import into it is running"* ]]
		cmp <(dump asp.db) ../new.dump
		alone
		old_again
	done
}

@test "two at once: loaders by hand into one database" {
	make_fixtures "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR/work"
	local fixtures=$BATS_TEST_TMPDIR pids pid ended bad=0 ok=0
	for _ in $(quick_or_all "1 2" "1 2 3 4 5 6 7 8"); do
		cp "$fixtures/half.db" db
		pids=() ok=0
		for _ in 1 2 3; do
			stats-load -q --no-names db "$fixtures/usage" 2>>../said 3>&- &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do
			ended=0
			wait "$pid" || ended=$?
			case $ended in
			0) ok=$((ok + 1)) ;;
			2 | 4) ;;
			*) bad=$ended ;;
			esac
		done
		cat ../said
		((ok == 1 && !bad))
		[ "$(dump db)" = "$(dump "$fixtures/whole.db")" ]
		[ "$(echo db*)" = db ]
	done
}

@test "import: a file system without locks: said at once, and databases can be read there" {
	! sanitized || skip "sanitizers want to be the first library"
	two_scans 300
	local how
	export FAULT_CALL=lock FAULT_NTH=1+
	for how in ENOLCK ENOSYS; do
		export FAULT_HOW=$how
		LD_PRELOAD=fault-shim.so run -4 --separate-stderr timeout 20 "${import[@]}" "$NEW.gz"
		[[ $stderr == "scan-import: asp.db.import: cannot be locked: a database must be made on a file system that has locks: "* ]]
		cmp asp.db ../old.db
		alone
		LD_PRELOAD=fault-shim.so run -0 --separate-stderr dir-query --format tsv asp.db
		[ -z "$stderr" ]
		[ "$output" = "$(dir-query --format tsv asp.db)" ]
		LD_PRELOAD=fault-shim.so run -0 scan-audit asp.db
		gpfs-parse -q "$OLD" | dir-extract | depth-sort | dir-load half.db
		gpfs-parse -q "$OLD" | stats-accum >half.usage
		LD_PRELOAD=fault-shim.so run -4 --separate-stderr timeout 60 stats-load half.db half.usage
		[[ $stderr == "stats-load: half.db: "* ]]
		rm half.*
	done
}
