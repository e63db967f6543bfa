#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scan-audit: content with every good database, and finds each of a list of planted corruptions.

load lib/helper

# A database in which usage_r has rows for the scan root and for large directories below it, and the
# small one of which every row is known.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make-log --lines 12000 >20260111_x_fs1.list
	summed_lines /gpfs/fs1 >>20260111_x_fs1.list
	scan-import -q --max-rejects 100% --db mixed.db 20260111_x_fs1.list
	small_database
}

setup() {
	common_setup
	good=$BATS_FILE_TMPDIR
	spoils bad.db
}

# lies PATTERN SQL [ARGUMENT...]: change the database $base, and scan-audit says so.
lies() {
	local pattern=$1 sql=$2
	shift 2
	cp "$good/$base.db" bad.db
	sqlite3 bad.db "PRAGMA foreign_keys = OFF; $sql"
	status=0
	output=$(scan-audit -q bad.db "$@" 2>&1) || status=$?
	if [[ $status != "${want:-1}" || $output != "scan-audit: bad.db: "$pattern ]]; then
		echo "after: $sql"
		echo "status $status, says: $output"
		echo "should be: $pattern"
		return 1
	fi
}

@test "scan-audit: what it proves of a good database" {
	run -0 --separate-stderr scan-audit "$good/small.db"
	[[ -z $stderr ]]
	[[ ${lines[0]} == "ok: format: version 4, complete, "* ]]
	[[ ${lines[1]} == "ok: tree: 11 directories: "*"; 3 without a line" ]]
	[[ ${lines[2]} == "ok: directory_stats: 11 rows: "* ]]
	[[ ${lines[3]} == "ok: usage_r: "*" of the 1 directories "* ]]
	[[ ${lines[4]} == "ok: usage_by: "* ]]
	[[ ${lines[5]} == "ok: links: 2 rows of 1 inodes; link_usage, "*" follow from them" ]]
	[[ ${lines[6]} == "ok: summaries: 3 owners, 3 groups" ]]
	[[ ${lines[7]} == "ok: totals: 19 files, "*"; accounts and digest agree" ]]
	((${#lines[@]} == 8))
	run -0 scan-audit -q "$good/mixed.db"
	[[ -z $output ]]
}

@test "scan-audit: --log reads the log again" {
	run -0 --separate-stderr scan-audit "$good/small.db" --log "$good/20260115_x_small.list"
	[[ -z $stderr ]]
	[[ ${lines[8]} == "ok: log: 30 lines give the same "* ]]
	run -0 scan-audit -q -S 4M "$good/mixed.db" --log "$good/20260111_x_fs1.list"
	[[ -z $output ]]
	run -0 scan-audit -q "$good/small.db" --log - <"$good/20260115_x_small.list"
	gzip -c "$good/20260115_x_small.list" >small.list.gz
	run -0 scan-audit -q "$good/small.db" --log small.list.gz
	# It writes nothing.
	cp "$good/small.db" same.db
	chmod 400 same.db
	scan-audit -q same.db --log small.list.gz
	cmp "$good/small.db" same.db
}

# import_and_audit NAME ARGUMENT...: a log of make-log.
import_and_audit() {
	local log=20260111_x_$1.list
	make-log "${@:2}" >"$log"
	scan-import -q --max-rejects 100% --db "$1.db" "${escape[@]}" "$log"
	scan-audit -q "$1.db" --log "$log" "${escape[@]}" || { echo "$1: status $?"; return 1; }
}

@test "scan-audit: good databases of every shape" {
	local escape=()
	import_and_audit plain --plain --lines 10000 --dirs 4000
	import_and_audit owners --shape owners --lines 3000
	import_and_audit wide --shape wide --lines 12000
	import_and_audit deep --shape deep --depth 2000
	import_and_audit singles --shape singles --lines 3000
	import_and_audit huge --huge --lines 3000
	import_and_audit root --root / --lines 3000
	escape=(--escape=pct)
	import_and_audit pct --escape-pct --lines 3000
}

@test "scan-audit: ages by mtime and by the newest of both times, logs in parts, one directory" {
	local by
	for by in mtime newest; do
		scan-import -q --age-by $by --max-rejects 100% --db $by.db "$good/20260111_x_fs1.list"
		scan-audit -q $by.db --log "$good/20260111_x_fs1.list"
	done
	make-log --lines 3000 --shard 1/2 >20260111_x_one.list
	make-log --lines 3000 --shard 2/2 >20260111_x_two.list
	scan-import -q --max-rejects 100% -f fs1 --db parts.db 20260111_x_{one,two}.list
	scan-audit -q parts.db --log 20260111_x_{one,two}.list
	line 1 /f >20260111_x_one.list
	scan-import -q --db one.db 20260111_x_one.list
	scan-audit -q one.db --log 20260111_x_one.list
	line 1 /d 1 1 1 1 drwxr-xr-x >20260111_x_dir.list
	scan-import -q --db dir.db 20260111_x_dir.list
	scan-audit -q dir.db --log 20260111_x_dir.list
}

@test "scan-audit: lies about the tree" {
	local base=small at="WHERE dir_id = 6"
	lies "dir_id 6, /*: depth is 7, should be from 1 to *" "UPDATE directories SET depth = 7 $at"
	lies "dir_id 4, /gpfs/*: parent_id is *, should be *" \
		"UPDATE directories SET parent_id = 2 WHERE dir_id = 4"
	# Two that change parents, one way and the other.
	lies "dir_id *: parent_id is *, should be *" "UPDATE directories SET parent_id = CASE parent_id
		WHEN 3 THEN 4 ELSE 3 END WHERE depth > 2"
	lies "directories has no row with dir_id 6" "DELETE FROM directories $at"
	lies "dir_id 1, /: parent_id is 1, should be NULL" "UPDATE directories SET parent_id = 1 WHERE dir_id = 1"
	lies "dir_id 6, *: its name is not a valid one, *" "UPDATE directories SET name = 'a/b' $at"
	lies "dir_id 6, *: its name is not a valid one, *" "UPDATE directories SET name = '' $at"
	lies "dir_id 6, *: its name is not a valid one, *" "UPDATE directories SET name = CAST(name AS BLOB) $at"
	lies "dir_id 6, *: its name is not a valid one, *" "UPDATE directories SET name = '..' $at"
	lies "dir_id *: its name does not come after that of dir_id *" "UPDATE directories SET name = 'zzz' WHERE dir_id = 4"
	lies "dir_id 6, *: 1 of the 6 columns *" "UPDATE directories SET mode = NULL $at"
	lies "dir_id 6, *: uid in directories is -1, should be an integer from 0 *" \
		"UPDATE directories SET uid = -1 $at"
	lies "scan_metadata: scan_root_id is 2, should be 3" "DELETE FROM usage_r; DELETE FROM usage_by;
		UPDATE scan_metadata SET scan_root_id = 2"
	lies "directory_stats has a row for dir_id 12, which is not there" \
		"DELETE FROM directories WHERE dir_id = 12;
		INSERT INTO directory_stats SELECT 12, 0,0,0,0,NULL,NULL, 0,0,0,0,NULL,NULL, -1,-1"
}

@test "scan-audit: lies about statistics, each column" {
	local base=small column
	for column in file_count_nr total_size_nr apparent_size_nr dir_count_nr file_count_r total_size_r \
		apparent_size_r dir_count_r max_atime_r max_mtime_r; do
		lies "dir_id 4, /gpfs/fs1/a: $column is *, should be *" \
			"UPDATE directory_stats SET $column = $column + 1 WHERE dir_id = 4"
	done
	lies "dir_id 4, /gpfs/fs1/a: owner_uid is 1000, should be NULL" \
		"UPDATE directory_stats SET owner_uid = 1000 WHERE dir_id = 4"
	lies "dir_id 4, /gpfs/fs1/a: owner_gid is -1, should be NULL" \
		"UPDATE directory_stats SET owner_gid = -1 WHERE dir_id = 4"
	lies "dir_id 4, /gpfs/fs1/a: has no row in directory_stats" \
		"DELETE FROM directory_stats WHERE dir_id = 4"
	lies "dir_id 4, /gpfs/fs1/a: max_atime_nr is of age class 9, *" \
		"UPDATE directory_stats SET max_atime_nr = 0 WHERE dir_id = 4"
	lies "dir_id 4, *: max_atime_nr and max_mtime_nr do not fit *" \
		"UPDATE directory_stats SET max_atime_nr = NULL WHERE dir_id = 4"
	lies "dir_id 4, *: total_size_r in directory_stats is many, *" \
		"UPDATE directory_stats SET total_size_r = 'many' WHERE dir_id = 4"
}

@test "scan-audit: lies about usage" {
	local base=mixed some key
	key="dir_id = (SELECT max(dir_id) FROM (SELECT dir_id FROM usage_nr GROUP BY dir_id
		HAVING count(*) = 1))"
	lies "dir_id *" "UPDATE usage_nr SET file_count = file_count + 1 WHERE $key"
	lies "dir_id *" "UPDATE usage_nr SET total_size = total_size + 1 WHERE $key"
	lies "dir_id *" "UPDATE usage_nr SET uid = uid + 1000000 WHERE $key"
	lies "dir_id *" "DELETE FROM usage_nr WHERE $key"
	lies "usage_nr has a row for dir_id 9000000, which is not there" \
		"INSERT INTO usage_nr VALUES(9000000, 1, 1, 1, 1, 1, 1024, 1024)"
	lies "dir_id *: age_bucket in usage_nr is 11, *" "UPDATE usage_nr SET age_bucket = 11 WHERE $key"
	lies "dir_id *: usage_nr: uid *: * files of size class * cannot have * bytes" \
		"UPDATE usage_nr SET size_bucket = 9 WHERE $key"
	for some in min max; do
		# Of the scan root, and of the last directory that has rows.
		key="dir_id = (SELECT $some(dir_id) FROM usage_r)"
		[[ $some == max ]] || lies "dir_id 3, /gpfs/fs1: usage_r has no rows, but it is the scan root" \
			"DELETE FROM usage_by WHERE $key; DELETE FROM usage_r WHERE $key"
		key+=" AND uid = (SELECT max(uid) FROM usage_r WHERE $key)"
		lies "dir_id *, /*: usage_by, kind 0, id *: file_count is *, should be *" \
			"UPDATE usage_r SET file_count = file_count + 1 WHERE $key"
		lies "dir_id *, /*: usage_by, kind *" "DELETE FROM usage_r WHERE $key"
	done
}

@test "scan-audit: usage_r that agrees with usage_by and nothing else" {
	local base=mixed remake
	remake="DELETE FROM usage_by;
		INSERT INTO usage_by SELECT dir_id, 0, uid, sum(file_count), sum(total_size), sum(apparent_size)
			FROM usage_r GROUP BY 1, 3;
		INSERT INTO usage_by SELECT dir_id, 1, gid, sum(file_count), sum(total_size), sum(apparent_size)
			FROM usage_r GROUP BY 1, 3;
		INSERT INTO usage_by SELECT dir_id, 2, age_bucket, sum(file_count), sum(total_size),
			sum(apparent_size) FROM usage_r GROUP BY 1, 3;
		INSERT INTO usage_by SELECT dir_id, 3, size_bucket, sum(file_count), sum(total_size),
			sum(apparent_size) FROM usage_r GROUP BY 1, 3"
	cp "$good/mixed.db" same.db
	sqlite3 same.db "$remake"
	scan-audit -q same.db
	lies "dir_id *, /*: usage_r, uid *, gid *, age *, size *: total_size is *, should be *" \
		"UPDATE usage_r SET total_size = total_size + 1 WHERE dir_id = (SELECT max(dir_id) FROM usage_r)
		 AND uid = (SELECT min(uid) FROM usage_r WHERE dir_id = (SELECT max(dir_id) FROM usage_r)); $remake"
	# A missing row and one too many, in a directory that must have rows and in one that must not.
	lies "dir_id *, /*: usage_r, uid *: file_count is 0, should be *" \
		"DELETE FROM usage_r WHERE dir_id = (SELECT max(dir_id) FROM usage_r) AND uid = (SELECT min(uid)
		 FROM usage_r WHERE dir_id = (SELECT max(dir_id) FROM usage_r)); $remake"
	lies "dir_id *, /*: usage_r, uid 77, *: file_count is 1, should be 0" \
		"INSERT INTO usage_r SELECT max(dir_id), 77, 7, 1, 1, 1, 1024, 1 FROM usage_r; $remake"
	lies "dir_id *, /*: usage_r has * rows, should have none *" \
		"INSERT INTO usage_r SELECT * FROM usage_nr WHERE dir_id = (SELECT max(dir_id) FROM usage_nr);
		 $remake"
	# What one row has too much the next has too little: all sums of the directory are right.
	lies "dir_id *, /*: usage_r, uid *: total_size is *, should be *" \
		"UPDATE usage_r SET total_size = total_size + (CASE age_bucket WHEN 8 THEN 1 ELSE -1 END)
		 WHERE dir_id = (SELECT min(dir_id) FROM usage_r) AND age_bucket >= 8 AND size_bucket = 3; $remake"
}

@test "scan-audit: lies about usage_by" {
	local base=mixed kind
	for kind in 0 1 2 3; do
		lies "dir_id *, /*: usage_by, kind $kind, id *: apparent_size is *, should be *" \
			"UPDATE usage_by SET apparent_size = apparent_size + 1 WHERE kind = $kind
			 AND id = (SELECT max(id) FROM usage_by WHERE kind = $kind)"
	done
	lies "dir_id *, /*: usage_by, kind 2, id 5: file_count is 0, should be *" \
		"DELETE FROM usage_by WHERE kind = 2 AND id = 5"
	lies "dir_id *, /*: usage_by, kind 0, id 9999: file_count is 1, should be 0" \
		"INSERT INTO usage_by SELECT dir_id, 0, 9999, 1, 1, 1 FROM usage_nr ORDER BY dir_id DESC LIMIT 1"
}

@test "scan-audit: lies about group_owners" {
	local base=mixed
	lies "group_owners, gid *, uid 9999: rows is 1, should be 0" \
		"INSERT INTO group_owners SELECT gid, 9999 FROM group_owners LIMIT 1"
	lies "group_owners, gid *, uid *: rows is 0, should be 1" "DELETE FROM group_owners WHERE uid = (SELECT max(uid) FROM group_owners)"
	lies "group_owners, *" "UPDATE OR REPLACE group_owners SET gid = gid + 1"
}

@test "scan-audit: lies where file lengths add up to more than can be" {
	local base=huge
	make-log --huge --lines 3000 >20260111_x_huge.list
	scan-import -q --max-rejects 100% --db "$good/huge.db" 20260111_x_huge.list
	[[ $(sqlite3 "$good/huge.db" "SELECT apparent_size = 0x7fffffffffffffff FROM scan_metadata") == 1 ]]
	scan-audit -q "$good/huge.db"
	lies "scan_metadata: apparent_size is *, should be 9223372036854775807" \
		"UPDATE scan_metadata SET apparent_size = apparent_size - 1"
	lies "dir_id *: apparent_size_r is *, should be 9223372036854775807" \
		"UPDATE directory_stats SET apparent_size_r = apparent_size_r - 1 WHERE dir_id = 2"
	lies "dir_id *: usage_by, kind 3, id *: apparent_size is *, should be *" \
		"UPDATE usage_by SET apparent_size = apparent_size - 1 WHERE kind = 3 AND apparent_size =
		 (SELECT max(apparent_size) FROM usage_by WHERE kind = 3)"
	lies "dir_id *: usage_by, kind *: total_size is *, should be *" \
		"UPDATE usage_r SET total_size = total_size + 1 WHERE apparent_size =
		 (SELECT max(apparent_size) FROM usage_r)"
	lies "owner_summary, uid *: apparent_size is *, should be *" \
		"UPDATE owner_summary SET apparent_size = apparent_size - 1 WHERE apparent_size =
		 (SELECT max(apparent_size) FROM owner_summary)"
}

@test "scan-audit: lies about owners, groups, classes and names" {
	local base=small table column
	for column in total_size apparent_size total_files seen_size seen_apparent seen_files \
		directory_count directories_owned; do
		lies "owner_summary, uid 1000: * is *, should be *" \
			"UPDATE owner_summary SET $column = $column + 1 WHERE owner_uid = 1000"
		lies "group_summary, gid 101: * is *, should be *" \
			"UPDATE group_summary SET $column = $column + 1 WHERE owner_gid = 101"
	done
	lies "owner_summary, uid 1001: file_count is 0, should be *" \
		"DELETE FROM owner_summary WHERE owner_uid = 1001"
	lies "owner_summary has a row for 77, which owns nothing" \
		"INSERT INTO owner_summary VALUES(77, 0, 0, 0, 0, 0, 0, 0, 0)"
	local sealed="a row of scan_metadata, * is not that of the import"
	lies "$sealed" "UPDATE buckets SET upper = 366 WHERE kind = 'age' AND bucket_index = 3"
	lies "$sealed" "DELETE FROM buckets WHERE kind = 'size' AND bucket_index = 9"
	lies "$sealed" "INSERT INTO user_info VALUES(77, 'x', NULL)"
}

@test "scan-audit: lies about the totals and accounts" {
	local base=small column
	for column in total_directories implied_directories total_files total_size apparent_size lines \
		skipped_blank skipped_comment skipped_message skipped_unrecognised skipped_continued rejected entries \
		directory_lines \
		directory_bytes inline_files multilink_files multilink_bytes snapshot_entries bad_optional \
		unproved_sources; do
		lies "*scan_metadata*" "UPDATE scan_metadata SET $column = $column + 1"
	done
	lies "scan_metadata: digest is not the sum *" \
		"UPDATE scan_metadata SET digest = '0123456789abcdef0123456789abcdef'"
	lies "a row of scan_metadata, * is not that of the import" \
		"UPDATE scan_metadata SET digest = '0123456789abcdef0123456789abcdef';
		 UPDATE scan_sources SET digest = '0123456789abcdef0123456789abcdef'"
	lies "a row of scan_metadata, * is not that of the import" \
		"UPDATE load_state SET value = replace(value, 'inline_bytes=', 'inline_bytes=1') WHERE key = 'ledger'"
	lies "scan_metadata: scan_root is not the path of scan_root_id" \
		"UPDATE scan_metadata SET scan_root = '/gpfs'"
	lies "a row of scan_metadata, * is not that of the import" "UPDATE load_state SET value = 7 WHERE key = 'implied'"
	lies "a row of scan_metadata, * is not that of the import" "DELETE FROM load_state WHERE key = 'ledger'"
}

@test "scan-audit: lies about links" {
	local base=mixed two='(SELECT max(link) FROM links WHERE path = 2)' column
	lies "links, link *, path *: is not the number that comes next" "DELETE FROM links WHERE link = 2 AND path = 1"
	lies "links, link *, path *: repeated is wrong" "UPDATE links SET repeated = 1 WHERE link = $two AND path = 2"
	lies "links, link *: stands behind a path that comes later" \
		"UPDATE links SET dir_id = 1 WHERE link = $two AND path = 2"
	lies "links, link *: the inode is not one of its own, or is out of order" \
		"UPDATE links SET inode = inode + 1 WHERE link = $two AND path = 2"
	lies "links, link *: a link count of 1, or a size of another class" "UPDATE links SET nlink = 1 WHERE link = 1"
	lies "lines in links is 0, should be an integer from 1 *" "UPDATE links SET lines = 0 WHERE link = 3"
	lies "links: a name or an inode is not that of the import" "UPDATE links SET name = name || 'x' WHERE link = $two AND path = 2"
	lies "dir_id *: links has more of its files than usage_nr" "UPDATE links SET uid = uid + 200000 WHERE uid < 1000000;
		UPDATE link_usage SET uid = uid + 200000 WHERE uid < 1000000; UPDATE link_usage_r SET uid = uid + 200000 WHERE uid < 1000000"
	lies "dir_id *: link_usage is not what follows from links" \
		"UPDATE link_usage SET kept_size = kept_size + 1 WHERE dir_id = (SELECT max(dir_id) FROM link_usage)"
	lies "dir_id *: link_usage has a row without anything" "INSERT INTO link_usage VALUES(4, 77, 7, 0, 0, 0, 0, 0, 0, 0, 0)"
	lies "dir_id *: link_usage_r does not have the sums of link_usage" "DELETE FROM link_usage_r"
	for column in repeated_files_nr repeated_size_r kept_apparent_r; do
		lies "dir_id *: link_stats: $column is *, should be *" \
			"UPDATE link_stats SET $column = $column + 1 WHERE dir_id = (SELECT max(dir_id) FROM link_stats)"
	done
	lies "dir_id *: link_stats: * is 0, should be *" "DELETE FROM link_stats WHERE dir_id = 3"
	for column in once_files once_size once_apparent linked_inodes links_outside links_disagree links_repeated; do
		lies "scan_metadata: $column is *, should be *" "UPDATE scan_metadata SET $column = $column + 1"
	done
	# Another inode for a line of the log: all sums are the same.
	local log=$good/20260115_x_small.list
	base=small
	sed 's/^\(<[0-9]*> *\)\?[0-9]* \(.* nl=2 .*hard1\)$/\1999 \2/' "$log" >other.list
	run ! cmp -s "$log" other.list
	lies "links does not have the lines that the log gives" "" --log other.list
}

@test "scan-audit: what only the log can tell" {
	local base=small log=$good/20260115_x_small.list
	# Consistent with each other, and still not what was scanned.
	lies "dir_id 4, /gpfs/fs1/a: inode in directories is 77, should be 101" \
		"UPDATE directories SET inode = 77 WHERE dir_id = 4" --log "$log"
	lies "dir_id 4, *: max_mtime_nr is *, should be *" "UPDATE directory_stats SET
		max_mtime_nr = max_mtime_nr + 86400 WHERE dir_id = 4; UPDATE directory_stats SET
		max_mtime_r = max_mtime_r + 86400 WHERE dir_id <= 4" --log "$log"
	sed 's,/a\.d,/a.e,' "$log" >other.list
	lies "dir_id *, /gpfs/fs1/a.d: has a line here, but none in the log" "SELECT 1" --log other.list
	grep -v '/a\.d' "$log" >other.list
	lies "dir_id *, /gpfs/fs1/a.d: has a line here, but none in the log" "SELECT 1" --log other.list
	line 400 /gpfs/fs1/a/deep/new/file | cat "$log" - >other.list
	lies "/gpfs/fs1/a/deep/new is in the log, but not here" "SELECT 1" --log other.list
	line 400 /gpfs/fs1/zz/file | cat "$log" - >other.list
	lies "/gpfs/fs1/zz is in the log, but not here" "SELECT 1" --log other.list
	line 400 /gpfs/fs1/a/more 1 8 1000 100 | cat "$log" - >other.list
	lies "dir_id 4, *: usage_nr: uid 1000: *" "SELECT 1" --log other.list
	sed 's/s=9000 /s=9001 /' "$log" >other.list
	lies "dir_id *: apparent_size is *, should be *" "SELECT 1" --log other.list
	(cat "$log"; echo '# more') >other.list
	lies "scan_metadata: lines is 30, should be 31" "SELECT 1" --log other.list
	# The same sums of another file: only the digest knows.
	sed 's,/a/one$,/a/two1,' "$log" >other.list
	lies "scan_metadata: digest is not that of the log, *" "SELECT 1" --log other.list
}

# every_change STEP: change every column of every table, a value or a row at a time, in several ways, and
# scan-audit --log must notice. Of all these changes each STEP-th is tried.
every_change() {
	local table column key at change n=0 tried=0 missed=0 differ
	{ small_log; line 7000 /gpfs/fs1/bad x; line 7001 /gpfs/fs1/worse 1 1 1 1 what; } >20260115_x_all.list
	printf 'u%d:x:%d:1:Name of %d:/:/\n' 1000 1000 1000 1001 1001 1001 >passwd
	printf 'g%d:x:%d:\n' 100 100 101 101 >group
	scan-import -q --passwd-file passwd --group-file group --db all.db 20260115_x_all.list
	scan-audit -q all.db --log 20260115_x_all.list
	(($(sqlite3 all.db 'SELECT count(*) FROM scan_rejects') > 0))
	(($(sqlite3 all.db 'SELECT count(*) FROM user_info') > 0))
	# A row is found by its key: the columns of the primary key, in their order, or rowid.
	sqlite3 -separator ' ' all.db "SELECT m.name, c.name, ifnull((SELECT group_concat(k.name)
			FROM pragma_table_info(m.name) AS k WHERE k.pk), 'rowid')
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'" >columns
	(($(wc -l <columns) > 85))
	while read -r table column key; do
		# A row amid the table, in the order of the column.
		at="($key) = (SELECT $key FROM $table ORDER BY $column, $key LIMIT 1"
		at+=" OFFSET (SELECT count(*) / 2 FROM $table))"
		while read -r change; do
			((n++ % $1 == 0)) || continue
			cp all.db bad.db
			# A change that SQLite refuses, or that changes nothing, is none.
			differ=$(sqlite3 bad.db "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;
				CREATE TEMP TABLE was AS SELECT * FROM main.$table; $change;
				SELECT (SELECT count(*) FROM (SELECT * FROM $table EXCEPT SELECT * FROM was)) +
					abs((SELECT count(*) FROM $table) - (SELECT count(*) FROM was))" 2>refused) || continue
			[[ $differ != 0 ]] || continue
			((++tried))
			status=0
			scan-audit -q bad.db >said 2>&1 || status=$?
			((status)) || scan-audit -q bad.db --log 20260115_x_all.list >said 2>&1 || status=$?
			((status == 1 || status == 3)) || { echo "$table.$column: status $status: $change: $(<said)"; ((++missed)); }
		done <<-END
			UPDATE $table SET $column = $column + 1 WHERE $at
			UPDATE $table SET $column = $column - 1 WHERE $at
			UPDATE $table SET $column = $column + 0.5 WHERE $at
			UPDATE $table SET $column = $column || 'x' WHERE $at
			UPDATE $table SET $column = 'x' WHERE $at
			UPDATE $table SET $column = CAST($column AS BLOB) WHERE $at
			UPDATE $table SET $column = x'00ff' WHERE $at
			UPDATE $table SET $column = -1 WHERE $at
			UPDATE $table SET $column = 0 WHERE $at
			UPDATE $table SET $column = 9223372036854775807 WHERE $at
			UPDATE $table SET $column = NULL WHERE $at
			UPDATE $table SET $column = (SELECT max($column) FROM $table) WHERE $at
			UPDATE $table SET $column = (SELECT min($column) FROM $table) WHERE $at
			DELETE FROM $table WHERE $at
			INSERT INTO $table SELECT * FROM $table WHERE $at
		END
	done <columns
	echo "$tried of $n changes tried, $missed not noticed"
	((tried > n / $1 / 3 && missed == 0))
}

@test "scan-audit: changes of single values, one in twenty" {
	every_change 19
}

@test "scan-audit: every change of a single value" {
	slow
	every_change 1
}

@test "scan-audit: a log that cannot be read" {
	run -4 scan-audit "$good/small.db" --log nowhere
	[[ $output == "scan-audit: cannot open nowhere: No such file or directory" ]]
	: >empty.list
	run -3 scan-audit -q "$good/small.db" --log empty.list
	head -c 2000 "$good/20260115_x_small.list" >cut.list
	run -3 scan-audit -q "$good/small.db" --log cut.list
	run -1 scan-audit -q "$good/small.db" --log cut.list --allow-cut-end
}

@test "scan-audit: killed, it leaves no process" {
	local i pid held
	# A log that does not end.
	exec {held}<> <(:)
	scan-audit -T "$PWD" "$good/small.db" --log - >out <&"$held" 3>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		(($(pgrep -fc -- "-T $PWD" || true) < 5)) || break
		sleep 0.1
	done
	(($(pgrep -fc -- "-T $PWD") == 5))
	kill -KILL "$pid"
	for ((i = 0; i < 10; i++)); do
		pgrep -f -- "-T $PWD" >/dev/null || break
		sleep 0.1
	done
	run -1 pgrep -f -- "-T $PWD"
}

@test "scan-audit: files that are no complete database" {
	spoils cut.db
	local want=3 base=small
	lies "is incomplete: *" "DELETE FROM scan_metadata"
	lies "was made by a newer version of treetally" "PRAGMA user_version = 99"
	lies "was made by version 0.1 or 0.2: import again" "PRAGMA user_version = 1"
	lies "is a database of another program" "PRAGMA application_id = 7"
	lies "is damaged: its tables, indexes and views are not *" "DROP TABLE usage_by"
	lies "is damaged: its tables, indexes and views are not *" "DROP INDEX stats_by_owner"
	lies "is damaged: its tables, indexes and views are not *" "ALTER TABLE usage_nr ADD COLUMN more"
	run -4 scan-audit nowhere.db
	: >empty.db
	run -3 scan-audit empty.db
	small_log >log.db
	run -3 scan-audit log.db
	local size n
	size=$(stat -c %s "$good/mixed.db")
	for n in 1 2 3 5 9; do
		head -c $((size * n / 10)) "$good/mixed.db" >cut.db
		run -3 scan-audit -q cut.db
		[[ $output == "scan-audit: cut.db: "* ]]
	done
}

@test "scan-audit: --pages finds an index that does not agree with its table" {
	run -0 scan-audit "$good/small.db" --pages
	[[ $output == *"ok: pages: "* ]]
	cp "$good/small.db" bad.db
	sqlite3 -cmd ".dbconfig defensive off" bad.db "PRAGMA writable_schema = ON;
		UPDATE sqlite_master SET sql = 'CREATE INDEX stats_by_size ON directory_stats(total_size_nr)'
		WHERE name = 'stats_by_size'"
	sqlite3 -cmd ".dbconfig defensive off" bad.db "PRAGMA writable_schema = ON; UPDATE directory_stats SET total_size_nr = total_size_nr + 0;
		UPDATE sqlite_master SET sql = 'CREATE INDEX stats_by_size ON directory_stats(total_size_r)'
		WHERE name = 'stats_by_size'"
	scan-audit -q bad.db
	run -3 scan-audit -q bad.db --pages
	[[ $output == "scan-audit: bad.db: is damaged: SQLite says: "* ]]
}

@test "scan-audit: a database of unverified rows" {
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 "$good/20260115_x_small.list" -o log.entry
	dir-extract log.entry | depth-sort | dir-load u.db
	stats-accum -t log.entry | grep -v /a.d | stats-load -q --no-names --unverified u.db
	run -0 --separate-stderr scan-audit u.db
	[[ $output == *"; unverified: accounts were not compared" ]]
	[[ $stderr == *"unverified: made"* ]]
	# The log has what was taken away.
	run -1 scan-audit -q u.db --log "$good/20260115_x_small.list"
}

@test "scan-audit: options" {
	run -2 scan-audit
	run -2 scan-audit a.db b.db
	run -2 scan-audit a.db --crlf
	[[ $output == *"--crlf needs --log"* ]]
	run -2 scan-audit -q -v a.db
	run -2 scan-audit a.db --log x --escape hex
	run -2 scan-audit -S 1M a.db
	run -0 scan-audit --help
	[[ ${lines[0]} == "usage: scan-audit "* ]]
	(($(scan-audit --help | wc -L) <= 80))
	run -0 scan-audit --version
	[[ $output == "scan-audit (treetally) "* ]]
	run -4 bash -c "scan-audit '$good/small.db' >/dev/full"
	export TREETALLY_DIR=$good
	run -0 scan-audit -q small
}

@test "scan-audit: memory is bounded, 150,000 directories" {
	slow
	make-log --plain --lines 300000 --dirs 150000 >20260111_x_big.list
	scan-import -q --db big.db 20260111_x_big.list
	scan-audit -q big.db --log 20260111_x_big.list
	sanitized || prlimit --data=$((24 << 20)) scan-audit -q -S 16M big.db
	cp big.db bad.db
	sqlite3 bad.db "UPDATE usage_r SET apparent_size = apparent_size + 1 WHERE dir_id = (SELECT min(dir_id)
		FROM usage_r) AND uid = (SELECT min(uid) FROM usage_r) AND age_bucket = 4"
	run -1 scan-audit -q bad.db
	[[ $output == *"usage_by, kind 0, "* ]]
}
