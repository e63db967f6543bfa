#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Death at any moment: of scan-import, of a stage, of a helper, of a loader at each of its writes.
#
# TREETALLY_RUNS is the number of imports that are struck in the long loop [240]; each loop prints
# the seed of its random choices, and TREETALLY_SEED repeats them.

load lib/helper
load lib/faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	work_setup
}

# strike SESSION STAGE...: one signal to somebody of it, maybe to one of these stages; sets signal
# and whom. Ctrl-C goes to the group.
strike() {
	local session=$1 signals=(KILL TERM INT PIPE) pids pid=$1 stages=("${@:2}")
	signal=${signals[RANDOM % 4]} whom=script
	case $signal$((RANDOM % 5)) in
	INT? | *0)
		whom=group pid=-$session
		;;
	*1) ;;
	*2)
		# whoever, also the programs that gpfs-parse uses
		mapfile -t pids < <(pgrep -s "$session")
		((${#pids[@]})) || return 0
		pid=${pids[RANDOM % ${#pids[@]}]}
		[[ $pid == "$session" ]] || whom=$(ps -o comm= -p "$pid") || true
		;;
	*)
		whom=${stages[RANDOM % ${#stages[@]}]}
		pid=$(pgrep -o -s "$session" -x "$whom") || return 0
		;;
	esac
	kill -s "$signal" -- "$pid" || true
} 2>/dev/null

# What one import that was struck must have left.
after_strike() {
	all_gone "$session" || return
	old_or_new || return
	((status)) || [[ $state == new ]] || { echo "success, but the old one"; return 1; }
	# a stage that dies of SIGPIPE looks as if its reader had failed, so the reader gets the blame
	((status != 1 && status != 2 && status != 3)) || [[ $status:$signal == 3:PIPE ]] ||
		{ echo "a wrong status"; return 1; }
	[[ ! -e asp.db-journal && ! -e asp.db-wal ]] || { echo "a journal"; return 1; }
	# whoever is killed with -9 while it cleans up cannot; nor can one that is struck before it
	# holds the lock clean up after such a one
	[[ $signal:$whom == KILL:@(script|group|scan-import|bash|env|setsid) ]] ||
		[[ $left && $status != 0 && $(echo asp.db.import/*) == "$left" ]] || alone || return
	# a signal that ends the script before it has traps is all there is to say
	((status == 0)) || [[ -s ../said || $whom == @(script|group|scan-import|bash|env|setsid) ]] ||
		{ echo "not a word"; return 1; }
}

# begin: an import that has read none of its log, which is the pipe $feed; sets session.
begin() {
	# a background job ignores Ctrl-C unless told otherwise
	env --default-signal=INT,PIPE setsid "${import[@]}" --source "$NEW" <../log 2>../said 3>&- &
	session=$!
	exec {feed}>../log
}

# strike_reader: somebody, while the log is read: a random share of it is there, and no more comes.
strike_reader() {
	local i
	head -c $(((RANDOM * 32768 + RANDOM) % $(stat -c %s "$NEW.gz"))) "$NEW.gz" >&"$feed"
	for ((i = 0; i < 400; i++)); do
		[[ $(pgrep -c -s "$session" -x "${readers// /|}") != 5 ]] || break
		sleep 0.02
	done
	sleep "0.0$((RANDOM % 30 + 10))"
	# shellcheck disable=SC2086 # names
	strike "$session" $readers
}

# strike_writer: somebody, when the log has been read, at a random moment of $took us that follow.
strike_writer() {
	cat "$NEW.gz" >&"$feed"
	exec {feed}>&-
	sleep "0.$(printf %06d $(((RANDOM * 32768 + RANDOM) % took % 1000000)))"
	strike "$session" dir-load stats-accum stats-load
}

# kill_loop RUNS SEED: in every other run the log does not end before the strike, which must hit.
kill_loop() {
	local i session status signal whom took state left feed hit=0
	local readers='gpfs-parse dir-extract depth-sort dir-load stats-accum'
	RANDOM=$2
	echo "TREETALLY_SEED=$2"
	mkdir -p "loop$2/run"
	cd "loop$2/run" || return
	two_scans 12000
	mkfifo ../log
	begin
	cat "$NEW.gz" >&"$feed"
	took=${EPOCHREALTIME/./}
	exec {feed}>&-
	wait "$session"
	took=$((${EPOCHREALTIME/./} - took))
	old_again
	for ((i = 1; i <= $1; i++)); do
		left=''
		[[ ! -e asp.db.import ]] || left=$(echo asp.db.import/*)
		begin
		status=0
		if ((i % 2)); then
			strike_reader
			# the end of the log is no reason to end, but for scan-import, which ignores SIGPIPE
			[[ $signal:$whom != PIPE:script ]] || exec {feed}>&-
		else
			strike_writer
		fi
		wait "$session" || status=$?
		((i % 2 == 0 || status)) || { echo "run $i: $signal to $whom: no failure"; return 1; }
		[[ ! -e /dev/fd/$feed ]] || exec {feed}>&-
		after_strike || {
			echo "run $i: $signal to $whom: status $status: $(<../said)"
			return 1
		}
		[[ $state == old ]] || old_again
		((status == 0)) || hit=$((hit + 1))
	done
	echo "$hit of $1 imports failed"
	((hit > $1 / 3)) || return
	"${import[@]}" -q "$NEW.gz" && old_or_new && [[ $state == new ]] && alone
}

@test "kill: scan-import and its stages struck at random: old or new, and nothing is left" {
	kill_loop 5 "${TREETALLY_SEED:-$RANDOM}"
}

@test "kill: the same, 240 times" {
	slow
	local half=$(((${TREETALLY_RUNS:-240} + 1) / 2)) seed=${TREETALLY_SEED:-$RANDOM} one=0 two=0
	(kill_loop $half "$seed") >one.txt 2>&1 3>&- &
	(kill_loop $half $((seed + 1))) >two.txt 2>&1 || two=$?
	wait $! || one=$?
	cat one.txt two.txt
	((one == 0 && two == 0))
}

@test "kill: stages notice the death of scan-import" {
	two_scans 500
	mkfifo ../log
	env --default-signal setsid "${import[@]}" --source "$NEW" <../log 2>../said 3>&- &
	local session=$! i
	exec {feed}>../log
	gzip -dc "$NEW.gz" | head -c 20000 >&"$feed"
	for ((i = 0; i < 200; i++)); do
		[[ $(pgrep -c -s $session -x 'gpfs-parse|stats-accum|dir-load') != 3 ]] || break
		sleep 0.05
	done
	kill -KILL $session
	wait $session || true
	# the end of their log is no reason: we hold it open
	all_gone $session
	exec {feed}>&-
	cmp asp.db ../old.db
}

@test "kill: what a killed scan-import left goes with the next one, never that of a live one" {
	two_scans 2000
	mkdir -p asp.db.import/run.dead/deeper
	head -c 5000 asp.db >asp.db.import/run.dead/new.db
	# no query takes it for a database
	run stats-query asp.db.import
	((status == 3 || status == 4))
	# half a log, and no end of it before we say so
	mkfifo ../log
	"${import[@]}" -q --source "$OLD" <../log 2>../said 3>&- &
	exec {feed}>../log
	head -c 20000 "$OLD" >&"$feed"
	local i live=(asp.db.import/run.*)
	for ((i = 0; i < 200; i++)); do
		live=(asp.db.import/run.*)
		[[ ${live[0]} == *.dead || ${live[0]} == *'*' ]] || break
		sleep 0.05
	done
	[ ! -e asp.db.import/run.dead ]
	run -4 --separate-stderr "${import[@]}" "$NEW.gz"
	[[ $stderr == "scan-import: asp.db: another import into it is running"* ]]
	[ -d "${live[0]}" ]
	cmp asp.db ../old.db
	tail -c +20001 "$OLD" >&"$feed"
	exec {feed}>&-
	wait $!
	alone
}

# ---- helpers -------------------------------------------------------------------------------------

# What the programs call.
readonly HELPERS=(gzip cat)

# In bin/, in their place: programs that die of SIGKILL at a use that the file `dies` tells, since
# they get an environment of their own.
wrap_helpers() {
	local program
	mkdir ../bin
	for program in "${HELPERS[@]}"; do
		cat >"../bin/$program" <<-END
			#!/bin/bash
			read -r dies nth <"$PWD/../dies"
			[[ \$dies == $program ]] || exec $(type -P "$program") "\$@"
			echo x >>"$PWD/../uses"
			mapfile -t uses <"$PWD/../uses"
			((\${#uses[@]} != nth)) || kill -KILL \$\$
			exec $(type -P "$program") "\$@"
		END
		chmod +x "../bin/$program"
	done
}

# helper_dies PROGRAM NTH: sets reached when it was used so often.
helper_dies() {
	local state uses
	: >../uses
	echo "$1 $2" >../dies
	PATH=$PWD/../bin:$PATH run --separate-stderr "${import[@]}" --source "$NEW" < <(cat "$NEW.gz")
	mapfile -t uses <../uses
	reached=$((${#uses[@]} >= $2))
	echo "$1 at use $2 of ${#uses[@]}: status $status: $stderr"
	old_or_new
	case $status in
	0) [[ $state == new ]] ;;
	4 | 137) [[ ${stderr_lines[-1]} == scan-import:* ]] ;;
	*) return 1 ;;
	esac
	# what it says of the database is true
	[[ $stderr != *"is as it was"* || $state == old ]]
	[[ $stderr != *"is in place"* || $state == new ]]
	alone
	old_again
}

@test "kill: a helper of the programs dies: no success without the new database, no usage error" {
	two_scans 300
	wrap_helpers
	local program nth reached used=0
	for program in "${HELPERS[@]}"; do
		for ((nth = 1; nth < 20; nth++)); do
			helper_dies "$program" $nth
			((reached)) || break
			used=$((used + 1))
		done
	done
	((used >= 2))
}

@test "kill: with --keep, an end at any change of a file loses neither the old database nor the new one" {
	! sanitized || skip "sanitizers want to be the first library"
	two_scans 300
	local n how state
	for how in kill EIO; do
		for ((n = 1; ; n++)); do
			old_again
			rm -f ../mark asp.db.*
			FAULT_CALL=change FAULT_NTH=$n FAULT_HOW=$how FAULT_PROGRAM=scan-import FAULT_MARK=../mark \
				LD_PRELOAD=fault-shim.so run "${import[@]}" -q --keep "$NEW.gz"
			[[ -e ../mark ]] || break
			echo "$how at change $n: status $status: $output"
			old_or_new
			[[ $state == old || -e asp.db.20260108 ]]
			[[ ! -e asp.db.20260108 ]] || cmp asp.db.20260108 ../old.db
			# a failure that it survives is one that it tells, and cleans up after
			[[ $how == kill || $status == 0 || $status == 4 ]]
			[[ $how == kill || -z $(find . -name 'asp*' ! -name asp.db ! -name asp.db.20260108) ]]
			old_again
			rm -f asp.db.20260108
			"${import[@]}" -q "$NEW.gz"
			alone
		done
		((n > 3))
	done
}

# ---- the loaders, by hand ------------------------------------------------------------------------

# load_killed NTH COMMAND...: its NTH change of a file is its last; false when there are less.
load_killed() {
	rm -f ../mark
	FAULT_CALL=change FAULT_NTH=$1 FAULT_HOW=kill FAULT_PROGRAM=$2 FAULT_MARK=../mark \
		LD_PRELOAD=fault-shim.so "${@:2}" 2>/dev/null || true
	[[ -e ../mark ]]
}

@test "kill: stats-load killed at a write leaves directories only, or all; the next one finishes" {
	! sanitized || skip "sanitizers want to be the first library"
	local n step=1 asked good left
	local load=(stats-load -q --no-names -T . db "$fixtures/usage")
	good=$(dump "$fixtures/whole.db")
	for ((n = 1; ; n += step)); do
		rm -f db*
		cp "$fixtures/half.db" db
		load_killed $n "${load[@]}" || break
		# a reader that asks before anybody has cleaned up
		run dir-query db
		asked=$status
		run --separate-stderr "${load[@]}"
		echo "write $n: dir-query $asked, stats-load $status: $stderr"
		if ((asked == 0)); then
			((status == 2))
			[ "$stderr" = "stats-load: db: is complete already; dir-load --replace starts a new one" ]
		else
			((asked == 3 && status == 0))
		fi
		[ "$(dump db)" = "$good" ]
		# between linkat and rename the new one has a second name
		left=(db?*)
		((${#left[@]} == 1))
		[[ ! -e ${left[0]} || ${left[0]} =~ ^db\.[0-9a-f]{16}$ ]]
		step=$(quick_or_all $((1 + n / 2)) 1)
	done
	((n > 30))
}

@test "kill: dir-load killed at a write leaves the old database, or the new one" {
	! sanitized || skip "sanitizers want to be the first library"
	local n left
	cp "$fixtures/whole.db" old
	for ((n = 1; ; n++)); do
		rm -f db*
		cp old db
		load_killed $n dir-load --replace db "$fixtures/dir" || break
		cmp db old || [ "$(dump db)" = "$(dump "$fixtures/half.db")" ]
		# between linkat and rename the new one has a second name
		left=(db?*)
		((${#left[@]} == 1))
		ls -l
		[[ ! -e ${left[0]} || ${left[0]} =~ ^db\.[0-9a-f]{16}$ ]]
		stats-load -q --no-names -T . db "$fixtures/usage" || [ $? = 2 ]
		[ "$(dump db)" = "$(dump "$fixtures/whole.db")" ]
	done
	((n > 5))
}
