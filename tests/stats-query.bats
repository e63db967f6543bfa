#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# stats-query: every sum against the reference (tests/oracle/reference), which adds files up from the log
# without a line of code in common, and goes down the tree by parent_id where stats-query trusts
# ranges; then options, formats, databases that cannot be read, and costs.

load lib/helper
load lib/faults

# The second opinions of this suite count each link; link-answers.bats is about the other ways.
stats-query() {
	command stats-query -l "$@"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_database -f fs1
	# 300 directories, 14 owners, and directories that have rows in usage_r on several levels.
	make-log --lines 12000 --dirs 300 >big.log
	summed_lines /gpfs/fs1 >>big.log
	scan-import -q -f fs2 --scan-date 2026-01-11 --max-rejects 50% --db big.db big.log
	# More directories than most questions need, so that some are of one owner, or old.
	make-log --lines 4000 --dirs 2000 >many.log
	scan-import -q -f fs3 --scan-date 2026-01-11 --max-rejects 50% --db many.db many.log
	reference -f fs2 --scan-date 2026-01-11 big.log >big.ref
	reference_tables big
	reference -f fs1 --scan-date 2026-01-15 20260115_x_small.list >small.ref
	reference_tables small
}

setup() {
	common_setup
	files=$BATS_FILE_TMPDIR
	big=$files/big.db small=$files/small.db many=$files/many.db
}

# reference_tables NAME: what the reference printed, as tables of NAME-ref.db. Names stand there as
# it prints them.
reference_tables() {
	local table
	for table in directories usage_nr; do
		awk -F '\t' -v table=$table '$1 == table' "$1.ref" | cut -f2- >"$table.tsv"
	done
	sqlite3 "$1-ref.db" <<'END'
CREATE TABLE d(id INTEGER PRIMARY KEY, parent INTEGER, name TEXT, depth INTEGER,
	inode, generation, uid, gid, mode, allocated);
CREATE TABLE u(dir INTEGER, uid INTEGER, gid INTEGER, age INTEGER, size INTEGER,
	files INTEGER, total INTEGER, apparent INTEGER);
.mode ascii
.separator "\t" "\n"
.import directories.tsv d
.import usage_nr.tsv u
CREATE INDEX d_parent ON d(parent);
CREATE TABLE p AS WITH RECURSIVE p(id, path) AS (
	SELECT id, '' FROM d WHERE depth = 0
	UNION ALL SELECT d.id, p.path || '/' || d.name FROM p JOIN d ON d.parent = p.id)
	SELECT id, CASE path WHEN '' THEN '/' ELSE path END AS path FROM p;
END
}

# sums COLUMNS PATH [CONDITION]: what the reference has below PATH, by plain addition, sorted by
# COLUMNS.
sums() {
	local by=${1:+GROUP BY $1 ORDER BY $1}
	sqlite3 -separator $'\t' "${reference:-$files/big-ref.db}" "
		WITH RECURSIVE sub(id) AS (SELECT id FROM p WHERE path = '$2'
			UNION ALL SELECT d.id FROM d JOIN sub ON d.parent = sub.id)
		SELECT ${1:+$1,} ifnull(sum(files), 0), ifnull(sum(total), 0), ifnull(sum(apparent), 0)
		FROM u WHERE dir IN sub AND ${3:-1} $by"
}

# got FIELDS ARGUMENT...: rows of stats-query, these fields, without column names.
got() {
	stats-query "${@:2}" >rows
	sed 1d rows | cut -f"$1"
}

# same SQL-COLUMNS KEYS FIELDS PATH [CONDITION [OPTION...]]
same() {
	sums "$1" "$4" "${5:-}" >expected
	got "$3" --by "$2" --sort-by key -P "$4" "${@:6}" "${db:-$big}" >actual
	diff expected actual
}

# Paths of plain names, from the root, directories with usage_r and all sizes down to leaves.
some_paths() {
	sqlite3 "$files/big-ref.db" "SELECT path FROM p JOIN d USING(id) WHERE path NOT GLOB '*[^a-zA-Z0-9/ ._-]*'
		AND (depth < 3 OR id % 5 = 0)"
}

# ---- sums ----

@test "stats-query: owners of any directory are those of the reference" {
	while IFS= read -r path; do
		same uid owner 1,3- "$path"
	done < <(some_paths)
	(($(some_paths | wc -l) > 20))
}

@test "stats-query: groups, ages and sizes of any directory are those of the reference" {
	while IFS= read -r path; do
		same gid group 1,3- "$path"
		# All ten, those without files too.
		sums age "$path" | awk -F '\t' -v OFS='\t' '{ row[$1] = $0 }
			END { for (i = 0; i < 10; i++) print i in row ? row[i] : i OFS 0 OFS 0 OFS 0 }' >expected
		got 1,3- --by age -P "$path" "$big" | diff expected -
		sums size "$path" | awk -F '\t' -v OFS='\t' '{ row[$1] = $0 }
			END { for (i = 0; i < 10; i++) print i in row ? row[i] : i OFS 0 OFS 0 OFS 0 }' >expected
		got 1,3- --by size -P "$path" "$big" | diff expected -
		sums '' "$path" >expected
		got 1- -P "$path" "$big" | diff expected -
	done < <(some_paths | awk 'NR % 3 == 1')
}

@test "stats-query: several keys, in any order" {
	local path
	for path in / /gpfs/fs1 /gpfs/fs1/home20 /gpfs/fs1/data28/a. '/gpfs/fs1/a b/run25'; do
		same uid,age owner,age 1,3,5- "$path"
		same age,uid age,owner 1,3,5- "$path"
		same uid,gid,age,size owner,group,age,size 1,3,5,7,9- "$path"
		same size,gid size,group 1,3,5- "$path"
	done
}

@test "stats-query: every level agrees with the one above" {
	local level
	sums '' / >expected
	for level in 1 2 3 5 100; do
		stats-query --by dir:$level --from-root "$big" | sed 1d |
			awk -F '\t' -v OFS='\t' '{ f += $2; t += $3; a += $4 } END { printf "%.0f\t%.0f\t%.0f\n", f, t, a }' |
			diff expected -
		stats-query --by dir:$level,owner --from-root "$big" | sed 1d |
			awk -F '\t' '{ f += $4; t += $5; a += $6 } END { printf "%.0f\t%.0f\t%.0f\n", f, t, a }' |
			diff expected -
	done
	# So deep, every row is the files directly in a directory.
	sqlite3 "$big" "SELECT file_count_nr, total_size_nr, apparent_size_nr FROM directory_stats
		WHERE file_count_nr ORDER BY dir_id" | tr '|' '\t' >expected
	got 2- --by dir:100 --from-root --sort-by key "$big" | diff expected -
}

@test "stats-query: --by dir: children of the prefix, and the files in it" {
	run -0 stats-query --by dir --sort-by key "$small"
	[[ ${lines[0]} == $'path\tfile_count\ttotal_size\tapparent_size' ]]
	[[ ${lines[1]} == $'/gpfs/fs1\t1\t8192\t1024' ]]
	[[ ${lines[2]} == $'/gpfs/fs1/a\t9\t'* ]]
	[[ ${lines[3]} == $'/gpfs/fs1/a.d\t1\t131072\t70000' ]]
	[[ ${lines[4]} == $'/gpfs/fs1/b\t6\t'* ]]
	[[ ${lines[5]} == $'/gpfs/fs1/b c\t2\t16384\t8194' ]]
	((${#lines[@]} == 6))
	run -0 stats-query --by dir:2,owner --sort-by key -P /gpfs/fs1/a "$small"
	[[ ${lines[0]} == $'path\tuid\towner\tfile_count\ttotal_size\tapparent_size' ]]
	[[ ${lines[1]} == $'/gpfs/fs1/a\t1000\t'* && ${lines[2]} == $'/gpfs/fs1/a\t1001\t'* ]]
	[[ ${lines[3]} == $'/gpfs/fs1/a/deep\t1000\t'* ]]
	[[ ${lines[4]} == $'/gpfs/fs1/a/deep/er\t1001\t'*$'\t2\t8192\t2' ]]
}

# ---- selecting ----

@test "stats-query: --owner and --group select files, not directories" {
	local path uid gid
	read -r uid gid < <(sqlite3 -separator ' ' "$files/big-ref.db" "SELECT uid, gid FROM u GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1")
	for path in / /gpfs/fs1 /gpfs/fs1/home20 /gpfs/fs1/data28/a. '/gpfs/fs1/a b/run25'; do
		same uid owner 1,3- "$path" "uid = $uid" -u "$uid"
		same gid group 1,3- "$path" "uid = $uid" -u "$uid"
		same uid owner 1,3- "$path" "gid = $gid" -g "$gid"
		same uid,age owner,age 1,3,5- "$path" "gid = $gid AND uid IN (0, $uid)" -g "$gid" -u 0 -u "$uid" -u "$uid"
		same '' fs 2- "$path" "uid = $uid" -u "$uid"
	done
}

@test "stats-query: --mine and --mygroup" {
	same uid owner 1,3- / "uid = $(id -u)" --mine
	same gid group 1,3- / "gid = $(id -g)" --mygroup
}

@test "stats-query: an owner without files: no row, a total of zeros, status 0" {
	run -0 stats-query --by owner -u 4000000000 "$big"
	((${#lines[@]} == 1))
	run -0 stats-query -u 4000000000 "$big"
	[[ ${lines[1]} == $'0\t0\t0' ]]
	run -0 stats-query --by dir,owner -u 4000000000 "$big"
	((${#lines[@]} == 1))
}

@test "stats-query: names of owners: the database, the name service, numbers" {
	cp "$small" named.db
	sqlite3 named.db "INSERT OR REPLACE INTO user_info VALUES (1000, 'alice', NULL), (1001, x'e9', NULL);
		INSERT OR REPLACE INTO group_info VALUES (100, 'staff2')"
	run -0 stats-query --by owner,group -u alice named.db
	[[ ${lines[1]} == $'1000\talice\t100\tstaff2\t'* ]]
	run -0 stats-query --by owner -u $'\xe9' named.db
	[[ ${lines[1]} == $'1001\t\xe9\t'* ]]
	run -0 stats-query -u root named.db
	[[ ${lines[1]} == $'0\t0\t0' ]]
	run -2 stats-query -u nobody-knows "$small"
	[[ ${lines[0]} == "stats-query: --owner: no user 'nobody-knows' is known here or in the database: give the number (uid)" ]]
	run -2 stats-query -g nobody-knows "$small"
	run -2 stats-query -u 4294967296 "$small"
	cp named.db other.db
	sqlite3 other.db "UPDATE scan_metadata SET digest = '0', filesystem = 'fs2'; UPDATE user_info SET uid = 7 WHERE uid = 1000"
	run -2 stats-query -u alice named.db other.db
	[[ ${lines[0]} == *"uid 1000 in named.db and 7 in other.db: give the number"* ]]
}

# below PATH: a condition for sums: files that are in PATH or below it.
below() {
	echo "dir IN (WITH RECURSIVE x(id) AS (SELECT id FROM p WHERE path = '$1'
		UNION ALL SELECT d.id FROM d JOIN x ON d.parent = x.id) SELECT id FROM x)"
}

@test "stats-query: --exclude is exact, whatever it cuts out" {
	local path
	for path in /gpfs/fs1/home20 /gpfs/fs1/home20/home18 '/gpfs/fs1/a b/run25' /gpfs/fs1/data28; do
		same uid owner 1,3- / "NOT $(below "$path")" -E "$path"
		same uid,age owner,age 1,3,5- /gpfs/fs1 "NOT $(below "$path")" -E "$path" -E "$path//"
		same gid group 1,3- / "uid = 0 AND NOT $(below "$path")" -u 0 -E "$path"
		same '' fs 2- / "NOT $(below "$path") AND NOT $(below /gpfs/fs1/ab)" -E "$path" -E /gpfs/fs1/ab
	done
}

@test "stats-query: --exclude without keys, by dir, by age, nested and whole" {
	sqlite3 "$big" "SELECT r.file_count_r - x.file_count_r - y.file_count_r FROM directory_stats r,
		directory_stats x, directory_stats y WHERE r.dir_id = 1
		AND x.dir_id = (SELECT dir_id FROM tree WHERE path = '/gpfs/fs1/home20')
		AND y.dir_id = (SELECT dir_id FROM tree WHERE path = '/gpfs/fs1/data28/a.')" >expected
	local without=(-E /gpfs/fs1/home20 -E /gpfs/fs1/data28/a. -E /gpfs/fs1/home20/home18)
	got 1 "${without[@]}" "$big" | diff expected -
	got 3 --by age "${without[@]}" "$big" | awk '{ n += $1 } END { print n + 0 }' | diff expected -
	got 2 --by dir "${without[@]}" "$big" | awk '{ n += $1 } END { print n + 0 }' | diff expected -
	got 2 --by dir:3 "${without[@]}" "$big" | awk '{ n += $1 } END { print n + 0 }' | diff expected -
	got 4 --by dir:2,owner "${without[@]}" "$big" | awk '{ n += $1 } END { print n + 0 }' | diff expected -
	run -0 stats-query --by dir "${without[@]}" "$big"
	[[ $output != *home20* ]]
	run -0 stats-query --by owner -P /gpfs/fs1/home20 -E /gpfs "$big"
	((${#lines[@]} == 1))
	run -0 stats-query -P /gpfs/fs1/home20 -E /gpfs/fs1/home20 "$big"
	[[ ${lines[1]} == $'0\t0\t0' ]]
}

@test "stats-query: --exclude where lengths passed 2^63" {
	{
		line 1 /gpfs/fs1 1 1 0 0 drwxr-xr-x
		line 2 /gpfs/fs1/a/huge 9223372036854775807 8
		line 3 /gpfs/fs1/b/huge 9223372036854775807 8
		line 4 /gpfs/fs1/b/c/one 5 8 1000
		line 5 /gpfs/fs1/d/one 6 8 1000
	} >huge.log
	scan-import -q -f fs1 --scan-date 2026-01-15 --db huge.db huge.log 2>/dev/null
	local by
	for by in fs owner dir:2,owner age; do
		got 1- --by $by -E /gpfs/fs1/a -E /gpfs/fs1/b huge.db | grep -c $'\t1\t8192\t6$' | grep -qx 1
	done
	run -0 stats-query --by dir huge.db
	[[ ${lines[*]} == *$'/gpfs/fs1/b\t2\t16384\t9223372036854775807'* ]]
}

@test "stats-query: prefixes that nest are counted once" {
	stats-query --by owner -P /gpfs/fs1/home20 "$big" >expected
	stats-query --by owner -P /gpfs/fs1/home20/home18 -P /gpfs/fs1/home20 -P //gpfs/fs1/home20/ "$big" | diff expected -
	stats-query --by dir -P /gpfs/fs1/home20 "$big" >expected
	stats-query --by dir -P /gpfs/fs1/home20/home18 -P /gpfs/fs1/home20 "$big" | diff expected -
}

@test "stats-query: a path that is not there: status 1, and how far it goes" {
	run -1 stats-query -P /gpfs/fs1/a/deep/none/at/all "$small"
	[[ $output == "stats-query: /gpfs/fs1/a/deep/none/at/all: is not in $small; the nearest directory above it that is there: /gpfs/fs1/a/deep" ]]
	run -1 stats-query -E /nowhere "$small"
	[[ $output == *"is not in $small; the nearest directory above it that is there: /" ]]
	run -1 stats-query -P /none "$small" "$big"
	[[ $output == *"/none: is not in any of the databases; "* ]]
	# In one of them is enough.
	run -0 stats-query -P "/gpfs/fs1/b c" "$small" "$big"
	[[ ${lines[1]} == $'2\t16384\t8194' ]]
	run -2 stats-query -P relative "$small"
	run -2 stats-query -E /gpfs/../x "$small"
	# A name that SQL could take for something else is just a name.
	run -1 stats-query -P "/gpfs/fs1/a' OR '1'='1" "$small"
}

# ---- order ----

@test "stats-query: order: size, apparent, files, key; groups stay together" {
	local at what
	for what in size:4 apparent:5 files:3; do
		at=${what#*:}
		got "$at" --by owner --sort-by "${what%:*}" "$big" | sort -c -nr
	done
	got 4 --by owner "$big" | sort -c -nr
	got 1 --by owner --sort-by key "$big" | sort -c -n
	# Each owner once, with its ages in their order.
	got 1 --by owner,age "$big" | uniq | sort | uniq -d | diff /dev/null -
	got 1 --by owner,age "$big" | uniq >owners
	got 1 --by owner "$big" | diff owners -
	got 3 --by owner,age -u 0 "$big" | sort -c -n
	got 3 --by age --sort-by files "$big" | sort -c -nr
}

@test "stats-query: --top counts rows, of each first key if there are several; --min-size" {
	got 1 --by owner "$big" | head -3 >expected
	got 1 --by owner --top 3 "$big" | diff expected -
	got 1 --by age,owner --top 2 "$big" | uniq -c | awk '$1 != 2' | diff /dev/null -
	stats-query --by age,owner "$big" | awk -F '\t' '++n[$1] <= 2' >expected
	stats-query --by age,owner --top 2 "$big" | awk -F '\t' '++n[$1] <= 2' | diff expected -
	got 4 --by owner --min-size 1G "$big" | awk '$1 < 1024 ^ 3' | diff /dev/null -
	stats-query --by owner "$big" | awk -F '\t' 'NR == 1 || $4 >= 1000000' >expected
	stats-query --by owner --min-size 1MB "$big" | diff expected -
	run -0 stats-query --by age --top 1 "$small"
	((${#lines[@]} == 2))
}

# ---- formats ----

@test "stats-query: CSV, JSON and NDJSON say the same as TSV" {
	local by
	for by in owner group age size dir owner,age,size dir,owner fs,size; do
		stats-query --by $by --sort-by key -P '/gpfs/fs1/a b' "$big" >tsv
		stats-query --by $by --sort-by key -P '/gpfs/fs1/a b' --format csv "$big" | tr -d '\r' |
			sqlite3 -header -separator $'\t' :memory: '.mode csv' '.import /dev/stdin t' '.mode tabs' \
				'SELECT * FROM t' | diff tsv -
		stats-query --by $by --sort-by key -P '/gpfs/fs1/a b' --format ndjson "$big" >lines
		stats-query --by $by --sort-by key -P '/gpfs/fs1/a b' --format json "$big" >json.out
		sqlite3 :memory: "SELECT group_concat(value, char(9)) FROM json_each(readfile('json.out'), '\$.columns');
			SELECT (SELECT group_concat(value, char(9)) FROM json_each(r.value))
			FROM json_each(readfile('json.out'), '\$.rows') AS r" | diff tsv -
		# each line a row
		{ printf '[' && paste -sd , lines && printf ']'; } >rows.json
		sqlite3 :memory: "SELECT json_array_length(readfile('rows.json'));
			SELECT (SELECT group_concat(value, char(9)) FROM json_each(r.value))
			FROM json_each(readfile('rows.json')) AS r" | diff <(wc -l <lines; sed 1d tsv) -
	done
	[[ $(sqlite3 :memory: "SELECT json_extract(readfile('json.out'), '\$.kind')") == usage ]]
}

@test "stats-query: --format table: human sizes, a total, what age means" {
	run -0 stats-query --by age --format table "$small"
	[[ ${lines[0]} == "fs1, scan of 2026-01-15; age is time since last access (atime)" ]]
	[[ $output == *"7+ Years"*"total"* ]]
	run -0 stats-query --by owner --top 1 --format table "$small"
	scan-import -q -f fs1 --scan-date 2026-01-15 --age-by newest --db newest.db "$files/20260115_x_small.list"
	sqlite3 newest.db "UPDATE scan_metadata SET digest = '0', filesystem = 'fs2'"
	run -0 stats-query --by owner,age --format table newest.db
	[[ ${lines[0]} == *"age is time since last access or modification (newest)" ]]
	run -0 stats-query --by age --format table newest.db "$small"
	[[ ${lines[0]} == *"age is time not measured alike in these databases" ]]
}

@test "stats-query: into a pipe no line but names and rows; -o takes all or nothing" {
	stats-query --by owner "$small" | cat >piped
	stats-query --by owner -o file "$small"
	cmp piped file
	(($(wc -l <file) == 3))
	run -2 stats-query --by owner --format xml -o none "$small"
	[ ! -e none ]
	run -4 stats-query --by owner -o /dev/full "$small"
	run -4 bash -c 'stats-query --by owner "$1" >/dev/full' - "$small"
}

@test "stats-query: names cannot damage a terminal" {
	line 1 $'/gpfs/fs1/esc\e[31m\adir/f' >esc.log
	line 2 $'/gpfs/fs1/other/f' >>esc.log
	scan-import -q -f fs1 --scan-date 2026-01-15 --db esc.db esc.log
	run -0 stats-query --by dir --format table esc.db
	[[ $output != *$'\e'* && $output != *$'\a'* ]]
	run -0 stats-query --format table -P $'/gpfs/fs1/esc\e[31m\adir' esc.db
	[[ $output != *$'\e'* && $output != *$'\a'* && $output == *'/gpfs/fs1/esc\033[31m'* ]]
	stats-query --by dir --format json esc.db >json.out
	[[ $(sqlite3 :memory: "SELECT hex(json_extract(readfile('json.out'), '\$.rows[0].path'))") == *1B5B33316D07* ]]
}

# ---- several databases ----

@test "stats-query: several databases are added up, or told apart by fs" {
	sqlite3 -separator $'\t' "$files/big-ref.db" "ATTACH '$files/small-ref.db' AS s;
		SELECT uid, sum(files), sum(total), sum(apparent)
		FROM (SELECT * FROM u UNION ALL SELECT * FROM s.u) GROUP BY uid ORDER BY uid" >expected
	got 1,3- --by owner --sort-by key "$small" "$big" | diff expected -
	{ echo fs2; echo fs1; } >expected
	got 1 --by fs "$small" "$big" | diff expected -
	run -0 stats-query --by owner,fs -u 1000 "$small" "$big"
	[[ ${lines[0]} == $'uid\towner\tfilesystem\tfile_count\t'* ]]
	run -0 stats-query --by dir --sort-by key "$small" "$big"
	[[ ${lines[0]} == $'filesystem\tpath\t'* && ${lines[1]} == $'fs1\t/gpfs/fs1\t'* ]]
	run -0 stats-query --by fs,age "$small" "$big"
	((${#lines[@]} == 21))
}

@test "stats-query: directories of several databases that have the same dir_id are not one" {
	local keys
	for keys in dir,fs dir:2,fs owner,dir,fs dir,owner,fs; do
		run -0 stats-query --by "$keys" --top 1000 "$small" "$big"
		[[ $output == "$(stats-query --by "$keys" "$small" "$big")" ]]
	done
	# One row of each directory: each is in one database only.
	run -0 stats-query --by dir:2,fs --top 1 "$small" "$big"
	[[ $output == "$(stats-query --by dir:2,fs "$small" "$big")" ]]
}

@test "stats-query: no file counts twice: the same scan, two dates of one file system" {
	cp "$small" copy.db
	run -2 --separate-stderr stats-query "$small" copy.db
	[[ $stderr == "stats-query: $small and copy.db hold the same scan" && -z $output ]]
	run -2 stats-query --by fs,scan "$big" "$small" "$big"
	sqlite3 copy.db "UPDATE scan_metadata SET digest = '0'"
	run -2 --separate-stderr stats-query --by owner,scan "$small" copy.db
	[[ $stderr == "stats-query: $small and copy.db both hold file system 'fs1' of 2026-01-15" ]]
	sqlite3 copy.db "UPDATE scan_metadata SET scan_timestamp = scan_timestamp - 86400"
	run -2 --separate-stderr stats-query --by fs "$small" copy.db
	[[ $stderr == *"both hold file system 'fs1', of different dates: --by scan keeps them apart" ]]
	run -0 stats-query --by scan "$small" copy.db "$big"
	[[ ${lines[0]} == $'scan_date\tfile_count\t'* && ${#lines[@]} -eq 4 ]]
	[[ $(cut -f 1 <<<"$output" | tail -n +2) == $'1768089600\n1768348800\n1768435200' ]]
	run -0 stats-query --by owner,scan -u 1000 "$small" copy.db
	[[ ${#lines[@]} -eq 3 && ${lines[1]#*1768348800} == "${lines[2]#*1768435200}" ]]
	run -0 stats-query --by scan,dir --format table "$small" copy.db
	[[ $output == *"2026-01-14"*"2026-01-15"* ]]
}

# ---- opening ----

@test "stats-query: NAME is TREETALLY_DIR/NAME.db" {
	mkdir dbs
	cp "$small" dbs/one.db
	TREETALLY_DIR=$PWD/dbs run -0 stats-query --by fs one
	[[ ${lines[1]} == fs1* ]]
	TREETALLY_DIR=$PWD/dbs run -0 stats-query --by fs dbs/one.db
	TREETALLY_DIR=$PWD/dbs run -4 stats-query two
	[[ $output == "stats-query: cannot open $PWD/dbs/two.db: No such file or directory" ]]
	run -4 stats-query one
	[[ $output == "stats-query: one: is not there, and TREETALLY_DIR is not set" ]]
}

@test "stats-query: incomplete, foreign, newer and broken databases: one line, status 3" {
	spoils cut.db
	make_stream dir dirs
	dir-load half.db dirs
	sqlite3 foreign.db 'CREATE TABLE t(x)'
	cp "$small" newer.db
	sqlite3 newer.db 'PRAGMA user_version = 99'
	head -c 100000 /dev/urandom >noise.db
	: >empty.db
	mkdir directory.db
	head -c 20000 "$small" >cut.db
	local db
	for db in half foreign newer noise empty directory cut; do
		run -3 stats-query --by owner $db.db
		[[ ${#lines[@]} == 1 && $output == "stats-query: $db.db: "* ]]
	done
	# The good ones before it change nothing.
	run -3 stats-query "$small" half.db
	[[ $output == "stats-query: half.db: is incomplete: its import was not finished"* ]]
}

@test "stats-query: an unverified database is said to be so" {
	cp "$small" unverified.db
	sqlite3 unverified.db "UPDATE scan_metadata SET assumptions = 'unverified'"
	run -0 --separate-stderr stats-query unverified.db
	[[ $stderr == "stats-query: unverified.db: unverified: made"* ]]
	run -0 --separate-stderr stats-query -q unverified.db
	[[ -z $stderr ]]
	run -0 stats-query -q --by owner --format table unverified.db
	[[ $output == *"unverified"* ]]
}

@test "stats-query: names of files mean nothing to SQLite" {
	local name
	for name in 'a?mode=rw' 'b%41#x' ':memory:' 'file:x' $'caf\xe9 "q"' "it's"; do
		cp "$small" "$name"
		run -0 stats-query "./$name"
		[[ ${lines[1]} == 19* ]]
	done
}

@test "stats-query: a read-only directory and file, nothing is written" {
	mkdir ro
	cp "$small" ro/x.db
	chmod 444 ro/x.db
	chmod 555 ro
	local before
	before=$(sha256sum ro/x.db)
	run -0 stats-query --by owner ro/x.db
	[[ $before == "$(sha256sum ro/x.db)" ]]
	[[ $(ls ro) == x.db ]]
	chmod 755 ro
}

@test "stats-query: on a read-only mount" {
	[[ $(id -u) == 0 ]] || skip "only root can mount"
	unshare -m true 2>/dev/null || skip "mounts are not possible here"
	mkdir mnt
	cp "$small" x.db
	sqlite3 x.db 'PRAGMA journal_mode = WAL' >/dev/null
	unshare -m bash -c 'mount -t tmpfs none mnt && cp x.db "$1" mnt/ && mount -o remount,ro none mnt &&
		stats-query --by owner mnt/small.db && stats-query -v --by owner mnt/x.db' - "$small" >out 2>err
	(($(wc -l <out) == 6))
	grep -q 'mnt/x.db: cannot be opened as other readers do: it is opened as immutable' err
}

@test "stats-query: where locks do not work the file is opened as immutable, with a note under -v" {
	! sanitized || skip "sanitizers want to be the first library"
	make_faults
	local -x FAULT_CALL=lock FAULT_NTH=1+ FAULT_HOW=ENOLCK
	stats-query --by owner "$small" >expected
	LD_PRELOAD=fault-shim.so run -0 --separate-stderr stats-query --by owner "$small"
	[[ $output == "$(cat expected)" && -z $stderr ]]
	LD_PRELOAD=fault-shim.so run -0 --separate-stderr stats-query -v --by owner "$small"
	[[ $stderr == "stats-query: $small: locks do not work on its file system: it is opened as immutable"* ]]
	# Then nobody can tell whose journal it is, so it counts.
	cp "$small" x.db
	echo journal >x.db-journal
	LD_PRELOAD=fault-shim.so run -3 stats-query x.db
	[[ $output == "stats-query: x.db: is incomplete: a transaction on it was not finished"* ]]
}

@test "stats-query: a transaction that was cut off is no complete database" {
	cp "$small" cut.db
	# The journal of a process that was killed before its commit.
	sqlite3 cut.db "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN; UPDATE usage_nr SET file_count = 0;
		UPDATE directory_stats SET file_count_r = 0" '.system cp cut.db hot.db; cp cut.db-journal hot.db-journal'
	[[ -s hot.db-journal ]] || skip "no journal was made"
	run -3 stats-query hot.db
	[[ $output == "stats-query: hot.db: is incomplete: a transaction on it was not finished"* ]]
}

@test "stats-query: a file that is replaced, and a journal that appears, change nothing" {
	local first
	cp "$big" x.db
	stats-query --by dir:100,owner,age x.db >expected
	mkfifo gate
	stats-query --by dir:100,owner,age x.db >gate &
	exec 9<gate
	# Its pipe is too small for the rest, for which it goes on reading the database.
	(($(wc -c <expected) > 200000))
	IFS= read -r first <&9
	cp "$small" y.db
	mv y.db x.db
	echo nonsense >x.db-journal
	{ echo "$first"; cat <&9; } >actual
	exec 9<&-
	wait $!
	cmp expected actual
}

# ---- costs ----

# cost ARGUMENT...: sets steps and full, as -v says.
cost() {
	stats-query -v "$@" 2>err >/dev/null
	read -r steps full < <(sed -nE 's/.*SQLite: ([0-9]+) steps, ([0-9]+) full-scan steps/\1 \2/p' err)
}

@test "stats-query: what is read depends on the question, never on the size of the tree" {
	local rows
	# One row, by its key.
	cost "$big"
	((steps < 300 && full == 0))
	# A name is found by halving, twenty steps for a million directories.
	cost -P /gpfs/fs1/home20 "$big"
	((steps < 900 && full == 0))
	# One row for each owner, and its name; ten for ages.
	cost --by owner "$big"
	((steps < 1000 && full == 0))
	cost --by age "$big"
	((steps < 500 && full == 0))
	# usage_r of one directory.
	rows=$(sqlite3 "$big" "SELECT count(*) FROM usage_r WHERE dir_id = 3")
	cost --by owner,age "$big"
	((steps < 12 * rows + 1000 && full == 0))
	# No usage_r: the range of usage_nr, which is short.
	cost --by age -P /gpfs/fs1/home20/home18 "$big"
	((steps < 12 * 4096 + 500 && full == 0))
	# One owner: its rows alone.
	rows=$(sqlite3 "$big" "SELECT count(*) FROM usage_r WHERE dir_id = 3 AND uid = 1009")
	cost --by age -u 1009 "$big"
	((steps < 13 * rows + 500 && full == 0))
	# Children: a row for each.
	cost --by dir "$big"
	((steps < 30 * $(sqlite3 "$big" "SELECT dir_count_nr FROM directory_stats WHERE dir_id = 3") + 2000 && full == 0))
	# What is excluded costs the same as what is asked for.
	cost --by age -E /gpfs/fs1/home20 "$big"
	((steps < 12 * 4096 + 1000 && full == 0))
}

# ---- usage ----

@test "stats-query: --help, --version, wrong use" {
	run -0 stats-query --help
	[[ ${lines[0]} == "usage: stats-query "* ]]
	((${#lines[@]} <= 60))
	run -0 stats-query -V
	[[ ${lines[0]} == "stats-query (treetally) 0.4.0" ]]
	local wrong
	for wrong in "" "--by" "--by none x.db" "--by owner,owner x.db" "--by dir:0 x.db" "--by dir:x x.db" \
		"--by , x.db" "--top x x.db" "--min-size 1.5G x.db" "--sort-by name x.db" "--format xml x.db" "--no-such x.db"; do
		# shellcheck disable=SC2086
		run -2 stats-query $wrong
		[[ ${lines[-1]} == "try 'stats-query --help'" ]]
	done
}

@test "stats-query: files that match stand beside all, and are those of the reference" {
	local path
	while IFS= read -r path; do
		sums uid "$path" >all
		sums uid "$path" 'age >= 6 AND size < 5' |
			awk -F '\t' -v OFS='\t' 'NR == FNR { m[$1] = $2 OFS $3; next } $1 in m { print $0, m[$1] }' - all >expected
		got 1,3-7 --by owner --sort-by key -P "$path" --older 3yrs --smaller-than 10M "$big" | diff expected -
	done < <(some_paths)
	# Any of the ten classes, with the single column that usage_by has, and without keys.
	sums '' / 'age BETWEEN 1 AND 5' >expected
	got 4,5 --older 30d --younger 3yrs --from-root "$big" | diff <(cut -f 1,2 expected) -
	got 6,7 --by age --older 30d --younger 3yrs --from-root "$big" |
		awk -F '\t' -v OFS='\t' '{ f += $1; t += $2 } END { printf "%.0f\t%.0f\n", f, t }' |
		diff <(cut -f 1,2 expected) -
	# Not where it is left out, and of one owner.
	sums '' /gpfs/fs1 'age >= 6 AND uid = 5003' >expected
	got 4,5 --older 3yrs -u 5003 -P /gpfs/fs1 "$big" | diff <(cut -f 1,2 expected) -
	stats-query --older 3yrs -P /gpfs/fs1 -E /gpfs/fs1/few "$big" | sed 1d | cut -f 4 >outside
	stats-query --older 3yrs -P /gpfs/fs1/few "$big" | sed 1d | cut -f 4 >inside
	[[ $(($(<outside) + $(<inside))) -eq $(sums '' /gpfs/fs1 'age >= 6' | cut -f 1) ]]
}

@test "stats-query: rows in the order of what matches; those without it are left out" {
	stats-query --by owner --older 3yrs "$big" >got
	tail -n +2 got | cut -f 7 | sort -c -n -r
	awk -F '\t' 'NR > 1 && $6 == 0 { exit 1 }' got
	stats-query --by owner --older 3yrs --sort-by matching_files "$big" | tail -n +2 | cut -f 6 | sort -c -n -r
	stats-query --by owner --older 3yrs --format table "$big" >got
	grep -q '^Owner .* Files .*Allocated .*Matching files .*Matching ' got
}

@test "stats-query: --inodes counts directories by the owner of their lines" {
	local path
	while IFS= read -r path; do
		sqlite3 -separator $'\t' "$files/big-ref.db" "
			WITH RECURSIVE sub(id) AS (SELECT id FROM p WHERE path = '$path'
				UNION ALL SELECT d.id FROM d JOIN sub ON d.parent = sub.id),
			i AS (SELECT uid, sum(files) AS files, 0 AS dirs FROM u WHERE dir IN sub GROUP BY uid
				UNION ALL SELECT CAST(uid AS INTEGER), 0, count(*) FROM d WHERE id IN sub AND uid <> 'NULL' GROUP BY uid)
			SELECT uid, sum(dirs), sum(files) + sum(dirs) FROM i GROUP BY uid ORDER BY uid" >expected
		got 1,6,7 --by owner --inodes --sort-by key -P "$path" "$big" | diff expected -
	done < <(some_paths)
	# Of one owner, and those without a file.
	got 6 --by owner --inodes -u 0 "$small" >actual
	[[ $(<actual) == "$(query "$small" 'SELECT count(*) FROM directories WHERE uid = 0')" ]]
	run -2 stats-query --by owner,age --inodes "$small"
	[[ $output == *"no class of age or size"* ]]
	run -2 stats-query --by dir --inodes "$small"
}

@test "stats-query: -n, -r and --total mean what they do in dir-query" {
	stats-query --by owner "$big" >all
	stats-query --by owner -n 3 "$big" | cmp - <(head -n 4 all)
	stats-query --by owner --top 3 "$big" | cmp - <(head -n 4 all)
	stats-query --by owner,age -n 5 "$big" | cmp - <(stats-query --by owner,age "$big" | head -n 6)
	stats-query --by owner -r "$big" | tail -n +2 | cut -f 4 | sort -c -n
	stats-query --by age -r "$big" | tail -n +2 | cut -f 1 | sort -c -n -r
	stats-query --by owner -r -n 2 "$big" | tail -n +2 | cmp - <(stats-query --by owner -r "$big" | sed -n 2,3p)
	run -0 stats-query --by owner -n 1 --total "$big"
	[[ ${#lines[@]} -eq 3 && $(cut -f 2 <<<"${lines[2]}") == total ]]
	[[ $(cut -f 3- <<<"${lines[2]}") == "$(sums '' /)" ]]
	run -0 stats-query --by scan --total --format json "$big"
	[[ $output == *'"total":{"scan_date":null,"file_count":'* ]]
	run -0 stats-query --by owner --top 1 --format table "$small"
	[[ $output != *shown* ]]
}

@test "stats-query: --columns, share of files, and scans in JSON" {
	run -0 stats-query --by owner --columns owner,share_files,share "$small"
	[[ ${lines[0]} == $'owner\tshare_files\tshare' ]]
	tail -n +2 <<<"$output" | awk -F '\t' '{ a += $2; b += $3 } END { exit !(a > .99999 && a < 1.00001 && b > .99999 && b < 1.00001) }'
	got 2 --by age --columns age,share_files "$big" >actual
	got 3 --by age "$big" | awk '{ n[NR] = $1; all += $1 } END { for (i = 1; i <= NR; i++) printf "%.6f\n", n[i] / all }' | diff - actual
	run -0 stats-query --format json "$small"
	[[ $output == '{"kind":"usage","scans":[{"filesystem":"fs1","scan_date":1768435200,"assumptions":""}],"columns":['* ]]
	run -2 stats-query --columns nothing "$small"
}

@test "stats-query: two scans of one day stay apart with --by fs,scan, and only then" {
	cp "$small" other.db
	query other.db "UPDATE scan_metadata SET digest = '0'"
	run -2 stats-query --by scan "$small" other.db
	run -2 stats-query --by fs "$small" other.db
	run -0 stats-query --by fs,scan "$small" other.db
	[[ ${#lines[@]} -eq 3 && ${lines[1]} == "${lines[2]}" ]]
}

@test "stats-query: --cross has the numbers of the rows, classes as columns" {
	local sort field
	for sort in files:5 size:6 apparent:7; do
		field=${sort#*:}
		stats-query --by owner,age --sort-by "${sort%:*}" "$big" | tail -n +2 |
			awk -F '\t' -v OFS='\t' -v f="$field" '!($1 in at) { at[$1] = ++n; id[n] = $1 OFS $2 }
				{ v[$1, $3] = $f; sum[$1] += $f }
				END { for (i = 1; i <= n; i++) { split(id[i], k, OFS); printf "%s", id[i]
					for (c = 0; c < 10; c++) printf "\t%.0f", v[k[1], c]
					printf "\t%.0f\n", sum[k[1]] } }' | sort >expected
		stats-query --by owner,age --cross --sort-by "${sort%:*}" "$big" >actual
		tail -n +2 actual | sort | diff expected -
		# The largest owners first.
		tail -n +2 actual | cut -f 13 | sort -c -n -r
	done
	[[ $(head -n 1 actual) == $'uid\towner\t< 1 Month\t1-3 Months\t'*$'\t7+ Years\ttotal' ]]
	stats-query --by owner,age --cross --sort-by apparent -n 3 "$big" | cmp - <(head -n 4 actual)
	run -0 stats-query --by owner,age --cross --sort-by apparent -n 1 --total "$big"
	[[ $(cut -f 13 <<<"${lines[2]}") == "$(sums '' / | cut -f 3)" ]]
	run -0 stats-query --by age,size --cross --format table "$big"
	[[ ${lines[0]} == *"; allocated bytes" && ${#lines[@]} -eq 15 && ${lines[1]} == "Age "*"100 GiB+ "*Total ]]
	run -0 stats-query --by owner,size --cross --older 3yrs "$big"
	[[ $(tail -n +2 <<<"$output" | awk -F '\t' '{ t += $13 } END { printf "%.0f", t }') == "$(sums '' / 'age >= 6' | cut -f 2)" ]]
	run -2 stats-query --by age,owner --cross "$big"
	run -2 stats-query --by age --cross "$big"
	run -2 stats-query --by owner,age --cross --min-size 1K "$big"
}

# ---- filters on directories ----

# files_below COLUMNS CONDITION: the files of $many below directories that satisfy CONDITION (on directory_stats s
# and directories d), each once, going down by parent_id. $prefix and $outside are conditions on
# directories: where to begin, and what is left out with all below it. $from: not usage_nr.
files_below() {
	local by=${1:+GROUP BY $1 ORDER BY $1}
	sqlite3 -separator $'\t' "$many" "
		WITH RECURSIVE part(id) AS (SELECT dir_id FROM directories AS d WHERE ${prefix:-dir_id = 1}
			UNION SELECT d.dir_id FROM directories AS d JOIN part ON d.parent_id = part.id
			WHERE NOT (${outside:-0})),
		sub(id) AS (SELECT dir_id FROM directory_stats AS s JOIN directories AS d USING(dir_id)
			WHERE dir_id IN part AND ($2)
			UNION SELECT d.dir_id FROM directories AS d JOIN sub ON d.parent_id = sub.id
			WHERE d.dir_id IN part)
		SELECT ${1:+$1,} ifnull(sum(file_count), 0), ifnull(sum(total_size), 0),
			ifnull(sum(apparent_size), 0)
		FROM ${from:-usage_nr} WHERE dir_id IN sub $by"
}

# all_below CONDITION OPTION...: with several keys. Buckets without files are no rows of `files_below`.
all_below() {
	files_below uid "$1" >expected
	got 1,3- --by owner --sort-by key "${@:2}" "$many" | diff expected -
	files_below uid,gid,age_bucket,size_bucket "$1" >expected
	got 1,3,5,7,9- --by owner,group,age,size --sort-by key "${@:2}" "$many" | diff expected -
	files_below size_bucket "$1" >expected
	got 1,3- --by size "${@:2}" "$many" | awk -F '\t' '$2' | diff expected -
	files_below '' "$1" >expected
	got 1- "${@:2}" "$many" | diff expected -
}

# Some of the directories match, and hold some of the files.
selects() {
	files_below '' "$1" >some
	files_below '' 1 >every
	((0 < $(cut -f1 some) && $(cut -f1 some) < $(cut -f1 every)))
}

@test "stats-query: files below directories that match, for every filter" {
	local condition options old
	old=$(date -ud '2026-01-11 - 365 days' +%s)
	while IFS='|' read -r condition options; do
		sampled || continue
		echo "$options"
		selects "$condition"
		# shellcheck disable=SC2086
		all_below "$condition" --from-root $options
	done <<-END
		instr(lower(CAST(d.name AS TEXT)), 'a')|-i -N *A*
		name GLOB 'home*' OR name GLOB 'run*'|-N home* -N run*
		total_size_r >= 1073741824 AND depth >= 5|--dir-min-size 1G -d 5
		total_size_r <= 1048576|--dir-max-size 1M
		file_count_r >= 100 AND depth >= 4|--min-files 100 --min-depth 4
		file_count_r <= 20|--max-files 20
		file_count_r > 0 AND total_size_r <= 1048576 * file_count_r|--max-avg-size 1M
		depth >= 3 AND file_count_r > 0 AND total_size_r >= 1048576 * file_count_r|-d 3 --min-avg-size 1M
		max_atime_r < $old|--accessed-before 365d
		depth >= 5 AND max_atime_r >= $old|--accessed-after 365d -d 5
		max_atime_r < $old AND ifnull(max_mtime_r < $old, 1)|--cold 365d
		max_atime_r < $old|--cold 365d --by-atime
		dir_count_nr = 0|--leaves-only
		owner_uid >= 0|-s
		depth <= 3 AND name GLOB '*2*'|-L 3 -N *2*
		depth = 4 AND name GLOB '*2*'|--max-depth 4 -d 4 -N *2*
	END
}

@test "stats-query: filters on directories with -P, -E, owners and classes of files" {
	local prefix="depth = 2 AND name = 'fs1'" path
	local names="name GLOB '[a-z]*1[0-9]'" outside
	outside="depth = 3 AND $names"
	local -a where=(-P /gpfs/fs1)
	while IFS= read -r path; do
		where+=(-E "$path")
	done < <(sqlite3 "$many" "SELECT '/gpfs/fs1/' || name FROM directories WHERE depth = 3 AND $names")
	((${#where[@]} > 8))
	selects "name GLOB '*2*'"
	all_below "name GLOB '*2*'" "${where[@]}" -N '*2*'
	# What is left out lies in a directory that matches.
	all_below "depth = 2" "${where[@]}" --max-depth 2
	files_below uid "name GLOB '*2*'" | awk -F '\t' 'NR == 1' >expected
	got 1,3- --by owner -u "$(cut -f1 expected)" "${where[@]}" -N '*2*' "$many" | diff expected -
	from="(SELECT dir_id, uid, 1 AS file_count, 0 AS total_size, 0 AS apparent_size
		FROM directories WHERE uid IS NOT NULL)" files_below uid "name GLOB '*2*'" | cut -f1,2 >expected
	got 1,6 --by owner --sort-by key --inodes "${where[@]}" -N '*2*' "$many" |
		awk -F '\t' '$2' >actual
	[[ -s actual ]]
	diff expected actual
	# Matching files stand beside all, below these directories only.
	files_below age_bucket "name GLOB '*2*'" | awk -F '\t' -v OFS='\t' '$1 >= 6 { print $1, $2, $3 }' >expected
	got 1,6,7 --by age --sort-by key --older 3yrs "${where[@]}" -N '*2*' "$many" |
		awk -F '\t' '$2' >actual
	[[ -s actual ]]
	diff expected actual
	# The children of each directory that matches.
	stats-query "${where[@]}" --by dir:2 -N '*2*' "$many" | sed 1d |
		awk -F '\t' '{ n += $2 } END { print n }' >actual
	files_below '' "name GLOB '*2*'" | cut -f1 | diff - actual
}

@test "stats-query: directories are those of dir-query --outermost; without a match there is no row" {
	dir-query --outermost -N '*2*' --format tsv --columns path --bytes "$many" | sed 1d >paths
	(($(wc -l <paths) > 5))
	dir-query -l --outermost -N '*2*' --columns file_count_r "$many" | sed 1d |
		awk '{ n += $1 } END { print n }' >expected
	stats-query -N '*2*' --columns file_count "$many" | sed 1d | diff expected -
	# Each database has its own.
	for db in "$big" "$many"; do
		stats-query --by fs --sort-by key -N '*2*' "$db" | sed 1d
	done >expected
	stats-query --by fs --sort-by key -N '*2*' "$big" "$many" | sed 1d | diff expected -
	run -0 stats-query --by owner -N 'no such name' "$many"
	((${#lines[@]} == 1))
	run -0 stats-query -N 'no such name' "$many"
	[[ ${lines[1]} == $'0\t0\t0' ]]
	run -2 stats-query --by-atime "$many"
	run -2 stats-query --separate-dirs -N x "$many"
}
