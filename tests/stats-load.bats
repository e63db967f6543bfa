#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# stats-load: the tables of numbers, the checks that both streams are of one scan, and what a run that fails leaves.
load lib/helper

setup() {
	common_setup
	make_stream dir good.dir
	make_stream usage good.usage
	dir-load t.db good.dir
}

# scan LOG: LOG.dir and LOG.usage.
scan() {
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 "$1" -o "$1.entry"
	dir-extract "$1.entry" | depth-sort -o "$1.dir"
	stats-accum "$1.entry" -o "$1.usage"
	rm "$1.entry"
}

# finish LOG [OPTIONS of stats-load]: a complete database LOG.db, without names.
finish() {
	scan "$1"
	dir-load --replace "$1.db" "$1.dir"
	stats-load --no-names "$1.db" "$1.usage" "${@:2}"
}

# The state that a failed run must leave.
only_directories() {
	[ "$(query t.db 'SELECT count(*) FROM scan_metadata')" = 0 ]
	[ "$(query t.db 'SELECT count(*) FROM directories')" = 11 ]
}

# The database against itself: every number derived again from usage_nr and directories, in SQL.
validate() {
	local rows
	rows=$(query "$1" "
		SELECT 'parent', dir_id FROM directories WHERE (parent_id IS NULL) <> (dir_id = 1);
		SELECT 'depth', c.dir_id FROM directories AS c JOIN directories AS p ON p.dir_id = c.parent_id
			WHERE c.depth <> p.depth + 1 OR c.dir_id <= p.dir_id;
		SELECT 'no statistics', dir_id FROM directories WHERE dir_id NOT IN (SELECT dir_id FROM directory_stats);
		SELECT 'no directory', dir_id FROM directory_stats WHERE dir_id NOT IN (SELECT dir_id FROM directories);
		SELECT 'ids', count(*) FROM directories HAVING count(*) <> max(dir_id);
		PRAGMA foreign_key_check;
		SELECT 'children', dir_id FROM directory_stats AS s
			WHERE dir_count_nr <> (SELECT count(*) FROM directories WHERE parent_id = s.dir_id);
		SELECT 'nr', s.dir_id FROM directory_stats AS s
			LEFT JOIN (SELECT dir_id, sum(file_count) AS n, sum(total_size) AS t, sum(apparent_size) AS a
				FROM usage_nr GROUP BY dir_id) AS u USING (dir_id)
			WHERE (file_count_nr, total_size_nr, apparent_size_nr) <> (ifnull(n, 0), ifnull(t, 0), ifnull(a, 0));
		SELECT 'recursive', s.dir_id FROM directory_stats AS s
			JOIN (SELECT parent_id, sum(file_count_r) AS n, sum(total_size_r) AS t, sum(dir_count_r) + count(*) AS d,
					max(max_atime_r) AS atime, max(max_mtime_r) AS mtime
				FROM directories JOIN directory_stats USING (dir_id) GROUP BY parent_id) AS c
				ON c.parent_id = s.dir_id
			WHERE file_count_r <> file_count_nr + n OR total_size_r <> total_size_nr + t OR dir_count_r <> d
				OR max_atime_r IS NOT nullif(max(ifnull(max_atime_nr, -1e18), ifnull(atime, -1e18)), -1e18)
				OR max_mtime_r IS NOT nullif(max(ifnull(max_mtime_nr, -1e18), ifnull(mtime, -1e18)), -1e18);
		SELECT 'usage_r', r.dir_id FROM directory_stats AS r WHERE dir_id IN (SELECT dir_id FROM usage_r) AND EXISTS (
			SELECT uid, gid, age_bucket, size_bucket, sum(file_count), sum(total_size), sum(apparent_size)
				FROM usage_nr WHERE dir_id BETWEEN r.dir_id AND r.dir_id + r.dir_count_r GROUP BY 1, 2, 3, 4
			EXCEPT SELECT uid, gid, age_bucket, size_bucket, file_count, total_size, apparent_size
				FROM usage_r WHERE dir_id = r.dir_id);
		SELECT 'usage_r rows', r.dir_id FROM directory_stats AS r WHERE dir_id IN (SELECT dir_id FROM usage_r)
			AND (SELECT count(*) FROM usage_r WHERE dir_id = r.dir_id) <> (SELECT count(*) FROM (
				SELECT DISTINCT uid, gid, age_bucket, size_bucket FROM usage_nr
				WHERE dir_id BETWEEN r.dir_id AND r.dir_id + r.dir_count_r));
		SELECT 'owner', s.dir_id FROM directory_stats AS s WHERE owner_uid IS NOT (
			SELECT CASE count(DISTINCT uid) WHEN 0 THEN -1 WHEN 1 THEN min(uid) END FROM usage_nr AS u
			WHERE u.dir_id BETWEEN s.dir_id AND s.dir_id + s.dir_count_r) AND dir_count_r < 2000;
		SELECT 'group', s.dir_id FROM directory_stats AS s WHERE owner_gid IS NOT (
			SELECT CASE count(DISTINCT gid) WHEN 0 THEN -1 WHEN 1 THEN min(gid) END FROM usage_nr AS u
			WHERE u.dir_id BETWEEN s.dir_id AND s.dir_id + s.dir_count_r) AND dir_count_r < 2000;
		SELECT 'owner_summary', * FROM (SELECT uid, sum(total_size), sum(apparent_size), sum(file_count),
				count(DISTINCT dir_id) FROM usage_nr GROUP BY uid
			EXCEPT SELECT owner_uid, seen_size, seen_apparent, seen_files, directory_count FROM owner_summary);
		SELECT 'group_summary', * FROM (SELECT gid, sum(total_size), sum(apparent_size), sum(file_count),
				count(DISTINCT dir_id) FROM usage_nr GROUP BY gid
			EXCEPT SELECT owner_gid, seen_size, seen_apparent, seen_files, directory_count FROM group_summary);
		SELECT 'owned', owner_uid FROM owner_summary AS o
			WHERE directories_owned <> (SELECT count(*) FROM directories WHERE uid = o.owner_uid);
		SELECT 'owned', owner_gid FROM group_summary AS o
			WHERE directories_owned <> (SELECT count(*) FROM directories WHERE gid = o.owner_gid);
		SELECT 'age', * FROM (SELECT uid, age_bucket, sum(file_count), sum(total_size) FROM (
				SELECT uid, age_bucket, file_count, total_size FROM usage_nr UNION ALL
				SELECT uid, age_bucket, -repeated_files, -repeated_size FROM link_usage) GROUP BY 1, 2
			EXCEPT SELECT * FROM access_histogram);
		SELECT 'size', * FROM (SELECT uid, size_bucket, sum(file_count), sum(total_size) FROM (
				SELECT uid, size_bucket, file_count, total_size FROM usage_nr UNION ALL
				SELECT uid, size_bucket, -repeated_files, -repeated_size FROM link_usage) GROUP BY 1, 2
			EXCEPT SELECT * FROM size_histogram);
		SELECT 'group_owners', * FROM (SELECT DISTINCT gid, uid FROM usage_nr EXCEPT SELECT gid, uid FROM group_owners);
		SELECT 'group_owners', * FROM (SELECT gid, uid FROM group_owners EXCEPT SELECT gid, uid FROM usage_nr);
		SELECT 'once', * FROM (SELECT uid, seen_size - total_size, seen_apparent - apparent_size, seen_files - total_files
				FROM owner_summary JOIN (SELECT DISTINCT uid FROM link_usage) ON uid = owner_uid
			EXCEPT SELECT uid, sum(repeated_size), sum(repeated_apparent), sum(repeated_files)
				FROM link_usage GROUP BY uid);
		SELECT 'totals', total_files FROM scan_metadata, directory_stats WHERE dir_id = 1 AND
			(total_files, total_size, apparent_size, total_directories) <>
			(file_count_r, total_size_r, apparent_size_r, dir_count_r + 1);
		SELECT 'implied' FROM scan_metadata
			WHERE implied_directories <> (SELECT count(*) FROM directories WHERE inode IS NULL);")
	[ -z "$rows" ] || { echo "$rows" | head -20; return 1; }
	[ "$(query "$1" 'PRAGMA integrity_check')" = ok ]
	diff <(reference --summed "$1") \
		<(query "$1" 'SELECT DISTINCT dir_id FROM usage_r ORDER BY 1')
}

@test "stats-load: a small scan, number by number" {
	stats-load --no-names t.db good.usage
	query t.db 'SELECT * FROM directory_stats' >got
	cat >expected <<-END
		1 0 0 0 1 NULL NULL 19 125796056 126612942 10 1768348800 1763200800 NULL NULL
		2 0 0 0 1 NULL NULL 19 125796056 126612942 9 1768348800 1763200800 NULL NULL
		3 1 8192 1024 5 1764583200 1763200800 19 125796056 126612942 8 1768348800 1763200800 NULL NULL
		4 6 2133720 3066386 1 1768348800 1763200800 9 125599448 126523177 2 1768348800 1763200800 NULL NULL
		5 1 123457536 123456789 1 1514808000 1763200800 3 123465728 123456791 1 1764583200 1763200800 NULL NULL
		6 2 8192 2 0 1764583200 1763200800 2 8192 2 0 1764583200 1763200800 1001 101
		7 1 131072 70000 0 1764583200 1763200800 1 131072 70000 0 1764583200 1763200800 1001 101
		8 5 32768 10035 1 1764583200 1763200800 6 40960 10547 1 1764583200 1763200800 NULL NULL
		9 1 8192 512 0 1764583200 1763200800 1 8192 512 0 1764583200 1763200800 1001 101
		10 2 16384 8194 0 1764583200 1763200800 2 16384 8194 0 1764583200 1763200800 1001 101
		11 0 0 0 0 NULL NULL 0 0 0 0 NULL NULL -1 -1
	END
	diff expected got
	validate t.db
	[ "$(query t.db 'SELECT scan_root, scan_root_id, filesystem, age_by, assumptions, digest FROM scan_metadata')" = \
		"/gpfs/fs1 3 fs1 atime  18f59925cea2c3a1728373a897228ef9" ]
	[ "$(ls)" = $'expected\ngood.dir\ngood.usage\ngot\nt.db' ]
}

@test "stats-load: every table holds what the reference computes" {
	make-log --lines 12000 --seed 5 >log
	finish log -S 4M
	validate log.db
	compare-db log.db -f fs1 --scan-date 2026-01-15 log
}

@test "stats-load: rows do not depend on memory or threads" {
	local shape
	for shape in mixed owners singles; do
		make-log --shape $shape --lines 12000 --plain >log
		finish log -S 4M -j 1
		reference --dump log.db >small
		finish log -S 256M -j 4
		reference --dump log.db >large
		cmp small large
		validate log.db
	done
}

# The time of an import stands in the file, so both must be made in one second.
@test "stats-load: the same bytes for any number of threads" {
	local threads each made
	make-log --shape owners --lines 12000 --plain >log
	make-links --seed 3 --inodes 4000 --dirs 3000 >>log
	scan log
	dir-load fresh.db log.dir
	for threads in 2 3 4 8; do
		for _ in {1..50}; do
			for each in 1 "$threads"; do
				cp fresh.db "$each.db"
				stats-load -q --no-names -S 64M -j "$each" "$each.db" log.usage
				made[each]=$(query "$each.db" 'SELECT import_timestamp FROM scan_metadata')
			done
			((made[1] != made[threads])) || break
		done
		cmp 1.db "$threads.db"
	done
	validate 1.db
}

@test "stats-load: a path of 30,000 components, in 4 MiB" {
	printf '%s/f\n' "$(printf '/d%.0s' {1..30000})" >path
	line 1 "$(<path)" >log
	finish log -S 4M
	[ "$(query log.db 'SELECT count(*), sum(file_count_r), max(dir_count_r) FROM directory_stats')" = "30001 30001 30000" ]
	[ "$(query log.db 'SELECT scan_root_id FROM scan_metadata')" = 30001 ]
	[ "$(query log.db 'SELECT scan_root FROM scan_metadata')/f" = "$(<path)" ]
	[ "$(query log.db 'SELECT count(*), max(dir_id) FROM usage_r')" = "1 30001" ]
}

@test "stats-load: directories that stay open while the window moves on" {
	# 10,000 directories below /gpfs/fs1/a, then files in its sibling: /, gpfs, fs1 and a are written late.
	for i in {1..10000}; do echo "/gpfs/fs1/a/$i"; done >dirs
	{
		awk '{ printf "<0> %d 1 0  s=1 a=4 u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- %s/f\n", NR, NR % 3, $0 }' dirs
		line 9 /gpfs/fs1/b/f
	} >log
	finish log
	validate log.db
	dir-load --replace log.db log.dir
	stats-load -v --no-names log.db log.usage 2>stderr
	grep -q '^stats-load: 10005 directories (4 written late), ' stderr
}

@test "stats-load: pages of tables that are written in order are full" {
	big_log 100000 >log
	finish log
	[ "$(query log.db "SELECT name FROM dbstat WHERE pagetype = 'leaf' AND name IN ('directories', 'directory_stats', 'usage_nr')
		GROUP BY name HAVING sum(unused) > 0.03 * sum(pgsize)")" = "" ]
	[ "$(query log.db 'PRAGMA freelist_count')" = 0 ]
}

@test "stats-load: usage_r where it saves 4096 rows and there is a child, and not with one less" {
	slow
	# 1,000 owners: each file makes a row of usage_nr, four or more of which make one of usage_r.
	for count in 4095 4096; do
		{
			line 1 /gpfs/fs1 1 1 0 0 drwxr-xr-x
			for ((i = 1; i <= count; i++)); do echo "$i"; done |
				awk '{ printf "<0> %d 1 0  s=1 a=4 u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /gpfs/fs1/p/%d/f%d\n", NR, NR % 1000, NR / 1000, NR }'
			# As many rows without a child: no rows there.
			for ((i = 1; i <= count; i++)); do echo "$i"; done |
				awk '{ printf "<0> %d 1 0  s=1 a=4 u=%d g=6 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /gpfs/fs1/leaf/%s\n", NR, NR, NR }'
		} >log
		finish log
		validate log.db
		query log.db 'SELECT path FROM tree WHERE dir_id IN (SELECT dir_id FROM usage_r) ORDER BY dir_id' >"with$count"
	done
	[ "$(<with4095)" = /gpfs/fs1 ]
	[ "$(<with4096)" = $'/gpfs/fs1\n/gpfs/fs1/p' ]
}

# chain LEVELS OWNERS GROUPS FILES: a path of so many directories, files on each level, whose owners and
# groups take turns; ages differ from level to level.
chain() {
	awk -v levels="$1" -v owners="$2" -v groups="$3" -v files="$4" 'BEGIN {
		path = "/c"
		for (i = 0; i < levels; i++) {
			path = path "/d"
			for (j = 0; j < files; j++)
				printf "<0> %d 1 0  s=1 a=%d u=%d g=%d p=-rw-r--r-- ac=%d-01-01 00:00:00 -- %s/%d\n",
					i * files + j, 10 ^ (i % 6), (i * files + j) % owners, (i + j) % groups,
					2016 + i % 10, path, j
		}
	}'
}

# fork DEPTH OWNERS: a binary tree, 16 files in each of its leaves.
fork() {
	awk -v depth="$1" -v owners="$2" 'BEGIN {
		for (i = 0; i < 2 ^ depth; i++) {
			path = "/t"
			for (k = depth - 1; k >= 0; k--)
				path = path "/" int(i / 2 ^ k) % 2
			for (j = 0; j < 16; j++)
				printf "<0> %d 1 0  s=1 a=4 u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- %s/%d\n",
					16 * i + j, (16 * i + j) % owners, path, j
		}
	}'
}

# bounded LOG: it loads in a time, and into rows, that go with its lines; and that is what it must be.
bounded() {
	local rows sums took
	took=$(cpu finish "$1" -S 16M)
	((took < 6000)) || { echo "$1: $took hundredths of a second"; return 1; }
	sums=$(query "$1.db" 'SELECT (SELECT count(*) FROM usage_nr), (SELECT count(*) FROM usage_r WHERE
		dir_id > (SELECT scan_root_id FROM scan_metadata)), (SELECT count(*) FROM usage_by)')
	read -r nr r _ <<<"$sums"
	((3 * r <= nr)) || { echo "$1: $nr rows of usage_nr, $r of usage_r below the scan root"; return 1; }
	rows=$(query "$1.db" 'SELECT (SELECT count(*) FROM directories) * 2 + (SELECT count(*) FROM usage_nr) +
		(SELECT count(*) FROM usage_r) + (SELECT count(*) FROM usage_by)')
	((rows <= 8 * $(wc -l <"$1") + 8 * $(query "$1.db" 'SELECT count(*) FROM directories'))) ||
		{ echo "$1: $rows rows from $(wc -l <"$1") lines"; return 1; }
	diff <(reference --summed "$1.db") \
		<(query "$1.db" 'SELECT DISTINCT dir_id FROM usage_r ORDER BY 1')
	scan-audit -q "$1.db"
}

@test "stats-load: rows and time stay within a constant of the lines, for trees of bad shapes" {
	slow
	chain 1500 1 16 4 >groups
	chain 2000 1000000 1 3 >owners
	chain 500 40 2 40 >dense
	fork 11 1000000 >singles
	fork 11 500 >few
	local log
	for log in groups owners dense singles few; do bounded $log; done
	# Where rows save enough, they are there; where every file has a key of its own they never do.
	(($(query groups.db 'SELECT count(DISTINCT dir_id) FROM usage_r') > 1))
	(($(query dense.db 'SELECT count(DISTINCT dir_id) FROM usage_r') > 1))
	(($(query few.db 'SELECT count(DISTINCT dir_id) FROM usage_r') > 5))
	(($(query singles.db 'SELECT count(DISTINCT dir_id) FROM usage_r') == 1))
	# More rows of open directories than memory takes: they wait on disk.
	chain 600 100 8 1000 >disk
	bounded disk
	(($(query disk.db 'SELECT count(DISTINCT dir_id) FROM usage_r') > 3))
}

@test "stats-load: a chain of 16,000 levels with an owner each, one of 5,000 with 16 groups" {
	slow
	chain 16000 1000000 1 1 >owners
	bounded owners
	chain 5000 1 16 2 >groups
	bounded groups
}

@test "stats-load: the scan root, wherever it is" {
	# one directory with files alone; a directory line alone; two trees; a file in /
	line 1 /a/b/c/f >leaf
	line 1 /a/b 1 1 0 0 drwxr-xr-x >dir
	{ line 1 /a/b/f; line 2 /a/c/d/e; } >two
	{ line 1 /f; line 2 /a/c/d/e; } >root
	{ line 1 /a/b 1 1 0 0 drwxr-xr-x; line 2 /a/b/c/d/e; } >lined
	{ line 1 /a/b/c/d/x; line 2 /a/b/f; } >above
	for log in leaf dir two root lined above; do
		finish $log
		validate $log.db
		query $log.db 'SELECT scan_root, scan_root_id, (SELECT group_concat(DISTINCT dir_id) FROM usage_r) FROM scan_metadata'
	done >got
	cat >expected <<-END
		/a/b/c 4 4
		/a/b 3 NULL
		/a 2 2
		/ 1 1
		/a/b 3 3
		/a/b 3 3
	END
	diff expected got
}

@test "stats-load: a scan root without children that has more rows than fit in memory" {
	awk 'BEGIN { for (i = 0; i < 20000; i++)
		printf "<0> %d 1 0  s=1 a=4 u=%d g=%d p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /gpfs/fs1/%d\n", i, i, i % 300, i }' >log
	finish log -S 4M
	validate log.db
	[ "$(query log.db 'SELECT count(*) FROM usage_r')" = 20000 ]
	# More groups in one directory than are told apart in memory.
	[ "$(query log.db 'SELECT count(*), min(directory_count), max(directory_count) FROM group_summary')" = "300 1 1" ]
}

@test "stats-load: owners of directories: none, one, several" {
	{
		line 1 /r/one/a 1 4 5 6
		line 2 /r/one/sub/b 1 4 5 7
		line 3 /r/several/a 1 4 5 6
		line 4 /r/several/b 1 4 4294967294 6
		line 5 /r/none 1 4 5 6 drwxr-xr-x
		line 6 /r/none/empty 1 4 9 9 drwxr-xr-x
		line 7 /r/big/f 1 4 4294967294 4294967295
	} >log
	finish log
	query log.db 'SELECT path, owner_uid, owner_gid FROM tree ORDER BY dir_id' >got
	cat >expected <<-END
		/ NULL NULL
		/r NULL NULL
		/r/big 4294967294 4294967295
		/r/none -1 -1
		/r/none/empty -1 -1
		/r/one 5 NULL
		/r/one/sub 5 7
		/r/several NULL 6
	END
	diff expected got
	[ "$(query log.db 'SELECT * FROM owner_summary WHERE owner_uid = 9')" = "9 0 0 0 0 0 0 0 1" ]
	validate log.db
}

@test "stats-load: a scan without files" {
	line 1 /r/a 1 4 5 6 drwxr-xr-x >log
	finish log
	validate log.db
	[ "$(query log.db 'SELECT count(*) FROM usage_nr')" = 0 ]
	[ "$(query log.db 'SELECT max_atime_r, max_mtime_r, owner_uid FROM directory_stats WHERE dir_id = 1')" = "NULL NULL -1" ]
}

@test "stats-load: times that are missing are NULL" {
	line 1 /r/f | sed 's/mt=[^ ]* [^ ]*//' >log
	finish log
	[ "$(query log.db 'SELECT max_atime_nr, max_mtime_nr, max_mtime_r FROM directory_stats WHERE dir_id = 2')" = "1764583200 NULL NULL" ]
}

@test "stats-load: file lengths that add up to more than 2^63-1 stop there, with one warning" {
	local length=9223372036854775807
	{ line 1 /r/a/f $length 8; line 2 /r/b/f $length 8; line 3 /r/b/g 5 8; } >log
	scan log
	dir-load log.db log.dir
	run -0 stats-load --no-names log.db log.usage
	[ "$output" = "stats-load: log.db: file lengths add up to 2^63-1 bytes or more and are given as 2^63-1" ]
	[ "$(query log.db "SELECT group_concat(apparent_size_r, ' ') FROM (SELECT * FROM directory_stats ORDER BY dir_id)")" = \
		"$length $length $length $length" ]
	[ "$(query log.db 'SELECT apparent_size FROM owner_summary')" = $length ]
	[ "$(query log.db 'SELECT total_size_r FROM directory_stats WHERE dir_id = 1')" = 24576 ]
	dir-load --replace log.db log.dir
	run -0 stats-load -q --no-names log.db log.usage
	[ -z "$output" ]
}

@test "stats-load: needs a database that dir-load made and that is not complete" {
	run -4 stats-load --no-names absent.db good.usage
	[ "$output" = "stats-load: absent.db: is not there; dir-load makes it" ]
	[ ! -e absent.db ]
	stats-load --no-names t.db good.usage
	cp t.db before
	run -2 stats-load --no-names t.db good.usage
	[ "$output" = "stats-load: t.db: is complete already; dir-load --replace starts a new one" ]
	cmp t.db before
	sqlite3 plain.db 'CREATE TABLE t(a)'
	echo text >text
	: >empty
	dir-load newer.db good.dir
	sqlite3 newer.db 'PRAGMA user_version = 9'
	for file in plain.db text empty newer.db; do
		cp $file before
		run -3 stats-load --no-names $file good.usage
		[[ $output == "stats-load: $file: "*"; it is left as it is" ]]
		cmp $file before
	done
	# Said at once, not when the stream has come.
	mkfifo pipe
	run -2 timeout 60 stats-load --no-names t.db pipe
}

@test "stats-load: two logs are never mated" {
	small_log | sed 's/s=10 /s=11 /' >other
	scan other
	run -3 stats-load --no-names t.db other.usage
	[[ $output == "stats-load: other.usage: is not of the scan that dir-load read into t.db: apparent is 126612943 here and 126612942 there" ]]
	only_directories
	# The same numbers, another line.
	small_log | sed 's/nl=2 -- .*a.hard1/&x/' >other
	scan other
	run -3 stats-load --no-names t.db other.usage
	[[ $output == *": the digest of all entries is "*" here and 18f59925cea2c3a1728373a897228ef9 there" ]]
	only_directories
	small_log | gpfs-parse -f fs2 --scan-date 2026-01-15 - | stats-accum -o other.usage
	run -3 stats-load --no-names t.db other.usage
	[[ $output == *": the file system is fs2 here and fs1 there" ]]
	small_log | gpfs-parse -f fs1 --scan-date 2026-01-16 - | stats-accum -o other.usage
	run -3 stats-load --no-names t.db other.usage
	[[ $output == *": the scan date is 2026-01-16 here and 2026-01-15 there" ]]
	only_directories
	stats-load --no-names t.db good.usage
	validate t.db
}

@test "stats-load: the date may be known to stats-accum alone, and names of sources do not matter" {
	small_log | gpfs-parse -f fs1 --source one - -o log.entry
	dir-extract log.entry | depth-sort | dir-load --replace t.db
	small_log | gpfs-parse -f fs1 --source two - | stats-accum --scan-date 2026-01-15 | stats-load --no-names t.db
	[ "$(query t.db 'SELECT scan_timestamp, source_file, assumptions FROM scan_metadata')" = "1768435200 two " ]
}

@test "stats-load: usage of a directory that is not there is refused" {
	rec-cat good.usage | sed 's,^/gpfs/fs1/b\t1001,/gpfs/fs1/aa\t1001,' | depth-sort --unverified -o moved.usage
	run -3 stats-load -q --no-names t.db moved.usage
	[ "$output" = "stats-load: moved.usage: /gpfs/fs1/aa has files but is not in t.db: not the same scan" ]
	rec-cat good.usage | sed 's,^/gpfs/fs1/b c\t,/z\t,' | depth-sort --unverified -o moved.usage
	run -3 stats-load -q --no-names t.db moved.usage
	[[ $output == *": /z has files but is not in t.db: not the same scan" ]]
	only_directories
}

@test "stats-load: rows out of order, by path or by key, are refused" {
	rec-cat good.usage >t.tsv
	{ sed -n 1,2p t.tsv; sed -n 4p t.tsv; sed -n 3p t.tsv; sed -n '5,$p' t.tsv; } >path.tsv
	run -3 stats-load --no-names t.db path.tsv
	[[ $output == *": /gpfs/fs1: is not in tree order; send the stream through depth-sort" ]]
	{ sed -n 1,3p t.tsv; sed -n 5p t.tsv; sed -n 4p t.tsv; sed -n '6,$p' t.tsv; } >key.tsv
	run -3 stats-load --no-names t.db key.tsv
	[[ $output == *": /gpfs/fs1/a: has usage rows that are not in order; send the stream through depth-sort" ]]
	{ sed -n 1,4p t.tsv; sed -n '4,$p' t.tsv; } >twice.tsv
	run -3 stats-load --unverified --no-names t.db twice.tsv
	[[ $output == *"has usage rows that are not in order"* ]]
	depth-sort --by-level good.usage -o level.usage
	run -3 stats-load --no-names t.db level.usage
	[[ $output == *"is sorted by level; make it again without depth-sort --by-level" ]]
	only_directories
	stats-load --no-names t.db good.usage
}

@test "stats-load: unverified rows are taken, warned of and marked, from either branch" {
	rec-cat good.usage | awk -F'\t' 'NR <= 2 || $2 == 1001' >some.tsv
	run -3 stats-load --no-names t.db some.tsv
	only_directories
	run -0 stats-load --unverified --no-names t.db some.tsv
	[ "$output" = "stats-load: t.db: unverified rows: whether they are those of the scan is not checked" ]
	[ "$(query t.db 'SELECT assumptions, total_files, entries, lines FROM scan_metadata')" = "unverified 11 27 30" ]
	[ "$(query t.db 'SELECT count(*) FROM owner_summary WHERE total_files > 0')" = 1 ]
	validate t.db
	rec-cat good.dir | dir-load --unverified --replace t.db
	run -0 stats-load --no-names t.db good.usage
	[[ $output == *"unverified rows"* ]]
	[ "$(query t.db 'SELECT assumptions, total_files FROM scan_metadata')" = "unverified 19" ]
}

# assume STREAM WORDS: make them the assumptions of a stream.
assume() {
	stream-tool edit --seal "end=\\tsource=/\\tassumptions=$2\\tsource=" <"$1" >new
	mv new "$1"
}

# Names with bytes that --escape or --crlf read as something else, and one that is written the same.
@test "stats-load: branches that understood a log differently are never mated" {
	local how other
	{
		line 1 /fs1 4096 4 0 0 drwxr-xr-x
		line 2 /fs1/a%41b
		line 3 /fs1/plain
	} >log
	sed 's/$/\r/' log >crlf
	read_as() {
		gpfs-parse -q -f fs1 --scan-date 2026-01-15 --source log "$@"
	}
	for how in "log --escape none" "log --escape pct" "crlf --escape none"; do
		for other in "log --escape none" "log --escape pct" "crlf --escape none"; do
			# shellcheck disable=SC2086 # a log and its options
			read_as $how | dir-extract | depth-sort | dir-load --replace x.db
			# shellcheck disable=SC2086
			read_as $other | stats-accum -o usage
			if [[ $how == "$other" ]]; then
				stats-load -q --no-names x.db usage
			else
				run -3 stats-load -q --no-names x.db usage
				[[ $output == *"the digest of all entries is "*" here and "*" there" ]]
			fi
		done
	done
	# What is written differently and means the same, is the same.
	read_as log | dir-extract | depth-sort | dir-load --replace x.db
	sed 's/^<0> //; s/  */ /; s/%/%25/g' log | read_as --escape pct - | stats-accum | stats-load -q --no-names x.db
	read_as log | dir-extract | depth-sort | dir-load --replace x.db
	read_as --crlf crlf | stats-accum | stats-load -q --no-names x.db
}

@test "stats-load: assumptions must be those of dir-load, end in scan_metadata and under every answer" {
	cp good.usage plain.usage
	assume good.usage unseen=3
	run -3 stats-load --no-names t.db good.usage
	[[ $output == *"what is assumed is unseen=3 here and nothing there" ]]
	assume good.dir unseen=4
	dir-load --replace t.db good.dir
	run -3 stats-load --no-names t.db plain.usage
	[[ $output == *"what is assumed is nothing here and unseen=4 there" ]]
	run -3 stats-load --no-names t.db good.usage
	[[ $output == *"what is assumed is unseen=3 here and unseen=4 there" ]]
	only_directories
	# What one stream lost on its way through a filter, the other still knows.
	run -0 stats-load --no-names --unverified t.db <(rec-cat plain.usage | sed '$d')
	[ "$(query t.db 'SELECT assumptions FROM scan_metadata')" = "unseen=4 unverified" ]
	rec-cat good.dir | sed '$d' | dir-load -q --replace --unverified t.db
	stats-load -q --no-names t.db good.usage
	[ "$(query t.db 'SELECT assumptions FROM scan_metadata')" = "unseen=3 unverified" ]
	for program in dir-query stats-query "dir-export --ncdu -o out"; do
		# shellcheck disable=SC2086 # a program and its options
		run -0 --separate-stderr $program t.db
		[[ $stderr == *"${program%% *}: t.db: incomplete: what lies below directories that the scan could not read is missing; such directories: 3"* ]]
		[[ $stderr == *"${program%% *}: t.db: unverified: made from rows that were not checked"* ]]
	done
	scan-audit t.db
	sqlite3 t.db "UPDATE scan_metadata SET assumptions = 'none'"
	run -3 dir-query t.db
	[[ $output == *"assumptions is not understood"* ]]
}

@test "stats-load: killed at any time, the same command can run again" {
	big_log 20000 >log
	scan log
	dir-load log.db log.dir
	cp log.db fresh
	mkfifo pipe
	local size pid n
	size=$(stat -c %s log.usage)
	for n in 1 100 $((size / 2)) $((size - 1)); do
		stats-load --no-names log.db pipe &
		pid=$!
		exec 7>pipe
		head -c "$n" log.usage >&7
		sleep 0.2
		kill -KILL $pid
		wait $pid || [ $? -eq 137 ]
		exec 7>&-
		cmp log.db fresh
		[ "$(echo log.db*)" = log.db ]
	done
	stats-load --no-names log.db log.usage
	reference --dump log.db >again
	cp fresh log.db
	stats-load --no-names log.db log.usage
	reference --dump log.db >once
	cmp again once
	validate log.db
}

@test "stats-load: killed late, while it makes indexes, adds names or seals" {
	slow
	big_log 60000 >log
	scan log
	dir-load fresh.db log.dir
	local i pid
	for i in {1..25}; do
		cp fresh.db log.db
		stats-load log.db log.usage &
		pid=$!
		sleep "0.$(printf %02d $((i * 3)))"
		kill -KILL $pid || true
		wait $pid || true
		if cmp -s log.db fresh.db; then
			stats-load --no-names log.db log.usage
		fi
		validate log.db
		[ ! -e log.db-journal ]
		stats-query -q log.db >answer
	done
}

@test "stats-load: a stream that ends too early leaves the file as it was, and no journal" {
	head -c -5 good.usage >cut.usage
	cp t.db before
	run -3 stats-load --no-names t.db cut.usage
	cmp t.db before
	[ ! -e t.db-journal ]
	stats-load --no-names t.db good.usage
	validate t.db
}

@test "stats-load: a damaged table directories is noticed" {
	for sql in 'DELETE FROM directories WHERE dir_id = 5' 'UPDATE directories SET depth = 9 WHERE dir_id = 5' \
		'UPDATE directories SET parent_id = 8 WHERE dir_id = 5' "UPDATE directories SET name = '' WHERE dir_id = 5" \
		'DELETE FROM directories WHERE dir_id = 11' 'DELETE FROM directories' \
		"DELETE FROM load_state WHERE key = 'ledger'" "UPDATE load_state SET value = 'x=y'" \
		"UPDATE directories SET name = x'6100' WHERE dir_id = 6" 'DROP TABLE load_state'; do
		dir-load --replace t.db good.dir
		sqlite3 t.db "$sql"
		run stats-load --no-names t.db good.usage
		echo "$sql: $status $output"
		((status == 3 || status == 4))
		[ "$(query t.db 'SELECT count(*) FROM scan_metadata')" = 0 ]
	done
}

@test "stats-load: waits for nobody who writes to the database" {
	lock_database t.db
	run -4 stats-load --no-names t.db good.usage
	[[ $output == "stats-load: t.db: is being used by another process: process $COPROC_PID (sqlite3) of uid $EUID, since 20"* ]]
	unlock_database
}

@test "stats-load: names from files: the first of an id counts, other lines are passed over" {
	cat >passwd <<-'END'
		# a comment
		+nis::::::

		short:x:1000
		bad:x:-5:1:nobody:/:/bin/sh
		bad:x:99999999999:1:nobody:/:/bin/sh
		first:x:1000:100:Ann Example,Room 1,,:/home/ann:/bin/sh
		second:x:1000:100:Somebody Else:/home/else:/bin/sh
		stranger:x:4711:100:not in the scan:/:/bin/sh
		nogecos:x:1001:100::/:/bin/sh
	END
	printf 'caf\xe9:x:0:0:caf\xc3\xa9:/:/bin/sh' >>passwd
	printf 'wheel:x:0:\nstaff:x:100:a,b,c\nlast:x:101:' >group
	stats-load --passwd-file passwd --group-file group t.db good.usage
	[ "$(query t.db 'SELECT uid, hex(username), typeof(username), full_name FROM user_info')" = \
		"$(printf '0 636166E9 blob caf\xc3\xa9\n1000 6669727374 text Ann Example\n1001 6E6F6765636F73 text NULL')" ]
	[ "$(query t.db 'SELECT * FROM group_info')" = $'0 wheel\n100 staff\n101 last' ]
}

@test "stats-load: names from the name service, for what files do not say, or none" {
	printf 'x:x:100:' >group
	stats-load --group-file group t.db good.usage
	[ "$(query t.db 'SELECT username FROM user_info WHERE uid = 0')" = "$(id -un 0)" ]
	[ "$(query t.db 'SELECT * FROM group_info')" = "100 x" ]
	dir-load --replace t.db good.dir
	stats-load --no-names t.db good.usage
	[ "$(query t.db 'SELECT count(*) FROM user_info')" = 0 ]
	[ "$(query t.db 'SELECT count(*) FROM group_info')" = 0 ]
}

@test "stats-load: names of more owners than are asked for while directories are loaded" {
	awk 'BEGIN { for (id = 12000; id--;) printf "<0> %d 1 0  s=1 a=4 u=%d g=%d p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%d/f\n",
		id, id, 11999 - id, id % 50 }' >log
	scan log
	for threads in 1 4; do
		dir-load --replace log.db log.dir
		stats-load -j $threads log.db log.usage
		query log.db 'SELECT username, uid FROM user_info' >got
		getent passwd | awk -F : '$3 < 12000 && !seen[$3]++ { print $1, $3 }' | sort -k 2n >want
		[ -s want ]
		cmp got want
		query log.db 'SELECT groupname, gid FROM group_info' >got
		getent group | awk -F : '$3 < 12000 && !seen[$3]++ { print $1, $3 }' | sort -k 2n >want
		cmp got want
	done
}

# A name service that hangs must not keep who writes the stream from noticing that stats-load is gone.
@test "stats-load: the process that asks for names holds neither the stream nor the database" {
	local pid kid=
	mkfifo pipe
	stats-load t.db pipe &
	pid=$!
	exec 9>pipe
	head -c -10 good.usage >&9
	for _ in {1..400}; do
		kid=$(pgrep -P $pid) && [[ $(readlink /proc/"$kid"/fd/0) == /dev/null ]] && sleep 0.1 && break
		sleep 0.05
	done
	readlink /proc/"$kid"/fd/* >held
	tail -c 10 good.usage >&9
	exec 9>&-
	wait $pid
	grep -q '^socket:' held
	run ! grep -F "$PWD" held
}

@test "stats-load: a file of names that is not there is said before the work" {
	mkfifo pipe
	run -4 timeout 60 stats-load --passwd-file nowhere t.db pipe
	[ "$output" = "stats-load: cannot open nowhere: No such file or directory" ]
	run -2 stats-load --no-names --group-file group t.db good.usage
	[[ ${lines[0]} == "stats-load: --no-names contradicts --group-file" ]]
	only_directories
}

@test "stats-load: the view tree has exact paths, and the largest directories cost a few lookups" {
	{
		line 1 /r/a/b/f 1 4
		line 2 $'/r/caf\xe9/sub/f' 1 8
		line 3 $'/r/caf\xc3\xa9/f' 1 16
	} >log
	finish log
	query log.db "SELECT hex(CAST(path AS BLOB)), typeof(path) FROM tree ORDER BY dir_id" >got
	cat >expected <<-END
		2F text
		2F72 text
		2F722F61 text
		2F722F612F62 text
		2F722F636166C3A9 text
		2F722F636166E9 blob
		2F722F636166E92F737562 blob
	END
	diff expected got
	[ "$(query log.db 'SELECT max_atime_r, max_mtime_nr FROM tree WHERE dir_id = 4')" = "2025-12-01 10:00:00 2025-11-15 10:00:00" ]
	query log.db 'EXPLAIN QUERY PLAN SELECT path FROM tree ORDER BY total_size_r DESC LIMIT 10' >plan
	grep -q 'SCAN.*USING.*INDEX stats_by_size' plan
	run ! grep -q 'TEMP B-TREE' plan
}

@test "stats-load: what is said of the scan" {
	{ small_log; line 999 f.txt; line 998 x; line 997 /r 'x'; } >log
	finish log -q
	[ "$(query log.db 'SELECT source, lines FROM scan_sources')" = "log 33" ]
	[ "$(query log.db 'SELECT reason, lines, first_line FROM scan_rejects ORDER BY reason')" = \
		$'bad size 1 log:33\nno absolute path 2 log:31' ]
	[ "$(query log.db 'SELECT lines, rejected, entries, skipped_blank, skipped_comment, skipped_message FROM scan_metadata')" = \
		"33 3 27 1 1 1" ]
	[ "$(query log.db "SELECT program_version FROM scan_metadata")" = \
		"depth-sort/0.4.0 dir-extract/0.4.0 dir-load/0.4.0 gpfs-parse/0.4.0 stats-accum/0.4.0 stats-load/0.4.0" ]
	(($(query log.db 'SELECT abs(import_timestamp - strftime("%s")) FROM scan_metadata') < 100))
	[ "$(query log.db "SELECT label, lower, upper FROM buckets WHERE kind = 'age' AND bucket_index IN (0, 1, 9)")" = \
		$'< 1 Month NULL 30\n1-3 Months 30 90\n7+ Years 2555 NULL' ]
	[ "$(query log.db "SELECT lower, upper FROM buckets WHERE kind = 'size' AND bucket_index IN (0, 9)")" = \
		$'0 1024\n107374182400 NULL' ]
}

@test "stats-load: -v counts what rows of open directories spill, too" {
	# A chain of directories that share 1,500 keys: few rows in the end, many on the way.
	perl -e 'printf "#treetally\t%s\n%s\n", join("\t", qw(version=4 kind=usage order=tree filesystem=fs1
			scan_date=2026-01-11 age_by=atime)), join("\t", qw(path uid gid age_bucket size_bucket
			file_count allocated apparent max_atime max_mtime nlink snapshot inode generation link_allocated
			link_apparent lines name));
		for my $depth (1 .. 40) {
			print join("\t", "/d" x $depth, $_, 0, 0, 0, 1, 0, 0, 0, 0, ("") x 8), "\n" for 1 .. 1500;
		}
		print "#end\trecords=60000\tassumptions=unverified\n"' >chain.usage
	perl -e 'printf "#treetally\t%s\n%s\n", join("\t", qw(version=4 kind=dir order=tree filesystem=fs1
			scan_date=2026-01-11)), join("\t", qw(path has_line inode generation uid gid mode allocated));
		print join("\t", "/d" x $_, 0, ("") x 6), "\n" for 1 .. 40;
		print "#end\trecords=40\tassumptions=unverified\n"' >chain.dir
	dir-load --unverified --replace chain.db chain.dir
	stats-load --unverified --no-names -v -S 4M chain.db chain.usage 2>few
	grep -E ' [1-9][0-9]{6} bytes spilled$' few
	dir-load --unverified --replace chain.db chain.dir
	stats-load --unverified --no-names -v chain.db chain.usage 2>much
	grep ' 0 bytes spilled$' much
}

@test "stats-load: progress by phases, figures on demand, silence otherwise" {
	stats-load -v --progress=lines t.db good.usage 2>stderr
	[ "$(cut -f 1,2 lines | uniq)" = "$(printf 'stats-load\t%s\n' copy loading index usage links summaries check names sync end)" ]
	[ "$(awk -F'\t' '$2 == "loading" { print $4, $5, $6; exit }' lines)" = "11 directories 0" ]
	grep -q '^stats-load: 11 directories (0 written late), 16 rows of usage_nr, 11 of usage_r, 1 linked inodes, 0 bytes spilled$' stderr
	grep -q '^stats-load: index: [0-9.]* s$' stderr
	dir-load --replace t.db good.dir
	run -0 stats-load --no-names t.db good.usage
	[ -z "$output" ]
}

@test "stats-load: operands are counted" {
	run -2 stats-load
	[[ ${lines[0]} == "stats-load: DB is missing" ]]
	run -2 stats-load t.db good.usage more
	[[ ${lines[0]} == "stats-load: 'more': "* ]]
}

@test "stats-load: every query of treetally-db(5) runs and validates a database" {
	local page=$TREETALLY_TOP/man/treetally-db.5 n=0 sql
	big_log 20000 >log
	finish log
	# Each block of the page that begins with SQL is a file.
	awk '/^\.Bd/ { block = ""; inside = 1; next } /^\.Ed/ { if (block ~ /^(SELECT|WITH)/) {
			file = "query" ++n ".sql"; printf "%s", block >file; close(file) } inside = 0 } inside { block = block $0 "\n" }' "$page"
	for sql in query*.sql; do
		sed -i 's/\\e/\\/g; s/\\-/-/g' "$sql"
		query log.db "$(<"$sql")" >"$sql.out"
		n=$((n + 1))
	done
	((n >= 15))
	# The first three must find nothing.
	for sql in query1.sql query2.sql query3.sql; do
		[ ! -s $sql.out ]
	done
}

@test "stats-load: a page of dir-load's file that is another, and values that have no place" {
	local n page change
	for n in {1..3000}; do
		printf '<0> %d 1 0  s=10 a=8 u=5 g=100 m=D p=drwxr-xr-x ac=2025-01-01 00:00:00 mt=2025-01-01 00:00:00' "$n"
		printf ' cr=2025-01-01 00:00:00 nl=2 -- /r/d%d\n' "$n"
	done | gpfs-parse -q -f fs1 --scan-date 2026-01-15 -o entry
	dir-extract entry | depth-sort | dir-load good.db
	stats-accum -o usage entry
	# The last page is a leaf of the index, which no reading of rows looks at.
	for ((page = 1; page < $(stat -c %s good.db) / 8192; page++)); do
		cp good.db t.db
		printf '\377' | dd of=t.db bs=1 seek=$((page * 8192 + 8000)) conv=notrunc status=none
		run -3 stats-load -q --no-names t.db usage
		[[ $output == *t.db:* ]]
		[[ $(ask t.db "SELECT count(*) FROM sqlite_master WHERE name = 'usage_nr'") != 1 ]]
	done
	for change in "uid = 'x'" 'gid = 1e300' 'uid = -1' 'depth = 1.5' "name = 7" 'allocated = -5'; do
		cp good.db t.db
		ask t.db "UPDATE directories SET $change WHERE dir_id = 7"
		run -3 stats-load -q --no-names t.db usage
		[[ $output == *"t.db: "* ]]
	done
	stats-load -q --no-names good.db usage
}

@test "stats-load, dir-load: a small stack is enough" {
	make-log --lines 3000 >log
	scan log
	(ulimit -s 256 && dir-load log.db log.dir && stats-load --no-names log.db log.usage)
	[ "$(query log.db 'SELECT count(*) FROM scan_metadata')" = 1 ]
}
