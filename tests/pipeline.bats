#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The programs together: what must be true of a scan from the log to the database, whatever its
# order, its shards, the memory, the threads, the form of the streams in between; and what must not
# come to be when any part of it is cut, damaged or killed.

load lib/helper

SCAN_DATE=2026-01-11
DAY=20260111

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make-log --seed 5 --lines 8000 --scan-date $SCAN_DATE >odd.log
	# 50,000 directories in no order, each with a line, and in each a file of one of 4,000 owners.
	perl -e '
		for (1 .. 50000) {
			my $i = $_ * 48271 % 50021;
			my ($dir, $uid) = (sprintf("/gpfs/fs1/%d/%04d/d%d", $i % 3, $i % 4999, $i), $i % 4000);
			my $tail = "u=$uid g=7 p=%srwxr-xr-x ac=2025-11-0" . ($i % 9 + 1) . " 00:00:00 nl=1 -- $dir";
			printf "%d 1 0  s=%d a=4 $tail\n", $i, $i % 90000, "d";
			printf "%d 1 0  s=%d a=%d $tail/f\n", $i + 100000, $i % 90000, $i % 900, "-";
		}' >wide.log
	gpfs-parse -q -f fs1 --scan-date $SCAN_DATE wide.log -o wide.entry
	dir-extract wide.entry -o wide.mentions
	depth-sort wide.mentions -o wide.dir
	stats-accum wide.entry -o wide.usage
}

setup() {
	common_setup
	fixtures=$BATS_FILE_TMPDIR
	set -o pipefail
}

# finish DB ENTRIES: both branches, one after the other.
finish() {
	dir-extract "$2" | depth-sort | dir-load "$1"
	stats-accum "$2" | stats-load --no-names "$1"
}

# import DB LOG...: stage by stage; the entry stream stays as DB.entry.
import() {
	parse -o "$1.entry" "${@:2}"
	finish "$1" "$1.entry"
}

# All rows of a database, but for what tells one run from another: its time, the names of the
# sources, the first line of each kind of reject.
dump_unnamed() {
	local columns
	columns=$(sqlite3 "$1" "SELECT group_concat(name) FROM pragma_table_info('scan_metadata')
		WHERE name NOT IN ('import_timestamp', 'source_file', 'skipped_unrecognised', 'skipped_continued', 'unproved_sources')")
	sqlite3 "$1" .dump | grep -avE '^INSERT INTO (scan_metadata|scan_rejects|scan_sources|load_state) '
	sqlite3 "$1" "SELECT reason, lines FROM scan_rejects ORDER BY reason;
		SELECT skipped_unrecognised + skipped_continued, $columns FROM scan_metadata"
}

same_rows() {
	cmp <(dump_unnamed "$1") <(dump_unnamed "$2")
}

# What must hold in any database, by the definitions alone: each query looks for rows that must not
# be.
sound() {
	local query queries='PRAGMA integrity_check; PRAGMA foreign_key_check;'
	while IFS= read -r -d ';' query; do
		queries+="SELECT '${query//\'/\"}', * FROM ($query) LIMIT 1;"
	done <<-'END'
		SELECT count(*) AS n FROM scan_metadata GROUP BY 'all' HAVING n <> 1;
		SELECT * FROM directories
			WHERE (parent_id IS NULL) <> (dir_id = 1) OR (depth = 0) <> (dir_id = 1)
				OR (name = '/') <> (dir_id = 1);
		SELECT * FROM directories AS d LEFT JOIN directories AS p ON p.dir_id = d.parent_id
			WHERE d.dir_id > 1 AND (p.dir_id IS NULL OR d.depth <> p.depth + 1 OR p.dir_id >= d.dir_id);
		SELECT count(*) AS n, max(dir_id) AS last, min(dir_id) AS first FROM directories GROUP BY 'all'
			HAVING n <> last OR first <> 1 OR n <> (SELECT total_directories FROM scan_metadata);
		SELECT * FROM (SELECT CAST(name AS BLOB) AS name, lag(CAST(name AS BLOB))
				OVER (PARTITION BY parent_id ORDER BY dir_id) AS before FROM directories)
			WHERE before >= name;
		SELECT * FROM directories JOIN directory_stats AS s USING(dir_id)
			JOIN directory_stats AS p ON p.dir_id = parent_id
			WHERE s.dir_id + s.dir_count_r > p.dir_id + p.dir_count_r;
		SELECT dir_id FROM directory_stats EXCEPT SELECT dir_id FROM directories;
		SELECT dir_id FROM directories EXCEPT SELECT dir_id FROM directory_stats;
		SELECT dir_id FROM usage_nr EXCEPT SELECT dir_id FROM directory_stats;
		SELECT dir_id FROM usage_r EXCEPT SELECT dir_id FROM directory_stats WHERE dir_count_nr > 0;
		SELECT parent_id, count(*) FROM directories WHERE parent_id GROUP BY parent_id
			EXCEPT SELECT dir_id, dir_count_nr FROM directory_stats;
		SELECT dir_id, sum(file_count), sum(total_size), sum(apparent_size) FROM usage_nr GROUP BY dir_id
			EXCEPT SELECT dir_id, file_count_nr, total_size_nr, apparent_size_nr FROM directory_stats;
		SELECT dir_id, sum(file_count), sum(total_size), sum(apparent_size) FROM usage_r GROUP BY dir_id
			EXCEPT SELECT dir_id, file_count_r, total_size_r, apparent_size_r FROM directory_stats;
		SELECT file_count_r, total_size_r, apparent_size_r, dir_count_r + 1 FROM directory_stats
				WHERE dir_id = 1
			EXCEPT SELECT total_files, total_size, apparent_size, total_directories FROM scan_metadata;
		SELECT sum(file_count), sum(total_size) FROM usage_nr
			EXCEPT SELECT total_files, total_size FROM scan_metadata;
		SELECT sum(seen_files), sum(seen_size) FROM owner_summary
			EXCEPT SELECT total_files, total_size FROM scan_metadata;
		SELECT sum(total_files), sum(total_size) FROM owner_summary
			EXCEPT SELECT once_files, once_size FROM scan_metadata;
		SELECT sum(total_files), sum(total_size) FROM group_summary
			EXCEPT SELECT once_files, once_size FROM scan_metadata;
		SELECT sum(file_count), sum(total_size) FROM access_histogram
			EXCEPT SELECT once_files, once_size FROM scan_metadata;
		SELECT sum(file_count), sum(total_size) FROM size_histogram
			EXCEPT SELECT once_files, once_size FROM scan_metadata;
		SELECT * FROM scan_metadata WHERE assumptions = '' AND lines <> entries + rejected + skipped_blank +
			skipped_comment + skipped_message + skipped_unrecognised + skipped_continued;
	END
	sqlite3 "$1" "$queries" | diff <(echo ok) -
}

# No database of this name, or one that its readers refuse.
not_complete() {
	[[ ! -e $1 ]] || [[ $(sqlite3 "$1" 'SELECT count(*) FROM scan_metadata') == 0 ]]
}

# ---- by hand, as the manual has it ----

@test "pipeline: the two pipelines of the manual, as typed there" {
	local log=${DAY}_csfs1_asp.list.list_all.log
	cp "$fixtures/odd.log" $log
	xz -k $log
	ln -s $log.xz log.xz
	gpfs-parse 20260111_csfs1_asp.list.list_all.log.xz | dir-extract | depth-sort | dir-load asp.db
	xzcat log.xz | gpfs-parse --source 20260111_csfs1_asp.list | stats-accum | stats-load asp.db
	sound asp.db
	[[ $(sqlite3 asp.db "SELECT filesystem, date(scan_timestamp, 'unixepoch'), assumptions
		FROM scan_metadata") == "asp|$SCAN_DATE|" ]]
	# The source is called what the second branch said.
	compare-db asp.db $log --source ${DAY}_csfs1_asp.list
}

@test "pipeline: scan-import makes the same database as the stages" {
	cp "$fixtures/odd.log" ${DAY}_csfs1_fs1.list.log
	scan-import -q --no-names ${DAY}_csfs1_fs1.list.log
	import by-hand.db ${DAY}_csfs1_fs1.list.log
	same_rows fs1.db by-hand.db
	sound fs1.db
}

# ---- any order ----

@test "pipeline: the order of lines does not matter" {
	local order
	import sorted.db <(sort "$fixtures/odd.log")
	sound sorted.db
	for order in 1 2 3 tac; do
		if [[ $order == tac ]]; then
			tac "$fixtures/odd.log" >log
		else
			shuf --random-source=<(yes "$order") "$fixtures/odd.log" >log
		fi
		import "$order.db" log
		same_rows sorted.db "$order.db"
	done
}

@test "pipeline: of contradicting lines of a directory the same one wins in any order" {
	local first d='p=drwxr-xr-x ac=2025-01-01 00:00:00'
	{
		echo "9 1 0  s=1 a=1 u=1 g=1 $d -- /d"
		echo "9 1 0  s=1 a=1 u=1 g=2 $d -- /d/"
		echo "9 1 0  s=1 a=1 u=1 g=2 p=drwxrwxrwx ac=2025-01-01 00:00:00 -- //d"
		echo "9 2 0  s=1 a=1 u=0 g=2 $d -- /d"
		echo "8 9 0  s=9 a=9 u=9 g=9 $d -- /d"
		echo "9 2 0  s=1 a=2 u=0 g=2 $d -- /d"
		echo "9 2 0  s=1 a=2 u=0 g=2 $d -- /d/e"
	} >lines
	for ((first = 1; first <= 7; first++)); do
		{ sed -n "${first},\$p" lines; sed "${first},\$d" lines; } >log
		import $first.db log
		[[ $(sqlite3 $first.db 'SELECT * FROM directories WHERE dir_id = 2') == \
			'2|1|d|1|9|2|0|2|16877|2048' ]]
		same_rows 1.db $first.db
	done
}

# ---- any memory, any threads ----

# same_output WANT COMMAND...: for several memories and threads. Words of -v are left in log.SIZE.
same_output() {
	local want=$1 memory threads
	shift
	for memory in 4M 5M 9M 64M; do
		for threads in 1 3; do
			"$@" -v -S $memory -j $threads -T . -o out 2>log.$memory
			cmp "$want" out
		done
	done
	grep -q ' [1-9][0-9]* runs,.* [1-9][0-9]* bytes spilled to \.' log.4M
	grep -q ' 0 bytes spilled' log.64M
	[[ $(ls) == $'log.4M\nlog.5M\nlog.64M\nlog.9M\nout' ]]
}

@test "pipeline: depth-sort of directories: the same bytes for any -S and -j" {
	same_output "$fixtures/wide.dir" depth-sort "$fixtures/wide.mentions"
}

@test "pipeline: stats-accum: the same bytes for any -S and -j" {
	same_output "$fixtures/wide.usage" stats-accum "$fixtures/wide.entry"
}

@test "pipeline: depth-sort of usage: the same bytes for any -S and -j" {
	# Out of order by way of text.
	rec-cat "$fixtures/wide.usage" | sed '1s/order=tree/order=none/' >text
	{ head -n 2 text; sed '1,2d;$d' text | shuf --random-source=<(yes); tail -n 1 text; } |
		rec-cat -b -o "$BATS_TEST_TMPDIR.shuffled"
	depth-sort "$BATS_TEST_TMPDIR.shuffled" -o "$BATS_TEST_TMPDIR.want"
	cmp <(rec-cat "$BATS_TEST_TMPDIR.want" | sed 1d) <(rec-cat "$fixtures/wide.usage" | sed 1d)
	rm text
	same_output "$BATS_TEST_TMPDIR.want" depth-sort "$BATS_TEST_TMPDIR.shuffled"
}

@test "pipeline: gpfs-parse and dir-extract: the same bytes for any -S and -j" {
	local memory threads
	for memory in 4M 16M 256M; do
		for threads in 1 2 5; do
			parse -S $memory -j $threads "$fixtures/wide.log" | cmp "$fixtures/wide.entry"
		done
		dir-extract -S $memory "$fixtures/wide.entry" | cmp "$fixtures/wide.mentions"
	done
}

@test "pipeline: the loaders: the same rows for any -S and -j" {
	local memory
	summed_lines /gpfs/fs1 | cat "$fixtures/wide.log" - | parse -o entry
	dir-extract entry | depth-sort -o dir
	stats-accum entry -o usage
	dir-load want.db dir
	stats-load --no-names want.db usage
	sound want.db
	for memory in 4M 1G; do
		dir-load -S $memory $memory.db dir
		stats-load --no-names -S $memory -j 3 -T . $memory.db usage
		same_rows want.db $memory.db
	done
	[[ $(sqlite3 want.db 'SELECT count(DISTINCT dir_id) FROM usage_r') == 4 ]]
}

@test "pipeline: runs that are merged early make the same bytes" {
	slow
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		perl -pe "s{/gpfs/fs1/}{/gpfs/fs1/$i/}" "$fixtures/wide.log" | parse --source $i -o $i.entry
	done
	rec-cat -b ./*.entry -o all.entry
	dir-extract all.entry -o mentions
	depth-sort -S 1G mentions -o want
	depth-sort -v -S 4M -T . mentions 2>log | cmp want
	grep -q ' [1-9][0-9]* early merges' log
	stats-accum -S 1G all.entry -o want
	stats-accum -v -S 4M -T . all.entry 2>log | cmp want
	grep -q ' [1-9][0-9]* early merges' log
}

# ---- text and binary ----

@test "pipeline: text and back is the same stream" {
	local name kind
	parse "$fixtures/odd.log" -o odd.entry
	dir-extract odd.entry | depth-sort -o odd.dir
	stats-accum odd.entry -o odd.usage
	for name in odd "$fixtures/wide"; do
		for kind in dir usage; do
			rec-cat "$name.$kind" | rec-cat -b | cmp "$name.$kind"
		done
		# The blocks of gpfs-parse end where the log's bytes say, those of rec-cat where they are full.
		rec-cat "$name.entry" >text
		rec-cat -b text -o again.entry
		rec-cat again.entry | cmp text
		dir-extract again.entry | depth-sort | cmp "$name.dir"
		stats-accum again.entry | cmp "$name.usage"
	done
}

@test "pipeline: entries by way of text are what rec-cat makes of them at once" {
	parse "$fixtures/odd.log" -o odd.entry
	local name
	for name in odd "$fixtures/wide"; do
		rec-cat -b "$name.entry" -o at-once
		rec-cat "$name.entry" | rec-cat -b | cmp at-once
	done
}

@test "pipeline: every stage writes as text what it writes as binary" {
	cp "$fixtures/odd.log" log
	parse log -o entry
	parse -t log | sort | cmp - <(rec-cat entry | sort)
	dir-extract -t entry | cmp - <(dir-extract entry | rec-cat)
	dir-extract entry | depth-sort -t | cmp - <(dir-extract entry | depth-sort | rec-cat)
	stats-accum -t entry | cmp - <(stats-accum entry | rec-cat)
	import binary.db log
	parse -t log | dir-extract -t | depth-sort -t | dir-load text.db
	parse -t log | stats-accum -t | depth-sort -t | stats-load --no-names text.db
	same_rows binary.db text.db
}

# ---- shards ----

@test "pipeline: shards merged are the unsharded scan" {
	local k
	cp "$fixtures/odd.log" log
	import whole.db log
	for k in 1 2 3 4 5; do
		make-log --seed 5 --lines 8000 --scan-date $SCAN_DATE --shard $k/5 >shard$k
		parse --max-rejects 50% shard$k -o $k.entry
		dir-extract $k.entry | depth-sort -o $k.dir
		stats-accum $k.entry -o $k.usage
	done
	depth-sort -m ./?.dir | dir-load merged.db
	depth-sort -m ./?.usage | stats-load --no-names merged.db
	same_rows whole.db merged.db
	sound merged.db
	[[ $(sqlite3 merged.db 'SELECT count(*) FROM scan_sources') == 5 ]]
	# The same records as those of all entries; only the sources differ.
	rows() { rec-cat "$1" | sed '1d;$s/\tunproved_sources=[0-9]*//;$s/\tsource=.*//;$s/\treject [^\t]*//g'; }
	depth-sort -m ./?.dir >merged
	cmp <(rows merged) <(dir-extract whole.db.entry | depth-sort | rows -)
	depth-sort -m ./?.usage >merged
	cmp <(rows merged) <(stats-accum whole.db.entry | rows -)
	# In any order, and in two steps.
	depth-sort -m 5.usage 3.usage 1.usage 4.usage 2.usage | cmp merged
	depth-sort -m 1.usage 4.usage -o some
	depth-sort -m 5.usage some 3.usage 2.usage | cmp merged
	# At once, from several logs.
	parse --max-rejects 50% shard? -o all.entry
	finish all.db all.entry
	same_rows whole.db all.db
	rec-cat -b ./?.entry -o all.entry
	finish cat.db all.entry
	same_rows whole.db cat.db
	scan-import -q --no-names -f fs1 --scan-date $SCAN_DATE --max-rejects 50% --db import.db shard?
	same_rows whole.db import.db
}

@test "pipeline: a shard given twice is refused, also when it hides in a sum" {
	local k
	for k in 1 2 3; do
		line $k "/d/$k/f" | parse --source $k -o $k.entry
		stats-accum $k.entry -o $k.usage
	done
	depth-sort -m 1.usage 2.usage -o sum
	run -3 --separate-stderr depth-sort -m -o out 3.usage sum 2.usage
	[[ ! -e out && $stderr == *"2: the same lines came in twice"*--force* ]]
	[[ $(depth-sort -m --force -t 3.usage sum 2.usage | sed '1,2d;$d' | cut -f 1,6) == \
		$'/d/1\t1\n/d/2\t2\n/d/3\t1' ]]
	line 2 /d/2/f >log
	run -3 parse log <(line 2 /d/2/f)
	run -3 --separate-stderr scan-import -q -f fs1 --scan-date $SCAN_DATE --db x.db log log
	[[ ! -e x.db ]]
}

@test "pipeline: shards of different scans are refused" {
	line 1 /d/f | gpfs-parse -q -f fs1 --scan-date 2026-01-11 -o 1.entry
	line 2 /d/g | gpfs-parse -q -f fs2 --scan-date 2026-01-11 -o fs.entry
	line 2 /d/g | gpfs-parse -q -f fs1 --scan-date 2026-01-12 -o date.entry
	line 2 /d/g | gpfs-parse -q -o nothing.entry
	local other
	for other in fs date nothing; do
		run -3 dir-extract 1.entry $other.entry
		run -3 dir-extract $other.entry 1.entry
		dir-extract --force 1.entry $other.entry -o both
		rec-cat --info both | grep -qx filesystem=fs1
		rec-cat --info both | grep -qx scan_date=2026-01-11
	done
	stats-accum 1.entry -o atime
	line 2 /d/g | gpfs-parse -q -f fs1 --scan-date 2026-01-11 | stats-accum --age-by mtime -o mtime
	run -3 --separate-stderr depth-sort -m --force atime mtime
	[[ $stderr == *age-by* ]]
}

# ---- two logs never meet ----

# mated A B: the directories of entry stream A with the usage of B.
mated() {
	dir-extract "$1" | depth-sort | dir-load --replace mated.db
	stats-accum "$2" -o usage
	run -3 --separate-stderr stats-load --no-names mated.db usage
	[[ $stderr == "stats-load: "* && ${#stderr_lines[@]} == 1 ]]
	not_complete mated.db
	# It is what it was: its own usage finishes it.
	stats-accum "$1" | stats-load --no-names mated.db
	sound mated.db
}

@test "pipeline: the branches of two logs are never mated" {
	small_log >log
	parse --source s log -o a
	mated a <(parse --source s <(sed 's/fs1/fs2/g' log))                   # other names
	mated a <(parse --source s <(sed '3d' log))                            # a line less
	mated a <(parse --source s <(sed '3p' log))                            # a line more
	mated a <(parse --source s <(sed '/^#/d' log))                         # a comment less
	# Two files changed their sizes: every sum is the same, but not the lines.
	sed 's/s=512 a=8\(.*implied.f\)/s=513 a=8\1/; s/s=512 a=8\(.*caf.$\)/s=511 a=8\1/' log >swapped
	run -1 cmp log swapped
	mated a <(parse --source s swapped)
	mated a <(gpfs-parse -f fs2 --scan-date $SCAN_DATE --source s log)     # another file system
	mated a <(gpfs-parse -f fs1 --scan-date 2026-01-12 --source s log)     # another day
	mated a <(gpfs-parse --scan-date $SCAN_DATE --source s log)            # no file system
	# Names of sources are information only.
	dir-extract a | depth-sort | dir-load named.db
	parse --source other log | stats-accum | stats-load --no-names named.db
	sound named.db
}

@test "pipeline: a usage stream of other directories is refused" {
	small_log >log
	parse log -o a
	stats-accum a -o usage
	# Right ledger, other rows: as text, where no hash is in the way.
	dir-extract a | depth-sort | rec-cat | grep -v '^/gpfs/fs1/b/implied' >fewer
	run -3 dir-load x.db fewer
	sed -i 's/records=10/records=9/' fewer
	dir-load x.db fewer
	run -3 --separate-stderr stats-load --no-names x.db usage
	not_complete x.db
	rec-cat usage | sed 's|^/gpfs/fs1/b/implied|/gpfs/fs1/b/impliee|' >moved
	dir-load --replace x.db <(dir-extract a | depth-sort)
	run -3 stats-load --no-names x.db moved
	not_complete x.db
	# One file more in one row, one less in another.
	rec-cat usage | awk -F '\t' -v OFS='\t' '/^\/gpfs\/fs1\/b\t/ && $6 > 1 { $6++ } 1' >more.usage
	run -3 stats-load --no-names x.db more.usage
	not_complete x.db
	stats-load --no-names x.db usage
	sound x.db
}

# ---- cut, damaged, killed ----

# cuts FILE: offsets at every kind of boundary.
cuts() {
	stream-tool cuts "$1" | cut -f 2
}

@test "pipeline: cut behind gpfs-parse at any boundary, nothing comes out" {
	local n
	small_log | parse -o entry
	dir-extract entry | depth-sort | dir-load db
	for n in $(cuts entry); do
		statuses=0
		head -c "$n" entry | dir-extract 2>err1 | depth-sort 2>err2 | dir-load out.db 2>err3 ||
			statuses="${PIPESTATUS[*]}"
		[[ $statuses == '0 3 3 3' ]] || { echo "cut at $n: $statuses"; return 1; }
		[[ ! -e out.db && -s err1 && -s err2 && -s err3 ]]
		statuses=0
		head -c "$n" entry | stats-accum 2>err1 | stats-load --no-names db 2>err2 ||
			statuses="${PIPESTATUS[*]}"
		[[ $statuses == '0 3 3' ]] || { echo "cut at $n: $statuses"; return 1; }
		not_complete db
	done
	stats-accum entry | stats-load --no-names db
	sound db
}

@test "pipeline: cut before a loader at any boundary, no database is complete" {
	local n
	small_log | parse -o entry
	dir-extract entry | depth-sort -o dir
	stats-accum entry -o usage
	dir-load db dir
	for n in $(cuts dir); do
		statuses=0
		head -c "$n" dir | dir-load out.db 2>/dev/null || statuses="${PIPESTATUS[*]}"
		[[ $statuses == '0 3' && ! -e out.db ]] || { echo "cut at $n: $statuses"; return 1; }
	done
	for n in $(cuts usage); do
		statuses=0
		head -c "$n" usage | stats-load --no-names db 2>/dev/null || statuses="${PIPESTATUS[*]}"
		[[ $statuses == '0 3' ]] || { echo "cut at $n: $statuses"; return 1; }
		not_complete db
	done
	[[ $(ls) == $'db\ndir\nentry\nusage' || $(ls) == $'db\ndb-journal\ndir\nentry\nusage' ]]
}

# refuse_log LOG: neither branch may come to an end.
refuse_log() {
	local statuses=0
	parse "$1" 2>err | dir-extract 2>/dev/null | depth-sort 2>/dev/null |
		dir-load out.db 2>/dev/null || statuses="${PIPESTATUS[*]}"
	[[ $statuses == '3 3 3 3' && ! -e out.db && -s err ]] || { echo "$1: $statuses"; return 1; }
	dir-load --replace db "$fixtures/wide.dir"
	statuses=0
	parse "$1" 2>err | stats-accum 2>/dev/null | stats-load --no-names db 2>/dev/null ||
		statuses="${PIPESTATUS[*]}"
	[[ $statuses == '3 3 3' ]] || { echo "$1: $statuses"; return 1; }
	not_complete db
	run -3 scan-import -q -f fs1 --scan-date $SCAN_DATE --db import.db "$1"
	[[ ! -e import.db && ! -e import.db.import ]]
}

@test "pipeline: a damaged or cut compressed log" {
	local size tool
	head -n 30000 "$fixtures/wide.log" >log
	for tool in xz gzip zstd; do
		$tool -1 -qc log >whole
		size=$(stat -c %s whole)
		head -c $((size / 2)) whole >half
		refuse_log half
		[[ $(<err) == *half*"$tool"* ]]
	done
	xz -1c log >whole
	head -c -1 whole >shorter
	refuse_log shorter
	perl -0777 -pe 'substr($_, length() / 2, 1) ^= "\x10"' whole >flipped
	refuse_log flipped
	head -c 8 whole >start
	refuse_log start
	: >nothing
	refuse_log nothing
	xz -c nothing >packed
	refuse_log packed
	head -c -1 log >unended
	refuse_log unended
	# Twice packed is no log.
	xz -c whole >twice
	refuse_log twice
}

@test "pipeline: a stage that is killed leaves no complete database" {
	local stage signal statuses
	small_log >small
	dir-load base.db "$fixtures/wide.dir"
	for signal in KILL TERM; do
		for stage in gpfs-parse dir-extract depth-sort stats-accum dir-load stats-load; do
			[[ $signal == KILL || $stage == gpfs-parse ]] || continue
			rm -f go pid db out.db
			cp base.db db
			# The stage is started by a shell that tells its number; the log stops half way.
			log() {
				head -n 50000 "$fixtures/wide.log"
				while [[ ! -s pid ]]; do sleep 0.01; done
				sleep 0.2
				kill -$signal "$(<pid)"
				tail -n +50001 "$fixtures/wide.log"
			}
			stage() {
				local name=$1
				if [[ $name == "$stage" ]]; then
					bash -c 'echo $$ >pid.new; mv pid.new pid; exec "$0" "$@"' "$@"
				else
					"$@"
				fi
			}
			statuses=0
			if [[ $stage == stats-* ]]; then
				log | stage gpfs-parse -q -f fs1 --scan-date $SCAN_DATE --source wide.log - |
					stage stats-accum | stage stats-load --no-names db 2>/dev/null || statuses=$?
			else
				log | stage gpfs-parse -q -f fs1 --scan-date $SCAN_DATE --source wide.log - |
					stage dir-extract | stage depth-sort | stage dir-load out.db 2>/dev/null || statuses=$?
			fi 2>/dev/null
			((statuses != 0)) || { echo "$stage $signal: status 0"; return 1; }
			[[ ! -e out.db ]] || { echo "$stage $signal: a database"; return 1; }
			not_complete db
		done
	done
	stats-load --no-names db "$fixtures/wide.usage"
	sound db
}

# ---- text that went through other programs ----

@test "pipeline: rows that went through awk are marked for good" {
	small_log | parse -o entry
	# The loss-free recipe keeps the first two lines; of #end it keeps what the condition says.
	rec-cat entry | awk -F '\t' 'NR <= 2 || $5 == 1000' >rows
	run -3 --separate-stderr dir-extract rows
	[[ $stderr == *"#end line is missing"* ]]
	dir-extract --unverified rows -o mentions
	rec-cat --info mentions | grep -qx assumptions=unverified
	# The mark needs no further option, and no later program takes it away.
	depth-sort mentions | tee dir | rec-cat | rec-cat -b | dir-load db
	stats-accum --unverified rows | tee usage | depth-sort | stats-load --no-names db
	rec-cat --info usage | grep -qx assumptions=unverified
	[[ $(sqlite3 db 'SELECT assumptions, total_files FROM scan_metadata') == 'unverified|8' ]]
	[[ $(sqlite3 db 'SELECT uid FROM usage_nr GROUP BY 1') == 1000 ]]
	[[ $(sqlite3 db 'SELECT file_count_r FROM directory_stats WHERE dir_id = 1') == 8 ]]
	# One shard that is not verified is enough.
	line 1 /d/f | parse --source other | stats-accum | depth-sort -m - usage | rec-cat --info - |
		grep -qx assumptions=unverified
}

@test "pipeline: an #end line that counts other rows is taken with --unverified only" {
	small_log | parse -o entry
	rec-cat entry | grep -v socket >rows
	run -3 dir-extract rows
	run -3 dir-load x.db <(dir-extract rows 2>/dev/null | depth-sort)
	dir-extract --unverified rows | depth-sort | dir-load db
	stats-accum --unverified rows | stats-load --no-names db
	[[ $(sqlite3 db 'SELECT assumptions, total_files FROM scan_metadata') == 'unverified|18' ]]
	# --unverified of a stream that nobody has touched marks it all the same.
	rec-cat --unverified -b <(rec-cat entry) | rec-cat --info - | grep -qx assumptions=unverified
	# And it is about text: binary streams are always verified.
	run -3 rec-cat --unverified <(head -c -1 entry)
	rec-cat --unverified -b entry | cmp entry
}

@test "pipeline: bare rows need --kind" {
	small_log | parse -o entry
	rec-cat entry | grep '^/' >rows
	run -3 --separate-stderr dir-extract --unverified rows
	[[ $stderr == *--kind* ]]
	run -3 dir-extract --kind entry rows
	run -3 dir-extract --unverified --kind dir rows
	run -3 dir-extract --unverified --kind usage rows
	dir-extract --unverified --kind entry rows | rec-cat --info - >info
	grep -qx assumptions=unverified info
	run -1 grep scan_date info
	run -2 --separate-stderr stats-accum --unverified --kind entry rows
	[[ $stderr == *--scan-date* ]]
	dir-extract --unverified --kind entry rows | depth-sort | dir-load db
	stats-accum --unverified --kind entry --scan-date $SCAN_DATE rows -o usage
	# A date that only stats-accum was told is no contradiction, another file system is.
	run -3 stats-load --no-names db <(rec-cat usage | sed '1s/age_by/filesystem=x\tage_by/')
	not_complete db
	stats-load --no-names db usage
	[[ $(sqlite3 db 'SELECT assumptions, total_files, scan_timestamp, lines FROM scan_metadata') == \
		'unverified|19|1768089600|0' ]]
	# Sorted by hand, and all columns but the first line there.
	cmp <(rec-cat usage | sed 1d | rec-cat --unverified --kind usage | sed '1d;$d') \
		<(rec-cat usage | sed '1d;$d')
	# Rows of paths that are none of ours.
	run -3 dir-extract --unverified --kind entry <(echo 'no row')
	run -3 dir-extract --unverified --kind entry <(printf '/x\t-\n')
}

# ---- shapes that hurt ----

# frugal LIMIT COMMAND...: run a command in no more than LIMIT KiB.
frugal() {
	local used
	rm -f peak
	command time -f %M -o peak "${@:2}"
	used=$(tail -n 1 peak)
	sanitized || ((used <= $1)) || { echo "${*:2}: $used KiB, not $1" >&2; return 1; }
}

# With -S 4M: what a program may take beside it is its code and libraries, SQLite above all, and
# what 30,000 open directories take.
small() {
	frugal $((4096 + 8192)) "$1" -S 4M -T . "${@:2}"
}

# shape FILES DIRECTORIES OPTION...: import a log of make-log by programs that have 4M each, and
# check the totals.
shape() {
	make-log --plain "${@:3}" >log
	small gpfs-parse -q -f fs1 --scan-date $SCAN_DATE log -o entry
	small dir-extract entry -o mentions
	small depth-sort mentions -o dir
	small dir-load db dir
	small stats-accum entry -o usage
	small stats-load --no-names db usage
	[[ $(sqlite3 db 'SELECT total_files, total_directories FROM scan_metadata') == "$1|$2" ]]
	[[ $(sqlite3 db 'SELECT file_count_r, dir_count_r + 1 FROM directory_stats WHERE dir_id = 1') == \
		"$1|$2" ]]
	sound db
}

@test "pipeline: each file has its own owner, at 4M" {
	shape 40000 1003 --shape owners --lines 40000
	[[ $(sqlite3 db 'SELECT count(*), min(total_files), max(total_files) FROM owner_summary') == \
		'40000|1|1' ]]
	# All of them belong to the root of the scan.
	[[ $(sqlite3 db 'SELECT count(*) FROM usage_r WHERE dir_id = 3') == 40000 ]]
}

@test "pipeline: all children in one directory, at 4M" {
	shape 30000 30003 --shape wide --lines 60000
	[[ $(sqlite3 db 'SELECT file_count_nr, dir_count_nr FROM directory_stats WHERE dir_id = 3') == \
		'30000|30000' ]]
}

@test "pipeline: one path of 30,000 components, at 4M" {
	shape 3 30000 --shape deep
	[[ $(sqlite3 db 'SELECT max(depth) FROM directories') == 29999 ]]
	[[ $(sqlite3 db 'SELECT count(*) FROM directory_stats WHERE file_count_r = 1') == 10000 ]]
}

@test "pipeline: each directory holds one file, at 4M" {
	shape 20000 20320 --shape singles --lines 20000
	[[ $(sqlite3 db 'SELECT count(*) FROM directory_stats WHERE file_count_nr = 1') == 20000 ]]
}

@test "pipeline: the same shapes, larger" {
	slow
	shape 100000 1003 --shape owners --lines 100000
	rm -f db
	shape 500000 500003 --shape wide --lines 1000000
	rm -f db
	shape 100000 100320 --shape singles --lines 100000
}

@test "pipeline: 1.5 million lines and 700,000 directories at -S 64M in 96 MiB" {
	slow
	local stage
	# 689,988 directories with a line each, in 9,858 without one.
	perl -e '
		for (1 .. 1500000) {
			my $i = $_ * 48271 % 1500007;
			my $run = $i % 690000;
			my $dir = sprintf("/gpfs/fs1/project%d/run%06d", $run / 70, $run);
			my ($type, $name) = $i < 690000 ? ("d", "") : ("-", "/file$i.nc");
			printf "<%d> %d 1 0  s=%d a=%d u=%d g=%d m=FAu p=%srwxr-xr-x ac=20%02d-%02d-11 10:00:00 " .
				"mt=2019-01-01 00:00:00 cr=2019-01-01 00:00:00 nl=1 -- %s%s\n", $i % 8, $i,
				$i * 131 % 100000000, $i * 131 % 97657, $i % 97, $i % 13, $type,
				16 + $i % 10, 1 + $i % 12, $dir, $name;
		}' >${DAY}_csfs1_big.list.log
	measured_programs used
	TREETALLY_BUILD=$PWD/programs scan-import -q --no-names -S 64M ${DAY}_csfs1_big.list.log
	sound big.db
	[[ $(sqlite3 big.db 'SELECT lines, total_directories FROM scan_metadata') == '1500000|699861' ]]
	[[ $(sqlite3 big.db 'SELECT directory_lines FROM scan_metadata') == 689[0-9][0-9][0-9] ]]
	cat used
	[[ $(wc -l <used) == 6 ]]
	sanitized || [[ $(sort -n used | tail -n 1 | cut -d ' ' -f 1) -le 98304 ]]
}

# ---- a real tree ----

@test "pipeline: a real tree has the files and bytes that find and du see" {
	local tree=/usr/share/doc files allocated apparent inodes
	[[ -d $tree ]] || tree=/usr/include
	scan-tree --filesystem real $tree >log
	import db log
	sound db
	# Allocated as the log has it: whole KiB, and the data of small files without blocks in the inode.
	read -r files apparent allocated < <(find $tree -xdev ! -type d -printf '%s %k %y\n' | awk '{
		files++; apparent += $1
		allocated += $2 == 0 && $3 == "f" && $1 <= 4096 ? $1 : 1024 * $2
	} END { printf "%d %.0f %.0f\n", files, apparent, allocated }')
	[[ $(sqlite3 db 'SELECT total_files, apparent_size, total_size FROM scan_metadata') == \
		"$files|$apparent|$allocated" ]]
	# Files and directories, by du; hard links count once for each name.
	inodes=$(du -x -l --inodes -s $tree | cut -f 1)
	[[ $(sqlite3 db 'SELECT total_files + directory_lines FROM scan_metadata') == "$inodes" ]]
	[[ $(sqlite3 db "SELECT file_count_r + dir_count_r + 1 FROM directory_stats
		WHERE dir_id = (SELECT scan_root_id FROM scan_metadata)") == "$inodes" ]]
	[[ $(sqlite3 db 'SELECT scan_root FROM scan_metadata') == "$(realpath $tree)" ]]
	# And below: the same for each child of the root.
	cmp <(sqlite3 -separator ' ' db "SELECT file_count_r + dir_count_r + 1, name
			FROM directories JOIN directory_stats USING(dir_id)
			WHERE parent_id = (SELECT scan_root_id FROM scan_metadata) ORDER BY name") \
		<(cd $tree && du -x -l --inodes -d 1 . | sed -n 's|\t\./| |p' | sort -k 2)
}

@test "pipeline: inodes and generations of all 64 bits, from the log to the database and back" {
	local n i=0 d=drwxr-xr-x most=18446744073709551615
	local numbers=(0 9223372036854775807 9223372036854775808 9223372036854775809 18446744073709551614 "$most")
	for n in "${numbers[@]}"; do
		line "$n" /fs1/d$i 4096 4 0 0 $d | sed "s/ 1910420955 / $n /"
		line "$n" /fs1/d$i/implied/f 1 8 1 1 | sed "s/ 1910420955 / $n /"
		((++i))
	done >log
	gpfs-parse -q -f fs1 --scan-date $SCAN_DATE log -o entry
	rows entry | cut -f 1,3,4 >got
	i=0
	for n in "${numbers[@]}"; do printf '/fs1/d%s\t%s\t%s\n' "$i" "$n" "$n" "$((i++))/implied/f" "$n" "$n"; done | sort >want
	sort got | cmp - want
	dir-extract entry | depth-sort -o dirs
	# Only paths differ between the streams and their text.
	rec-cat dirs | rec-cat -b | cmp - dirs
	dir-load db dirs
	stats-accum entry | stats-load -q --no-names db
	scan-audit -q db --log log
	sqlite3 db "SELECT printf('%s %s', inode, generation) FROM directories WHERE inode IS NOT NULL
		ORDER BY dir_id" >got
	printf '%s\n' '0 0' "9223372036854775807 9223372036854775807" \
		"-9223372036854775808 -9223372036854775808" "-9223372036854775807 -9223372036854775807" \
		'-2 -2' '-1 -1' | cmp - got
	[[ $(sqlite3 db 'SELECT count(*) FROM directories WHERE inode IS NULL AND generation IS NULL') == 8 ]]
	[[ $(sqlite3 db "SELECT printf('%u', inode) FROM directories WHERE name = 'd5'") == "$most" ]]
	compare-db db log -f fs1 --scan-date $SCAN_DATE
	# What is not there must not pass for the number that looks like it.
	sqlite3 db "UPDATE directories SET inode = NULL, generation = NULL, uid = NULL, gid = NULL, mode = NULL,
		allocated = NULL WHERE name = 'd2'; UPDATE scan_metadata SET implied_directories = 9"
	run -1 scan-audit -q db --log log
}
