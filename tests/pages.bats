#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Tables and indexes that are written as pages: SQLite finds in them what INSERT would have put there.
load lib/helper

setup() {
	common_setup
}

# check PAGE_SIZE ROWS [longest name]: random rows by page and by INSERT; another seed in each run.
check() {
	local seed=${TREETALLY_SEED:-$RANDOM}
	echo "pages-check . $1 $2 $seed ${*:3}"
	pages-check . "$1" "$2" "$seed" "${@:3}" | tee levels
}

@test "pages: rows by page are those by INSERT, for pages of all sizes, up to five levels" {
	make_tester pages-check
	local size rows
	for size in 512 1024 2048 4096 8192 16384 32768 65536; do
		for rows in 0 1 2 3 $((RANDOM % 100)) $((RANDOM % 3000)); do check $size $rows; done
	done
	# as many levels as rows can make of small pages
	check 512 "$(quick_or_all 30000 300000)"
	read -r _ _ _ deepest <levels
	((deepest >= $(quick_or_all 4 5)))
}

@test "pages: names that need overflow pages" {
	make_tester pages-check
	local size
	for size in 512 1024 8192 65536; do
		check $size "$(quick_or_all 150 2000)" 65535
		check $size "$(quick_or_all 150 2000)" $((size / 4))
	done
}

@test "pages: trees that cross the page of locks at 1 GiB" {
	slow
	make_tester pages-check
	local size
	for size in 512 8192 65536; do
		check $size 30000 hole
		rm -f ./*.db
	done
}

# whole DB: SQLite finds it sound, and VACUUM and a dump make the same of it.
whole() {
	[ "$(ask "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
	ask "$1" .dump >dump
	LC_ALL=C sort dump >sorted
	rm -f again.db
	sqlite3 again.db <dump
	[ "$(ask again.db .dump | md5sum)" = "$(md5sum <dump)" ]
	cp "$1" again.db
	ask again.db VACUUM
	[ "$(ask again.db 'PRAGMA integrity_check')" = ok ]
	# other objects come first in the schema then
	ask again.db .dump | LC_ALL=C sort | cmp - sorted
}

# changed DB: SQLite can go on with its trees: rows go, come, grow and move in indexes, pages are freed and
# used again.
changed() {
	cp "$1" again.db
	ask again.db "UPDATE directory_stats SET total_size_r = total_size_r + dir_id * 1000003 % 99991, owner_uid = dir_id % 7" \
		'DELETE FROM usage_nr WHERE dir_id % 3 = 0; DELETE FROM directories WHERE dir_id % 5 = 4' \
		"UPDATE directories SET name = name || hex(zeroblob(dir_id % 300)), parent_id = dir_id / 2 WHERE dir_id > 1" \
		"INSERT INTO directories(dir_id, parent_id, name, depth)
			SELECT dir_id + 100000000, parent_id, name, depth FROM directories" \
		"INSERT INTO usage_nr SELECT dir_id + 100000000, uid, gid, age_bucket, size_bucket, 1, 2, 3 FROM usage_nr" \
		'DELETE FROM usage_r; UPDATE directory_stats SET total_size_r = 7'
	[ "$(ask again.db 'PRAGMA integrity_check')" = ok ]
	rm again.db
}

# import LOG [option of stats-load]...
import() {
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 "$1" -o entry
	dir-extract entry | depth-sort | dir-load --replace "$1.db"
	whole "$1.db"
	stats-accum entry | stats-load --no-names "$1.db" - "${@:2}"
	whole "$1.db"
	changed "$1.db"
	compare-db "$1.db" -f fs1 --scan-date 2026-01-15 "$1"
}

# directories of the names on stdin, with a file of size 4 each
with_names() {
	awk '{ printf "<0> %d 1 0  s=1 a=4 u=%d g=%d p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%s/%s/f\n",
		NR, NR % 3, NR % 5, $0, $0 }'
}

@test "pages: databases with long names and names that are not text, with one directory, without files" {
	local n
	LC_ALL=C awk 'BEGIN { for (i = 0; i < 3000; i++) {
		n = sprintf("%d", i)
		while (length(n) < 255) n = n "x"
		print substr(n, 1, i % 256 + 1) i
	} }' | with_names >long
	import long
	# each other name is a BLOB; siblings of both kinds stand in an order of their own
	for n in {1..2000}; do printf '%d\n\377%d\n' "$n" "$n"; done | LC_ALL=C with_names >blobs
	import blobs -S 4M
	awk 'BEGIN { for (i = 0; i < 40; i++) {
		n = sprintf("%d", i)
		while (length(n) < 50 * i * (i % 3 + 1)) n = n "abcdefghij"
		print n
	} }' | with_names >longer
	line 1 "/r/$(printf 'n%.0s' {1..65000})/f" >>longer
	import longer
	{ line 1 / 1 1 0 0 drwxr-xr-x; } >one
	import one
	{ line 1 /a 1 1 0 0 drwxr-xr-x; line 2 /a/b 1 1 0 0 drwxr-xr-x; } >empty
	import empty
}

@test "pages: more groups than are told apart in memory, in one directory and in all" {
	awk 'BEGIN { for (i = 0; i < 40000; i++)
		printf "<0> %d 1 0  s=1 a=4 u=%d g=%d p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%d/%d\n",
			i, i % 7, i * 7919 % 20011, i % 2, i }' >groups
	import groups -S 4M
	[ "$(query groups.db 'SELECT count(*), min(directory_count), max(directory_count) FROM group_summary')" = "20011 1 2" ]
}

# plain DIRS USAGE: what SQL makes of these streams, whose names hold nothing to be escaped, in
# plain.db: the rows of directories by path, of usage_nr, and sums of subtrees.
plain() {
	rm -f plain.db
	rec-cat "$1" | sed '1,2d;$d' | cut -f 1 >paths
	rec-cat "$2" | sed '1,2d;$d' | cut -f 1-8 >rows
	sqlite3 -batch -init /dev/null -cmd '.mode tabs' plain.db \
		'CREATE TABLE path(path TEXT)' \
		'CREATE TABLE row(path TEXT, uid INT, gid INT, age INT, size INT, files INT, total INT, apparent INT)' \
		'.import paths path' '.import rows row' \
		'CREATE TABLE below(path TEXT PRIMARY KEY, files INT, total INT)' \
		"WITH RECURSIVE up(path, files, total) AS (
			SELECT path, sum(files), sum(total) FROM row GROUP BY path
			UNION ALL
			SELECT substr(rtrim(path, replace(path, '/', '')), 1,
				max(1, length(rtrim(path, replace(path, '/', ''))) - 1)), files, total
			FROM up WHERE path <> '/')
		INSERT INTO below SELECT path, sum(files), sum(total) FROM up GROUP BY path"
}

@test "pages: a million directories: what plain SQL makes of the streams, sorted in memory and in runs" {
	local memory count
	count=$(quick_or_all 20000 1000000)
	awk -v count="$count" 'BEGIN { for (i = 0; i < count; i++)
		printf "<0> %d 1 0  s=1 a=%d u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%d/%d/f\n",
			i, i % 1000, i % 30, i % 1000, i / 1000 }' >log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 log -o entry
	dir-extract entry | depth-sort -o dirs
	stats-accum entry -o usage
	plain dirs usage
	for memory in 4M 1G; do
		dir-load --replace -S $memory $memory.db dirs
		stats-load --no-names -S $memory $memory.db usage
		[ "$(ask $memory.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
		ask $memory.db .dump | grep -v -e '^INSERT INTO scan_metadata' -e "load_state VALUES('seal'" | md5sum
	done | uniq >sums
	[ "$(wc -l <sums)" = 1 ]
	[ -z "$(ask 4M.db "ATTACH 'plain.db' AS plain" 'CREATE TEMP TABLE t AS SELECT dir_id, path FROM tree' \
		'SELECT path FROM t EXCEPT SELECT path FROM plain.below' 'SELECT path FROM plain.path EXCEPT SELECT path FROM t' \
		'SELECT path, uid, gid, age_bucket, size_bucket, file_count, total_size, apparent_size
			FROM usage_nr JOIN t USING(dir_id) EXCEPT SELECT * FROM plain.row' \
		'SELECT path, file_count_r, total_size_r FROM directory_stats JOIN t USING(dir_id)
			EXCEPT SELECT * FROM plain.below')" ]
	[ "$(ask 4M.db "ATTACH 'plain.db' AS plain" 'SELECT (SELECT count(*) FROM usage_nr) - (SELECT count(*) FROM plain.row),
		(SELECT count(*) FROM directory_stats) - (SELECT count(*) FROM plain.below)')" = "0|0" ]
	scan-audit -q 4M.db
}

@test "pages: a file of another form is refused, and left as it is" {
	make_stream dir good.dir
	make_stream usage good.usage
	# form NAME WHAT SQL...
	form() {
		dir-load --replace t.db good.dir
		ask t.db "${@:2}" >/dev/null
		cp t.db before
		run -3 --separate-stderr stats-load --no-names t.db good.usage
		[ "$stderr" = "stats-load: t.db: has $1, unlike what dir-load makes; it is left as it is" ]
		cmp t.db before
		[ "$(echo t.db*)" = t.db ]
	}
	form "pages of another size" 'PRAGMA page_size = 4096' VACUUM
	form "pages that are vacuumed by themselves" 'PRAGMA auto_vacuum = FULL' VACUUM
	form "reserved bytes in its pages" '.filectrl reserve_bytes 8' VACUUM
	form "a write-ahead log" 'PRAGMA journal_mode = WAL'
	# a file of another encoding, with the same rows
	dir-load --replace t.db good.dir
	ask t.db .dump >dump
	{ echo "PRAGMA encoding = 'UTF-16'; PRAGMA page_size = 8192; PRAGMA application_id = $((0x54544C59)); PRAGMA user_version = 4;"
		cat dump; } | ask other.db
	cp other.db before
	run -3 --separate-stderr stats-load --no-names other.db good.usage
	[[ $stderr == "stats-load: other.db: "*"; it is left as it is" ]]
	cmp other.db before
	# bytes of the header that SQLite lets be as they are
	dir-load --replace t.db good.dir
	printf '\0\0\0\003' | dd of=t.db bs=1 seek=44 conv=notrunc status=none
	run -3 stats-load --no-names t.db good.usage
	[[ $output == *": has another schema format, unlike what dir-load makes"* ]]
	dir-load --replace t.db good.dir
	head -c 8192 /dev/zero >>t.db
	run -3 stats-load --no-names t.db good.usage
	[[ $output == *": has another length than it says, unlike what dir-load makes"* ]]
	# tables of stats-load, without the row that makes it complete
	dir-load --replace t.db good.dir
	stats-load --no-names t.db good.usage
	ask t.db 'DELETE FROM scan_metadata'
	run -3 stats-load --no-names t.db good.usage
	[ "$output" = "stats-load: t.db: is damaged: its tables, indexes and views are not ours; it is left as it is" ]
	# Free pages of it are no harm.
	dir-load --replace t.db good.dir
	ask t.db 'CREATE TABLE x(y)' 'INSERT INTO x SELECT zeroblob(100000)' 'DROP TABLE x'
	stats-load --no-names t.db good.usage
	whole t.db
}
