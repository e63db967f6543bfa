#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scan-import: one command from log to database, and what is left when anything goes wrong: nothing.

# shellcheck disable=SC2094

load lib/helper

LOG=20260115_fs1_asp.list.log

setup() {
	common_setup
	# bats puts files of its own into the directory of the test
	mkdir work
	cd work || return
	small_log >"$LOG"
}

# Wait for a file, not for ever.
await() {
	local i
	for ((i = 0; i < 1200; i++)); do
		[ ! -e "$1" ] || return 0
		sleep 0.05
	done
	echo "$1 did not come"
	return 1
}

# All programs in ./programs, where single ones can be replaced.
own_programs() {
	mkdir -p programs
	ln -sf "$TREETALLY_BUILD"/{gpfs-parse,dir-extract,depth-sort,dir-load,stats-accum,stats-load} \
		programs/
	export REAL=$TREETALLY_BUILD TREETALLY_BUILD=$PWD/programs
}

# saboteur PROGRAM <script: bash, with the program's arguments; $REAL has the real ones.
saboteur() {
	rm -f "programs/$1"
	{
		echo '#!/usr/bin/env bash'
		cat
	} >"programs/$1"
	chmod +x "programs/$1"
}

# Neither a process of ours nor anything unfinished is left: clean [FILE...] names what may be there.
clean() {
	local left
	left=$(find . -maxdepth 1 ! -name . ! -name "$LOG" ! -name programs ! -name '*.txt' \
		-printf '%P\n' | sort | tr '\n' ' ')
	[[ $left == "${*:+$* }" ]] || { echo "left: $left"; return 1; }
	if pgrep -af "$PWD/(programs|[^ ]*[.]import)/"; then return 1; fi
}

@test "scan-import: help, version and usage errors" {
	run -0 --separate-stderr scan-import --help
	[[ $output == "usage: scan-import "* && -z $stderr ]]
	run -0 --separate-stderr scan-import --version
	[[ $output == "scan-import (treetally) "[0-9]*.[0-9]*.[0-9]* && -z $stderr ]]
	local options
	for options in --bogus "-q -v" "-S 31M" "-S 1.5G" "-S lots" "-S" "--db ''"; do
		eval "run -2 --separate-stderr scan-import $options $LOG"
		[[ -z $output && $stderr == *"try 'scan-import --help'" ]]
	done
	run -2 scan-import -j 0 "$LOG"
	run -4 scan-import -T nowhere "$LOG"
	clean
}

@test "scan-import: a log becomes FILESYSTEM.db, with a summary" {
	run -0 --separate-stderr scan-import "$LOG"
	[[ -z $output ]]
	[[ $stderr == "scan-import: asp.db: done"* ]]
	local line
	for line in 'lines        30' 'rejected     0' 'skipped      3' 'directories  11, 3 implied' \
		'files        18, 19 with each link' 'hard links   1 file with 2 paths'; do
		[[ $stderr == *"$line"* ]] || { echo "no: $line"; echo "$stderr"; return 1; }
	done
	clean asp.db
	[ "$(ask asp.db 'SELECT filesystem, total_files, assumptions FROM scan_metadata')" = 'asp|19|' ]
	[ "$(ask asp.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
	[ "$(stat -c %a asp.db)" = 640 ]
}

@test "scan-import: -q says nothing; -v one line for each phase with its seconds" {
	run -0 scan-import -q "$LOG"
	[[ -z $output ]]
	run -0 --separate-stderr scan-import -v "$LOG"
	[[ $stderr =~ "scan-import: gpfs-parse: reading: 4."[0-9]+" KiB, "[0-9]+\.[0-9]" s" ]]
	[[ $stderr =~ "scan-import: dir-load: loading: "([0-9]+" directories, ")?[0-9]+\.[0-9]" s" ]]
	[[ $stderr =~ "scan-import: stats-load: index: " ]]
	grep -oE '^scan-import: [a-z-]+: [0-9.]+ s busy, [0-9.]+ s waiting$' <<<"$stderr" | cut -d : -f 2 |
		diff - <(printf ' %s\n' gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load)
	# what a decompressor spends is told beside what gpfs-parse spends
	mkdir slow
	printf '#!/bin/bash\nfor ((i = 0; i < 100000; i++)); do :; done\nexec %s "$@"\n' "$(type -P gzip)" >slow/gzip
	chmod +x slow/gzip
	gzip -k "$LOG"
	PATH=$PWD/slow:$PATH run -0 --separate-stderr scan-import -v "$LOG.gz"
	[[ $stderr =~ "scan-import: decompressor: "([1-9]|0\.[1-9]) ]]
	[[ $stderr != *$'\r'* ]]
}

@test "scan-import: on a terminal there is one progress line, and messages stand clear of it" {
	own_programs
	saboteur gpfs-parse <<-'END'
		for arg; do [[ $arg != --progress=* ]] || report=${arg#*=}; done
		for i in 1 2 3; do
			printf 'gpfs-parse\treading\t%d000000\t3000000\tbytes\t%d0000\n' $i $i >"$report"
			sleep 0.6
		done
		echo "gpfs-parse: a warning" >&2
		exec "$REAL/gpfs-parse" "$@"
	END
	needs_terminal
	TERM=xterm run -0 script -qec "stty cols 70; scan-import $LOG" /dev/null </dev/null
	[[ $output == *"gpfs-parse: reading 97"*" KiB of 2."*" MiB, 33 %, "*" lines/s"* ]]
	[[ $output == *$'\r\e[K'"gpfs-parse: a warning"* ]]
	[[ $output == *"scan-import: asp.db: done"* ]]
	clean asp.db
}

@test "scan-import: the progress line is never silent for long and never wider than the terminal" {
	own_programs
	saboteur gpfs-parse <<-'END'
		for arg; do [[ $arg != --progress=* ]] || report=${arg#*=}; done
		printf 'gpfs-parse\treading\t1099400000000\t1099511627776\tbytes\t9999999999999\n' >"$report"
		sleep 3
		exec "$REAL/gpfs-parse" "$@"
	END
	local columns
	for columns in 80 40; do
		TERM=xterm run -0 script -qec "stty cols $columns; scan-import --replace $LOG" /dev/null </dev/null
		tr '\r' '\n' <<<"$output" | grep -a 'gpfs-parse: reading' | sed 's/^[^K]*K//' >lines.txt
		# painted about twice a second, although nothing was heard
		(($(wc -l <lines.txt) >= 4))
		awk -v most=$((columns - 1)) 'length($0) > most { print; bad = 1 } END { exit bad }' lines.txt
	done
}

@test "scan-import: stdin, with the names given" {
	run -2 --separate-stderr scan-import <"$LOG"
	[[ $stderr == *"give --db or --filesystem"* ]]
	scan-import -q -f one --scan-date 2026-01-15 <"$LOG"
	scan-import -q --source "$LOG" - <"$LOG"
	scan-import -q --db "three.db" --scan-date 2026-01-15 <"$LOG"
	clean asp.db one.db three.db
	[ "$(ask three.db 'SELECT filesystem IS NULL FROM scan_metadata')" = 1 ]
	[ "$(ask asp.db 'SELECT filesystem, source_file FROM scan_metadata')" = "asp|$LOG" ]
}

@test "scan-import: without a scan date anywhere, stats-accum is to blame" {
	# a log that can be looked at needs no work to know it
	run -2 --separate-stderr scan-import -f x <"$LOG"
	[[ $stderr == "scan-import: the log's name does not tell the day of the scan: give --scan-date"$'\n'"try 'scan-import --help'" ]]
	cp "$LOG" nameless
	run -2 --separate-stderr scan-import -f x nameless
	[[ $stderr == "scan-import: the log's name does not tell the day of the scan: give --scan-date"$'\n'* ]]
	rm nameless
	run -2 --separate-stderr scan-import -f x < <(cat "$LOG")
	[[ $stderr == "stats-accum: "*"scan-date"*$'\n'"scan-import: stats-accum failed with status 2; nothing was written" ]]
	run -1 grep -E '^(gpfs-parse|dir-extract|depth-sort|dir-load|stats-load): ' <<<"$stderr"
	clean
}

@test "scan-import: what can be checked first is, and one message says the cause" {
	own_programs
	saboteur gpfs-parse <<<'touch started.txt; exit 4'
	local wrong said
	while IFS=: read -r wrong said; do
		eval "run --separate-stderr scan-import $wrong"
		echo "$wrong: $status: $stderr"
		[[ $stderr == "scan-import: $said"* && ! -e started.txt ]]
		((status == 4 && ${#stderr_lines[@]} == 1)) ||
			[[ $status == 2 && ${stderr_lines[1]} == "try 'scan-import --help'" && ${#stderr_lines[@]} == 2 ]]
	done <<-END
		missing:cannot open missing: No such file or directory
		. :cannot read .: it is a directory
		-j 0 $LOG:--threads: '0' is not a number from 1 to 64
		-w 65 $LOG:--workers: '65' is not a number from 1 to 64
		--max-rejects some $LOG:--max-rejects: 'some' is not a count
		--escape odd $LOG:--escape: 'odd' is not
		--age-by birth $LOG:--age-by: 'birth' is not
		--scan-date 2026-02-30 $LOG:--scan-date: '2026-02-30' is not a date
		--keep=0 $LOG:--keep: '0' is not
		--max-age soon $LOG:--max-age: 'soon' is not
		--passwd-file nowhere $LOG:cannot open nowhere: No such file or directory
		--group-file nowhere $LOG:cannot open nowhere: No such file or directory
		--source a $LOG $LOG:--source names one log
		--db nowhere/x.db $LOG:nowhere/x.db: the directory nowhere: No such file or directory
		-T nowhere $LOG:cannot use temporary directory nowhere: No such file or directory
	END
	clean
}

@test "scan-import: nothing that it reads is written, under any name" {
	local options what
	scan-import -q --db old.db "$LOG"
	echo 'x:x:1000:1:X:/:/' >names
	echo '/a=/b' >maps
	ln names hard
	ln -s names soft
	ln -s old.db soft.db
	cp old.db x.failed
	cp "$LOG" y.failed
	md5sum -- * >before
	while IFS=: read -r options what; do
		eval "what=\"$what\""
		eval "run -2 scan-import -q $options"
		[[ $output == *"$what"*'are the same file' ]] || { echo "$options: $output"; return 1; }
		md5sum --quiet -c before
	done <<-'END'
		--rejects $LOG $LOG:$LOG (an output)
		--rejects x.db --db x.db $LOG:x.db (an output)
		--db $LOG $LOG:$LOG (the database)
		--db new.db --passwd-file names --rejects names $LOG:names (an output)
		--db new.db --group-file names --rejects hard $LOG:hard (an output)
		--db new.db --map-file maps --rejects maps $LOG:maps (an output)
		--db soft.db --replace --rejects old.db $LOG:old.db (an output)
		--db soft --passwd-file names $LOG:soft (the database)
		--db old.db --replace --group-file soft.db $LOG:soft.db (an input)
		--db x.failed --replace --rejects x $LOG:x.failed (an output)
		--db new.db --rejects y -f fs --scan-date 2026-01-01 y.failed:y.failed (an output)
	END
	[[ $(ls) == "$(printf '%s\n' "$LOG" before hard maps names old.db soft soft.db x.failed y.failed | sort)" ]]
}

@test "scan-import: one message says why, the programs that came after it are heard with -vv" {
	{
		cat "$LOG"
		yes "no record" | head -n 500
	} >bad.txt
	local import=(scan-import --source "$LOG" bad.txt)
	run -3 --separate-stderr "${import[@]}"
	((${#stderr_lines[@]} == 2))
	[[ ${stderr_lines[0]} == "gpfs-parse: "*" lines are no"* ]]
	[[ ${stderr_lines[1]} == "scan-import: gpfs-parse failed with status 3; nothing was written" ]]
	run -3 --separate-stderr "${import[@]}" -vv
	[[ $stderr == *"dir-extract: "* && ${stderr_lines[-1]} == "scan-import: gpfs-parse failed with status 3;"* ]]
	clean
}

@test "scan-import: what a program says is not lost, nor kept for long" {
	own_programs
	saboteur depth-sort <<-'END'
		echo "depth-sort: a warning" >&2
		"$REAL/depth-sort" "$@" || exit
		printf 'depth-sort: unended' >&2
	END
	run -0 --separate-stderr scan-import -q "$LOG"
	[[ $stderr == "depth-sort: a warning"$'\n'"depth-sort: unended" ]]
	# one that goes on and on is heard before it ends, and does not fill memory
	saboteur depth-sort <<-'END'
		echo "depth-sort: early" >&2
		while [ ! -e go.txt ]; do sleep 0.1; done
		yes "depth-sort: and on" | head -n 200000 >&2
		exec "$REAL/depth-sort" "$@"
	END
	scan-import -q --replace "$LOG" 2>said.txt 3>&- &
	local i
	for ((i = 0; i < 400; i++)); do
		! grep -q early said.txt || break
		sleep 0.05
	done
	grep -q early said.txt
	touch go.txt
	wait $!
	(($(wc -l <said.txt) == 200001))
	clean asp.db
}

@test "scan-import: the log of scan-tree names file system and date itself" {
	mkdir tree
	echo x >'tree/100%'
	scan-tree tree | scan-import -q --db piped.db
	scan-tree tree >tree.log
	rm -r "$LOG"
	scan-import -q tree.log
	[ "$(ask tree.db "SELECT filesystem, date(scan_timestamp, 'unixepoch') FROM scan_metadata")" = \
		"tree|$(date -u +%F)" ]
	cmp <(ask piped.db 'SELECT path FROM tree') <(ask tree.db 'SELECT path FROM tree')
}

@test "scan-import: compressed logs; a damaged one leaves nothing" {
	local tool
	for tool in gzip:gz bzip2:bz2 xz:xz zstd:zst lz4:lz4; do
		"${tool%:*}" -qc <"$LOG" >"$LOG.${tool#*:}"
		scan-import -q "$LOG.${tool#*:}" --db "$tool.db"
		[ "$(ask "$tool.db" 'SELECT total_files, source_file FROM scan_metadata')" = "19|$LOG" ]
		rm "$LOG.${tool#*:}" "$tool.db"
	done
	mkdir keep
	big_log 20000 | xz >"keep/$LOG.xz"
	local size
	size=$(stat -c %s "keep/$LOG.xz")
	head -c $((size - 3)) "keep/$LOG.xz" >keep/cut.xz
	run -3 --separate-stderr scan-import -f x --scan-date 2026-01-15 keep/cut.xz
	[[ $stderr == *"scan-import: gpfs-parse failed with status 3; nothing was written" ]]
	printf '\0\0\0\0' | dd of="keep/$LOG.xz" bs=1 seek=$((size / 2)) conv=notrunc status=none
	run -3 --separate-stderr scan-import "keep/$LOG.xz"
	[[ $stderr == *"scan-import: gpfs-parse failed with status 3; nothing was written" ]]
	rm -r keep
	clean
}

@test "scan-import: shards are one scan; the same one twice, or two scans, are refused" {
	mkdir shards
	head -n 12 "$LOG" >shards/20260115_a_asp.list.1
	tail -n +13 "$LOG" >shards/20260115_b_asp.list.2
	scan-import -q --db whole.db "$LOG"
	scan-import -q --db parts.db shards/*
	local table
	for table in directories directory_stats usage_nr usage_r owner_summary; do
		cmp <(ask whole.db "SELECT * FROM $table") <(ask parts.db "SELECT * FROM $table")
	done
	[ "$(ask parts.db 'SELECT count(*) FROM scan_sources')" = 2 ]
	run -3 --separate-stderr scan-import --db twice.db shards/*.1 shards/*.1
	[[ $stderr == *"scan-import: gpfs-parse failed with status 3; nothing was written" ]]
	cp shards/*.1 shards/20260116_a_asp.list.1
	run -3 scan-import --db dates.db shards/20260115_b* shards/20260116*
	cp shards/*b_asp.list.2 shards/20260115_b_other.list.2
	run -3 scan-import --db systems.db shards/20260115_a* shards/*other*
	rm -r shards
	clean parts.db whole.db
}

@test "scan-import: a bad log is refused and the old database stays" {
	scan-import -q "$LOG"
	local before bad
	before=$(sha256sum asp.db)
	mkdir bad
	: >bad/empty
	head -c -5 "$LOG" >bad/cut
	echo "no record" >bad/nothing
	for bad in empty cut nothing; do
		run -3 --separate-stderr scan-import --source "$LOG" --db asp.db --scan-date 2026-01-15 \
			-f asp "bad/$bad"
		[[ ${stderr_lines[-1]} == "scan-import: gpfs-parse failed with status $status;"* ]]
		[[ $stderr == *"asp.db is as it was" ]]
	done
	rm -r bad
	[ "$(sha256sum asp.db)" = "$before" ]
	clean asp.db
}

# ---- what may be replaced -------------------------------------------------------------------------

@test "scan-import: replaces a scan of the same file system that is not newer, and asks for the rest" {
	scan-import -q "$LOG"
	scan-import -q "$LOG"
	cp "$LOG" 20260116_fs1_asp.list
	scan-import -q 20260116_fs1_asp.list
	rm 20260116_fs1_asp.list
	local before
	before=$(sha256sum asp.db)
	run -2 --separate-stderr scan-import "$LOG"
	[[ $stderr == "scan-import: asp.db: not replaced without --replace: it holds a newer scan, of 2026-01-16" ]]
	run -2 --separate-stderr scan-import -f other --scan-date 2026-02-01 --db asp.db "$LOG"
	[[ $stderr == *"it holds file system 'asp', this is 'other'" ]]
	# known only in the end: the name comes with the stream
	echo '# treetally scan-tree 1 escape=pct scan_date=2026-02-01 filesystem=late' |
		cat - "$LOG" >late.txt
	run -2 --separate-stderr scan-import --db asp.db <late.txt
	[[ $stderr == *"it holds file system 'asp', this is 'late'" ]]
	[ "$(sha256sum asp.db)" = "$before" ]
	clean asp.db
	scan-import -q --replace "$LOG"
	[ "$(ask asp.db "SELECT date(scan_timestamp, 'unixepoch') FROM scan_metadata")" = 2026-01-15 ]
	scan-import -q --replace --db asp.db <late.txt
	[ "$(ask asp.db "SELECT filesystem FROM scan_metadata")" = late ]
	clean asp.db
}

@test "scan-import: a refusal that can be known comes before the work" {
	scan-import -q -f other --scan-date 2026-01-15 --db asp.db "$LOG"
	own_programs
	saboteur gpfs-parse <<<'touch started; exit 4'
	run -2 scan-import "$LOG"
	[ ! -e started ]
}

@test "scan-import: what is not ours is never overwritten, an empty file is nothing" {
	ask foreign.db 'CREATE TABLE precious(x)'
	echo "some text" >text.db
	scan-import -q --db newer.db "$LOG"
	ask newer.db 'PRAGMA user_version = 99'
	local db before
	for db in foreign text newer; do
		before=$(sha256sum $db.db)
		run -3 --separate-stderr scan-import --replace --db $db.db "$LOG"
		[[ $stderr == "scan-import: $db.db: "*"not replaced" ]]
		[ "$(sha256sum $db.db)" = "$before" ]
	done
	clean foreign.db newer.db text.db
	: >empty.db
	scan-import -q --db empty.db "$LOG"
	[ "$(ask empty.db 'SELECT total_files FROM scan_metadata')" = 19 ]
}

@test "scan-import: a database of directories only needs --replace" {
	gpfs-parse "$LOG" | dir-extract | depth-sort | dir-load asp.db
	run -2 --separate-stderr scan-import "$LOG"
	[[ $stderr == *"it holds an unfinished import" ]]
	scan-import -q --replace "$LOG"
	clean asp.db
}

@test "scan-import: --keep keeps the old one, and what it kept before" {
	scan-import -q --keep "$LOG"
	clean asp.db
	local first
	first=$(sha256sum <asp.db)
	scan-import -q --keep "$LOG"
	clean asp.db asp.db.20260115
	[ "$(sha256sum <asp.db.20260115)" = "$first" ]
	scan-import -q --keep "$LOG"
	clean asp.db asp.db.20260115 asp.db.20260115.2
	[ "$(sha256sum <asp.db.20260115)" = "$first" ]
	# a question to all databases does not count a file system twice
	[ "$(echo ./*.db)" = ./asp.db ]
}

@test "scan-import: --keep=N keeps the latest N, and touches nothing else" {
	local day
	for day in 11 12 13 14; do
		cp "$LOG" "202601${day}_fs1_asp.list"
		scan-import -q --keep=2 "202601${day}_fs1_asp.list"
		rm "202601${day}_fs1_asp.list"
	done
	clean asp.db asp.db.20260112 asp.db.20260113
	touch asp.db.2026011 asp.db.20260101.old asp.db.20260101x asp.db.20260101. xasp.db.20260101 asp.db.20260101.txt
	mkdir asp.db.20260102
	scan-import -q --keep=2 "$LOG"
	clean asp.db asp.db.20260101. asp.db.20260101.old asp.db.20260101x asp.db.20260102 asp.db.2026011 \
		asp.db.20260113 asp.db.20260114 xasp.db.20260101
	run -2 scan-import --keep=x "$LOG"
	# nothing goes when the import fails
	echo "no record" >bad.txt
	run -3 scan-import --keep=1 --source "$LOG" bad.txt
	[[ -e asp.db.20260113 && -e asp.db.20260114 ]]
}

@test "scan-import: --if-newer leaves a database of this scan or a newer one alone" {
	scan-import -q --if-newer "$LOG"
	own_programs
	saboteur gpfs-parse <<<'touch started.txt; exit 4'
	local before
	before=$(sha256sum asp.db)
	run -0 --separate-stderr scan-import --if-newer "$LOG"
	[[ $stderr == "scan-import: asp.db: holds the scan of 2026-01-15; nothing to do" ]]
	run -0 --separate-stderr scan-import -q --if-newer --db asp.db -f asp --scan-date 2026-01-14 "$LOG"
	[[ -z $stderr && ! -e started.txt ]]
	run -2 --separate-stderr scan-import --if-newer --db asp.db -f other --scan-date 2026-01-14 "$LOG"
	[[ $stderr == *"it holds file system 'asp', this is 'other'" ]]
	run -2 scan-import --if-newer --replace "$LOG"
	ln -sf "$REAL/gpfs-parse" programs/
	# what only the log itself can tell
	echo '# treetally scan-tree 1 escape=pct scan_date=2026-01-15 filesystem=asp' |
		cat - "$LOG" >late.txt
	run -0 --separate-stderr scan-import --if-newer --db asp.db < <(cat late.txt)
	[[ $stderr == "scan-import: asp.db: holds the scan of 2026-01-15; nothing to do" ]]
	[ "$(sha256sum asp.db)" = "$before" ]
	run -0 --separate-stderr scan-import --if-newer --scan-date 2026-01-16 "$LOG"
	[[ $stderr == "scan-import: asp.db: done"* ]]
	clean asp.db
}

@test "scan-import: --max-age says that a log is old" {
	local today old
	today=$(date -u +%F)
	old=$(date -u -d '10 days ago' +%F)
	run -0 --separate-stderr scan-import -q --max-age 9 --scan-date "$old" "$LOG"
	[[ $stderr == "scan-import: asp.db: the log is of $old, 10 days ago" ]]
	run -0 --separate-stderr scan-import -q --max-age 10 --scan-date "$old" "$LOG"
	[[ -z $stderr ]]
	run -0 --separate-stderr scan-import -q --max-age 0 --scan-date "$today" "$LOG"
	[[ -z $stderr ]]
	# also when there is nothing to do, above all then
	run -0 --separate-stderr scan-import -q --if-newer --max-age 9 --scan-date "$old" "$LOG"
	[[ $stderr == "scan-import: asp.db: the log is of $old, 10 days ago" ]]
	# and when only the log itself tells
	run -0 --separate-stderr scan-import -q --db x.db --max-age 9 < <(
		echo "# treetally scan-tree 1 escape=pct scan_date=$old filesystem=asp"
		cat "$LOG")
	[[ $stderr == "scan-import: x.db: the log is of $old, 10 days ago" ]]
}

@test "scan-import: TREETALLY_DIR is where databases are, by the names that queries know" {
	mkdir store
	local -x TREETALLY_DIR=$PWD/store
	scan-import -q "$LOG"
	scan-import -q --db two "$LOG"
	scan-import -q --db ./three "$LOG"
	scan-import -q --db four.db "$LOG"
	[ "$(cd store && echo *)" = "asp.db two.db" ]
	[ -f three ] && [ -f four.db ]
	dir-query -q -n 1 asp >/dev/null
	dir-query -q -n 1 two >/dev/null
}

@test "scan-import: rejects of a failed import do not take the place of those of a good one" {
	{
		cat "$LOG"
		line 900 /gpfs/fs1/bad 1 1 -2 100
	} >good.txt
	{
		cat "$LOG"
		line 901 /gpfs/fs1/worse 1 1 -2 100
		yes "$(line 902 /gpfs/fs1/worst 1 1 -2 100)" | head -n 300
	} >bad.txt
	local import=(scan-import -q --source "$LOG" --rejects rejects.txt)
	"${import[@]}" good.txt
	chmod 604 rejects.txt
	local before
	before=$(<rejects.txt)
	run -3 "${import[@]}" bad.txt
	[ "$(<rejects.txt)" = "$before" ]
	(($(wc -l <rejects.txt.failed) >= 100))
	"${import[@]}" good.txt
	[[ $(<rejects.txt) == "$before" && $(stat -c %a rejects.txt) == 604 && ! -e rejects.txt.failed ]]
	# a link stays, and what is no file is written as it is
	ln -s rejects.txt link.txt
	scan-import -q --source "$LOG" --rejects link.txt good.txt
	[ -L link.txt ]
	scan-import -q --source "$LOG" --rejects >(cat >piped.txt) good.txt
	await piped.txt
	echo before >log.txt
	scan-import -q --source "$LOG" --rejects /dev/stderr good.txt 2>>log.txt
	[[ $(<log.txt) == before*"bad uid"* ]]
}

# ---- the file at its place -------------------------------------------------------------------------

@test "scan-import: mode, group and ACL of the old database stay, new ones obey the umask" {
	(umask 077 && scan-import -q "$LOG" --db private.db)
	[ "$(stat -c %a private.db)" = 600 ]
	(umask 000 && scan-import -q "$LOG" --db open.db)
	[ "$(stat -c %a open.db)" = 640 ]
	chmod 604 open.db
	scan-import -q "$LOG" --db open.db
	[ "$(stat -c %a open.db)" = 604 ]
	if ((EUID == 0)); then
		chown 12:34 open.db
		scan-import -q "$LOG" --db open.db
		[ "$(stat -c %u:%g:%a open.db)" = 12:34:604 ]
	fi
	needs setfacl
	setfacl -m u:1234:rw,g:99:r open.db 2>/dev/null || skip "$PWD takes no ACLs"
	local acl
	acl=$(getfacl -n open.db)
	scan-import -q "$LOG" --db open.db
	[ "$(getfacl -n open.db)" = "$acl" ]
}

@test "scan-import: a symbolic link is followed and stays" {
	mkdir real
	ln -s real/there.db link.db
	scan-import -q --db link.db "$LOG"
	[ -L link.db ] && [ -f real/there.db ]
	local inode
	inode=$(stat -c %i real/there.db)
	scan-import -q --db link.db "$LOG"
	[ -L link.db ] && [ "$(stat -c %i real/there.db)" != "$inode" ]
	[ "$(ls -A real)" = there.db ]
	clean link.db real
}

@test "scan-import: directories, devices and pipes are no databases" {
	mkdir dir.db
	mkfifo fifo.db
	local db
	for db in dir.db fifo.db /dev/null; do
		run -2 --separate-stderr scan-import --db $db "$LOG"
		[[ $stderr == "scan-import: $db: not a regular file"* ]]
	done
	run -4 --separate-stderr scan-import --db nowhere/x.db "$LOG"
	[[ $stderr == "scan-import: nowhere/x.db: the directory nowhere: No such file or directory" ]]
	clean dir.db fifo.db
}

@test "scan-import: names with blanks, dashes, line feeds and quotes" {
	local name
	for name in 'with blank.db' '-dash.db' $'line\nfeed.db\n' "it's \"quoted\" \$HOME.db" 'a*b.db'; do
		cp "$LOG" "20260115_-x y_asp.list.log"
		scan-import -q --db "$name" -- "20260115_-x y_asp.list.log"
		scan-import -q --keep --db="$name" -- "20260115_-x y_asp.list.log"
		[ "$(ask "$PWD/$name" 'SELECT total_files FROM scan_metadata')" = 19 ]
		[ -f "./$name.20260115" ]
		[ ! -e "$name.import" ]
	done
	# a file system may have such a name too
	scan-import -q -f '-f s' --scan-date 2026-01-15 "$LOG"
	[ -f ./'-f s.db' ]
	run -2 scan-import -f a/b --scan-date 2026-01-15 "$LOG"
}

@test "scan-import: a journal that a killed writer left is played back, and gone" {
	scan-import -q "$LOG"
	run ask asp.db "PRAGMA cache_size = 1" "BEGIN" "CREATE TABLE big AS
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
		SELECT i, randomblob(100) AS b FROM n" "UPDATE directories SET name = 'spoilt'" \
		".system kill -9 \$PPID"
	[ -s asp.db-journal ]
	own_programs
	saboteur gpfs-parse <<<'exit 4'
	run -4 scan-import "$LOG"
	clean asp.db
	[ "$(ask asp.db "SELECT count(*) FROM directories WHERE name = 'spoilt'")" = 0 ]
	# and one without its database is nobody's
	rm asp.db
	echo junk >asp.db-journal
	ln -sf "$REAL/gpfs-parse" programs/gpfs-parse
	scan-import -q "$LOG"
	clean asp.db
	[ "$(ask asp.db 'PRAGMA integrity_check')" = ok ]
}

@test "scan-import: a reader is not in the way and sees the old database to the end" {
	scan-import -q "$LOG"
	ask asp.db "BEGIN" "SELECT count(*) FROM directories" ".system touch reading; sleep 2" \
		"SELECT total_files FROM scan_metadata" >seen.txt 3>&- &
	await reading
	rm reading
	head -n 10 "$LOG" | scan-import -q --replace --db asp.db --source "$LOG"
	wait
	[ "$(tail -n 1 seen.txt)" = 19 ]
	[ "$(ask asp.db 'SELECT total_files FROM scan_metadata')" -lt 19 ]
	clean asp.db
}

@test "scan-import: a writer at work keeps its database" {
	slow
	scan-import -q "$LOG"
	ask asp.db "BEGIN IMMEDIATE" ".system touch writing; sleep 25" "ROLLBACK" 3>&- &
	await writing
	rm writing
	run -4 --separate-stderr scan-import "$LOG"
	[[ $stderr == *"asp.db: is being used by another process: process "* ]]
	kill %1 || true
	clean asp.db
}

# ---- locks, signals and failures -------------------------------------------------------------------

@test "scan-import: one import at a time; the lock and what was unfinished end with it" {
	own_programs
	saboteur gpfs-parse <<-'END'
		touch started.txt
		while [ ! -e go.txt ]; do sleep 0.1; done
		exec "$REAL/gpfs-parse" "$@"
	END
	scan-import -q "$LOG" 3>&- &
	local first=$!
	await started.txt
	[ "$(stat -c %a asp.db.import)" = 700 ]
	run -4 --separate-stderr scan-import "$LOG"
	[[ $stderr == "scan-import: asp.db: another import into it is running: process $first on "*", of $(id -un), since 20"[0-9][0-9]-*:[0-9][0-9] ]]
	# another target is another matter
	touch go.txt
	wait "$first"
	clean asp.db
}

@test "scan-import: killed with -9, nothing of it runs on, and the next one cleans up" {
	own_programs
	saboteur gpfs-parse <<-'END'
		touch started.txt
		[ -e go.txt ] && exec "$REAL/gpfs-parse" "$@"
		exec -a "$0" sleep 60
	END
	scan-import -q "$LOG" 3>&- &
	local first=$!
	await started.txt
	kill -KILL "$first"
	wait "$first" || true
	[ -d asp.db.import ]
	touch go.txt
	scan-import -q "$LOG"
	clean asp.db
}

@test "scan-import: ended by a signal, it dies of it and leaves nothing" {
	scan-import -q "$LOG"
	local before signal scan status
	before=$(sha256sum asp.db)
	own_programs
	saboteur stats-load <<-'END'
		touch started.txt
		exec -a "$0" sleep 60
	END
	for signal in TERM HUP; do
		rm -f started.txt
		scan-import "$LOG" 2>err.txt 3>&- &
		scan=$! status=0
		await started.txt
		kill -s $signal "$scan"
		wait "$scan" || status=$?
		[ "$status" = $((128 + $(kill -l $signal))) ]
		[[ $(<err.txt) == "scan-import: ended by signal $(kill -l $signal) ("*"); asp.db is as it was" ]]
		[ "$(sha256sum asp.db)" = "$before" ]
		clean asp.db
	done
}

@test "scan-import: Ctrl-C on a terminal ends everything" {
	needs_terminal
	own_programs
	saboteur gpfs-parse <<-'END'
		touch started.txt
		exec -a "$0" sleep 60
	END
	# script hands the byte to its terminal, which makes SIGINT of it
	{
		await started.txt
		printf '\003'
		sleep 1
	} | TERM=xterm script -qec "scan-import $LOG" /dev/null >out.txt 3>&- || echo $? >status.txt
	cat out.txt
	[ "$(<status.txt)" = 130 ]
	grep -q "scan-import: ended by signal 2 (Interrupt); nothing was written" out.txt
	clean
}

@test "scan-import: the stage that fails is named, its status is ours, nothing is left" {
	scan-import -q "$LOG"
	local before stage how want named
	before=$(sha256sum asp.db)
	own_programs
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		# at once, and after having read something
		for how in 'exit 4' 'exit 2' 'cat >/dev/null; exit 3' \
			'head -c 1 >/dev/null; exit 3' 'kill -KILL $$' \
			'[ $stage = gpfs-parse ] || head -c 20 >/dev/null; kill -SEGV $$'; do
			saboteur $stage <<<"stage=$stage; echo '$stage: sabotaged' >&2; $how"
			run --separate-stderr scan-import "$LOG"
			case $how in
			*KILL*) want=137 ;;
			*SEGV*) want=139 ;;
			*) want=${how##* } ;;
			esac
			echo "$stage, $how: $status: $stderr"
			[ "$status" -eq "$want" ]
			# A branch that goes away while the log is read can cut the other one off; of two
			# that say 3 the one upstream is named.
			named=$stage
			[[ $stage != stats-accum || $how != 'head -c 1'* || ${stderr_lines[-1]} != *dir-extract* ]] ||
				named=dir-extract
			[[ ${stderr_lines[-1]} == "scan-import: $named "@(failed with status $want|"was killed by signal "*)"; asp.db is as it was" ]]
			[ "$(sha256sum asp.db)" = "$before" ]
			clean asp.db
		done
		ln -sf "$REAL/$stage" programs/
	done
}

@test "scan-import: who lost input because the other branch broke off is not to blame" {
	own_programs
	saboteur gpfs-parse <<<'sleep 0.5; kill -PIPE $$'
	saboteur dir-extract <<<'cat >/dev/null; echo "truncated" >&2; exit 3'
	saboteur depth-sort <<<'echo "the cause" >&2; exit 3'
	saboteur stats-accum <<<'cat >/dev/null; exit 3'
	run scan-import "$LOG"
	echo "$output"
	[ "$status" -eq 3 ]
	[ "$output" = "the cause"$'\n'"scan-import: depth-sort failed with status 3; nothing was written" ]
}

@test "scan-import: a real stage killed while the log is read" {
	slow
	own_programs
	local stage log=20260115_a_big.list
	big_log 100000 >big.txt
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum; do
		# half the log, then an end that does not come before the kill
		{
			head -c 10000000 big.txt
			sleep 0.5
			pgrep -f "^$PWD/programs/$stage" >victim.txt
			kill -KILL "$(<victim.txt)"
			sleep 0.5
			tail -c +10000001 big.txt
		} 2>/dev/null | {
			status=0
			scan-import --source $log 2>err.txt || status=$?
			echo $status >status.txt
		} || true
		echo "$stage: $(<status.txt): $(<err.txt)"
		[ "$(<status.txt)" = 137 ]
		[[ $(tail -n 1 err.txt) == "scan-import: $stage was killed by signal 9 (Killed); nothing was written" ]]
		clean
	done
}

@test "scan-import: a stage that fails early is noticed although the log goes on" {
	own_programs
	saboteur dir-load <<<'echo "dir-load: disk full" >&2; exit 4'
	run -4 --separate-stderr scan-import --source "$LOG" < <(cat "$LOG"; await done.txt || touch late.txt)
	touch done.txt
	[[ ${stderr_lines[-1]} == "scan-import: dir-load failed with status 4; nothing was written" ]]
	[ ! -e late.txt ]
	clean
}

@test "scan-import: a program that is not there is named before anything is made" {
	own_programs
	rm programs/stats-load
	run -4 --separate-stderr scan-import "$LOG"
	[[ $stderr == "scan-import: stats-load: not found in "* ]]
	clean
}

@test "scan-import: installed, it finds its programs and its own parts" {
	make_here -o all DESTDIR="$PWD/root dir" PREFIX=/opt install
	unset TREETALLY_BUILD
	"root dir/opt/bin/scan-import" -q "$LOG"
	[ "$(ask asp.db 'SELECT total_files FROM scan_metadata')" = 19 ]
	rm "root dir/opt/bin/rec-cat" "root dir/opt/bin/dir-load"
	run -4 --separate-stderr "root dir/opt/bin/scan-import" "$LOG"
	[[ $stderr == "scan-import: dir-load: not found in "* ]]
}

@test "scan-import: -S is divided, and no stage holds more descriptors than it needs" {
	own_programs
	local stage
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		saboteur $stage <<-END
			printf '%s\n' "\$@" >$stage.args.txt
			find /proc/self/fd -lname 'pipe:*' -printf '%f\n' >$stage.fds.txt
			find /proc/self/fd -lname '*.import*' >>$stage.fds.txt
			exec "\$REAL/$stage" "\$@"
		END
	done
	local memory sum reading
	for memory in 32 64 1024; do
		run -0 scan-import -S ${memory}M -T /var/tmp -w 3 "$LOG"
		sum=0
		for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
			grep -qx 3 <(sed -n '/^-j$/{n;p}' $stage.args.txt)
			grep -qx /var/tmp <(sed -n '/^-T$/{n;p}' $stage.args.txt)
			reading=$(sed -n '/^-S$/{n;p}' $stage.args.txt)
			((reading >= 4 << 20))
			[ $stage = stats-load ] || sum=$((sum + reading))
		done
		((sum <= memory << 20 && sum > (memory << 20) - 16))
		sum=$((reading + $(sed -n '/^-S$/{n;p}' stats-accum.args.txt)))
		((sum <= memory << 20))
	done
	# the standard ones, and two outputs of gpfs-parse; high ones are the script's
	for stage in dir-extract depth-sort dir-load stats-accum stats-load; do
		[ -z "$(awk '$1 > 2 && $1 < 200' $stage.fds.txt)" ]
	done
	cmp <(awk '$1 > 2 && $1 < 200' gpfs-parse.fds.txt | sort -n) \
		<(sed -n 's|^/dev/fd/||p' gpfs-parse.args.txt | sort -n)
	(($(grep -c /dev/fd gpfs-parse.args.txt) == 2))
}

@test "scan-import: rejected lines are counted and kept" {
	{
		cat "$LOG"
		line 900 /gpfs/fs1/bad 1 1 -2 100
	} >20260115_fs1_bad.list
	run -0 --separate-stderr scan-import --rejects rejects.txt 20260115_fs1_bad.list
	[[ $stderr == *"rejected     1"* ]]
	[ "$(cut -f 2,3 rejects.txt)" = $'31\tbad uid' ]
}

@test "scan-import: options of the stages are passed on" {
	printf 'root:x:0:0:The Root:/:/bin/sh\nann:x:1000:100:Ann A:/:/bin/sh\n' >passwd.txt
	printf 'grp:x:100:\n' >group.txt
	scan-import -q --age-by mtime --passwd-file passwd.txt --group-file group.txt "$LOG"
	[ "$(ask asp.db 'SELECT username FROM user_info WHERE uid = 1000')" = ann ]
	[ "$(ask asp.db 'SELECT groupname FROM group_info WHERE gid = 100')" = grp ]
	[ "$(ask asp.db 'SELECT age_by FROM scan_metadata')" = mtime ]
	head -c -1 "$LOG" | scan-import -q --replace --allow-cut-end --source "$LOG" --no-names
}

@test "scan-import: a million lines with the least memory" {
	slow
	big_log 1000000 | scan-import -q -S 32M --source 20260115_a_big.list
	[ "$(ask big.db 'SELECT total_files FROM scan_metadata')" = 900000 ]
	[ "$(ask big.db 'PRAGMA integrity_check')" = ok ]
	clean big.db
}

@test "scan-import: 700,000 directories with -S 64M, and no process may allocate over 96 MiB" {
	slow
	! sanitized || skip "sanitizers reserve terabytes of addresses"
	own_programs
	local stage
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		saboteur $stage <<-END
			ulimit -v $((96 * 1024))
			exec "\$REAL/$stage" "\$@"
		END
	done
	awk 'function record(inode, size, mode, path) {
			printf "<0> %d 1 0  s=%d a=8 u=%d g=9 p=%s ac=20%02d-01-01 10:00:00 -- /gpfs/%s\n",
				inode, size, inode % 50, mode, 10 + inode % 15, path
		}
		BEGIN {
			for (i = 0; i < 700000; i++)
				record(i, 4096, "drwxr-xr-x", sprintf("a%d/b%d/c%d", i % 97, i / 97 % 331, i))
			for (i = 0; i < 800000; i++) {
				j = i * 7919 % 700000
				path = sprintf("a%d/b%d/c%d/f%d", j % 97, j / 97 % 331, j, i)
				record(1000000 + i, i, "-rw-r--r--", path)
			}
		}' </dev/null | scan-import -q -S 64M --source 20260115_a_big.list
	[ "$(ask big.db 'SELECT lines, total_files FROM scan_metadata')" = '1500000|800000' ]
	[ "$(ask big.db 'PRAGMA integrity_check')" = ok ]
	clean big.db
}

# ---- where it runs ---------------------------------------------------------------------------------

@test "scan-import: a lock directory that cannot be opened or locked ends it at once" {
	local before
	scan-import -q "$LOG"
	before=$(sha256sum asp.db)
	# one descriptor less each time, until it works
	local most ended=0
	for ((most = 3; most < 40; most++)); do
		ended=0
		(ulimit -n $most && exec timeout 60 scan-import -q --replace "$LOG") >said.txt 2>&1 || ended=$?
		((ended)) || break
		echo "$most: $ended: $(<said.txt)"
		((ended == 4 || ended == 127))
		[ -s said.txt ]
		[ "$(sha256sum asp.db)" = "$before" ]
		rm -rf asp.db.import
	done
	((ended == 0 && most > 6))
	if ((EUID == 0)) && setpriv --reuid 65534 --clear-groups -- test -x "$TREETALLY_BUILD/dir-load"; then
		local place
		place=$(mktemp -d)
		chmod 777 "$place"
		cp "$LOG" "$place"
		chmod 644 "$place/$LOG"
		mkdir "$place/asp.db.import"
		chown 65534 "$place/asp.db.import"
		chmod 0 "$place/asp.db.import"
		cd "$place"
		run -4 --separate-stderr setpriv --reuid 65534 --clear-groups -- timeout 60 scan-import "$LOG"
		cd - && rm -rf "$place"
		[[ $stderr == "scan-import: asp.db.import: cannot be opened: Permission denied" ]]
	fi
}

@test "scan-import: what it says cannot be written, and the work is done" {
	scan-import "$LOG" 2>&-
	scan-import --replace "$LOG" 2>/dev/full
	scan-import -vv --replace "$LOG" 2>/dev/full >/dev/full
	scan-import -v --replace "$LOG" 2> >(true)
	clean asp.db
	[ "$(ask asp.db 'SELECT total_files FROM scan_metadata')" = 19 ]
	local ended=0
	scan-import --source "$LOG" --replace 2>&- < <(:) || ended=$?
	((ended == 3))
	ended=0
	scan-import --help >&- 2>said.txt || ended=$?
	((ended == 4))
	[[ $(<said.txt) == "scan-import: "* ]]
	clean asp.db
}

@test "scan-import: odd environments" {
	(trap '' CHLD && exec scan-import -q "$LOG")
	gzip -k "$LOG"
	(trap '' CHLD && exec scan-import -q --replace "$LOG.gz")
	rm "$LOG.gz"
	POSIXLY_CORRECT=1 scan-import -q --replace --db=asp.db "$LOG"
	(ulimit -s 256 && exec scan-import -q --replace "$LOG")
	# by whatever name stdin has, as a file and as a pipe
	local name
	for name in - /dev/stdin /dev/fd/0 /proc/self/fd/0; do
		scan-import -q --replace -f asp --scan-date 2026-01-15 "$name" <"$LOG"
		scan-import -q --replace -f asp --scan-date 2026-01-15 "$name" < <(cat "$LOG")
	done
	scan-import -q --replace -f asp --scan-date 2026-01-15 <(cat "$LOG")
	[ "$(ask asp.db 'SELECT total_files FROM scan_metadata')" = 19 ]
	clean asp.db
}

@test "scan-import: a database whose name is as long as a file system takes" {
	local length name
	for length in 238 239 248 249 255; do
		name=$(printf "%0$((length - 3))d.db" 7)
		scan-import -q --db "$name" "$LOG"
		scan-import -q --keep --db "$name" --rejects "rejects.txt" "$LOG"
		[ "$(ask "$name" 'SELECT total_files FROM scan_metadata')" = 19 ]
		rm "$name" rejects.txt
		# the old one has been kept
		[ "$(find . -maxdepth 1 -name '0*.20260115' | wc -l)" = 1 ]
		rm 0*.20260115
		clean
	done
	run -4 scan-import --db "$(printf "%0253d.db" 7)" "$LOG"
	clean
}

@test "scan-import: import after import, none hangs" {
	local i many=30
	[[ ${TREETALLY_ALL:-} != 1 ]] || many=500
	line 5 /gpfs/fs1/a >one.txt
	for ((i = 0; i < many; i++)); do
		timeout 120 scan-import -q --replace --no-names -f x --scan-date 2026-01-15 one.txt
	done
	clean x.db
}

# ---- what goes with it -----------------------------------------------------------------------------

@test "two-branches: the picture, as a script, makes the same database; a branch that fails is no success" {
	PATH=$TREETALLY_TOP/pipelines:$PATH
	two-branches by-hand.db "$LOG"
	scan-import -q "$LOG"
	local table
	for table in directories directory_stats usage_nr usage_r owner_summary; do
		cmp <(ask by-hand.db "SELECT * FROM $table") <(ask asp.db "SELECT * FROM $table")
	done
	mkdir bin
	local stage
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		printf '#!/bin/sh\nexit 4\n' >bin/$stage
		chmod +x bin/$stage
		rm -f bad.db
		if PATH=$PWD/bin:$PATH two-branches bad.db "$LOG" 2>said.txt; then return 1; fi
		run dir-query bad.db
		((status == 3 || status == 4))
		rm bin/$stage
	done
	run -2 two-branches x.db
}

@test "nightly-import: the newest log, once, and a word when none comes" {
	PATH=$TREETALLY_TOP/pipelines:$PATH
	mkdir logs store
	local -x TREETALLY_LOGS=$PWD/logs TREETALLY_DIR=$PWD/store TREETALLY_KEEP=2 TREETALLY_MEMORY=64M
	run -4 nightly-import asp
	[[ $output == "nightly-import: $PWD/logs: has no log of asp" ]]
	local days_ago day
	for days_ago in 5 4 3 2; do
		day=$(date -u -d "$days_ago days ago" +%Y%m%d)
		# two parts of one scan, and a scan of another file system
		head -n 12 "$LOG" >"logs/${day}_a_asp.list.1"
		tail -n +13 "$LOG" >"logs/${day}_b_asp.list.2"
		cp "$LOG" "logs/${day}_a_other_asp.list"
		run -0 nightly-import asp
		[ -z "$output" ]
		[ "$(ask store/asp.db "SELECT strftime('%Y%m%d', scan_timestamp, 'unixepoch'), total_files
			FROM scan_metadata")" = "$day|19" ]
	done
	[ "$(find store -name 'asp.db.*' | wc -l)" = 2 ]
	[ -f store/asp.rejects ]
	local before
	before=$(stat -c %i store/asp.db)
	run -0 nightly-import asp
	[ -z "$output" ]
	[ "$(stat -c %i store/asp.db)" = "$before" ]
	TREETALLY_MAX_AGE=1 run -0 nightly-import asp
	[[ $output == "scan-import: "*"asp.db: the log is of "*", 2 days ago" ]]
	run -2 nightly-import
	run -0 nightly-import --help
	make_here -o all DESTDIR="$PWD/dest" PREFIX=/opt/t install
	grep -qx 'ExecStart=/opt/t/bin/nightly-import %i' dest/opt/t/share/treetally/treetally-import@.service
	[[ -x dest/opt/t/bin/nightly-import && -f dest/opt/t/share/treetally/treetally-import@.timer ]]
}

@test "scan-import: systemd finds nothing wrong with the units" {
	needs systemd-analyze
	local unit
	make_here -o all PREFIX="$PWD/dest" install
	cd dest/share/treetally
	for unit in treetally-import@.*; do
		cp "$unit" "${unit/@/@asp}"
	done
	run -0 systemd-analyze verify --man=no ./treetally-import@asp.service ./treetally-import@asp.timer
	# whatever it says of the machine's own units
	[[ $output != *treetally* ]]
}
