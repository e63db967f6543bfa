#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# One import after the other into one database, while others ask it: nothing may grow. `make soak` is
# the long form: TREETALLY_IMPORTS is their number [6].

load lib/helper

setup() {
	common_setup
	mkdir work
	cd work || return
	mkdir spill tmp
	measured_programs ../used
	export TMPDIR=$PWD/tmp
}

# The lines of the log of import $1; 0 is what was there before. Each tenth is about a directory.
lines_of() {
	echo $((20000 + $1 * 7919 % 5000))
}

# Ask until the file `stop` is there: no question may fail, and each answer must be that of one scan.
ask_on() {
	local files
	while [[ ! -e ../stop ]]; do
		stats-query -q --by owner,age --format tsv asp.db >../answer || { echo "stats-query: $?"; return; }
		files=$(awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "file_count") at = i }
			NR > 1 { n += $at } END { print n }' ../answer)
		grep -qx "$files" ../scans || { echo "stats-query: $files files"; return; }
		dir-query -q -n 5 --sort-by files asp.db >../answer || { echo "dir-query: $?"; return; }
		[[ $(wc -l <../answer) == 6 ]] || { echo "dir-query: $(<../answer)"; return; }
		echo asked >&3
	done
}

# What is there besides the database: files, files without a name that a process holds, processes.
leftovers() {
	find . -mindepth 1 ! -path './programs*' ! -path ./asp.db ! -path ./spill ! -path ./tmp
	find /proc/[0-9]*/fd -lname "$PWD/*deleted*" 2>/dev/null
	pgrep -af "scan-import.*$PWD/asp[.]db" || true
}

# steady WHAT SLACK <FIGURES, one for each import: the largest of the second half is not much above that
# of the first.
steady() {
	awk -v what="$1" -v slack="$2" '{ value[NR] = $1 }
		END {
			for (i = 1; i <= NR; i++)
				if (i <= NR / 2) { if (value[i] > early) early = value[i] }
				else if (value[i] > late) late = value[i]
			printf "%s: %d, later %d\n", what, early, late
			exit !(NR > 1 && early && late <= early * 1.25 + slack)
		}'
}

@test "soak: import after import under queries, and nothing grows" {
	slow
	local imports=${TREETALLY_IMPORTS:-6} i script stage most open asked
	for ((i = 0; i <= imports; i++)); do
		echo $(($(lines_of $i) - ($(lines_of $i) + 9) / 10))
	done >../scans
	big_log "$(lines_of 0)" 0 | scan-import -q -S 64M --db asp.db -f asp --scan-date 2026-01-01
	: >../used
	ask_on >../complaints 3>../asked &
	local asker=$!
	for ((i = 1; i <= imports; i++)); do
		big_log "$(lines_of $i)" "$i" >../log
		TREETALLY_BUILD=$PWD/programs scan-import -q -S 64M -T spill --db "$PWD/asp.db" -f asp \
			--scan-date "$(date -d "2026-01-01 + $i days" +%F)" ../log 3>&- &
		script=$! most=0
		while kill -0 $script 2>/dev/null; do
			# Without a pause: an import takes a tenth of a second.
			open=("/proc/$script/fd/"*)
			((${#open[@]} <= most)) || most=${#open[@]}
		done
		wait $script
		echo "$most" >>../descriptors
		# the entries of the log less the directory lines
		[[ $(sqlite3 -init /dev/null asp.db 'SELECT total_files + directory_lines FROM scan_metadata') == \
			"$(wc -l <../log)" ]]
		kill -0 $asker || { cat ../complaints; return 1; }
		du -k asp.db | cut -f 1 >>../size
	done
	touch ../stop
	wait $asker
	[[ ! -s ../complaints ]] || { cat ../complaints; return 1; }
	asked=$(wc -l <../asked)
	echo "$asked rounds of questions during $imports imports"
	((asked >= imports))
	[[ -z $(leftovers) ]] || { leftovers; return 1; }
	scan-audit asp.db --log ../log
	for stage in gpfs-parse dir-extract depth-sort dir-load stats-accum stats-load; do
		[[ $(grep -c " $stage\$" ../used) == "$imports" ]]
		grep " $stage\$" ../used | steady "KiB of $stage" 4096
	done
	steady "descriptors" 4 <../descriptors
	steady "KiB of the database" 512 <../size
}
