#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# dir-query: each answer is held against plain SQL on the database, whose tables are held against the
# reference elsewhere (reference.bats), and once against the reference itself.

load lib/helper

# The second opinions of this suite count each link; link-answers.bats is about the other ways.
dir-query() {
	command dir-query -l "$@"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make-log --lines 6000 --escape-pct >20260111_x_odd.list
	scan-import -q --db odd.db --passwd-file <(echo 'ada:x:1000:100::/:') --group-file <(echo 'staff:x:100:') \
		20260111_x_odd.list
	make-log --seed 2 --lines 40000 --dirs 25000 --plain >20260111_x_wide.list
	scan-import -q --db wide.db 20260111_x_wide.list
	small_database
	paths odd.db
	paths wide.db
	paths small.db
}

setup() {
	common_setup
	data=$BATS_FILE_TMPDIR
	odd=$data/odd.db wide=$data/wide.db small=$data/small.db
}

# paths DB: each path, and what TSV makes of it, in DB.paths; the view tree puts them together anew for
# each question.
paths() {
	ask "$1.paths" "ATTACH '$1' AS scan" 'CREATE TABLE paths AS SELECT dir_id, path, replace(replace(replace(
			replace(CAST(path AS TEXT), char(92), char(92, 92)), char(9), char(92) || char(116)),
			char(10), char(92) || char(110)), char(13), char(92) || char(114)) AS escaped FROM tree' \
		'CREATE UNIQUE INDEX id ON paths(dir_id)' 'CREATE UNIQUE INDEX path ON paths(path)'
}

# same DB CONDITION ORDER OPTION...: dir-query lists what SQL lists, all and the first ones.
same() {
	local db=$1 condition=$2 order=$3
	shift 3
	ask "$db" "ATTACH '$db.paths' AS beside" "SELECT t.escaped FROM paths AS t JOIN directories AS d USING(dir_id)
		JOIN directory_stats AS s USING(dir_id)
		WHERE d.dir_id >= (SELECT scan_root_id FROM scan_metadata) AND ($condition)
		ORDER BY $order" >want
	dir-query --format tsv "$@" "$db" >all.tsv
	tail -n +2 all.tsv | cut -f 1 >got
	cmp want got || { echo "dir-query $*"; diff want got | head; return 1; }
	dir-query --format tsv -n 7 "$@" "$db" 2>err | tail -n +2 | cut -f 1 >got
	cmp <(head -n 7 want) got || { echo "dir-query -n 7 $*"; diff want got | head; return 1; }
	[[ ! -s err ]] || { cat err; return 1; }
}

# The columns that a line takes, colours left out.
longest_line() {
	perl -CSD -ne 'chomp; next if /^dir-query: /; s/\e\[[0-9;]*m//g; $most = length if length > $most;
		END { print $most }' screen
}

@test "dir-query: help, version and usage errors" {
	run -0 --separate-stderr dir-query --help
	[[ $output == "usage: dir-query "* && -z $stderr ]]
	awk 'length > 80 { exit 1 }' <<<"$output"
	run -0 dir-query -V
	[[ $output == "dir-query (treetally) "* ]]
	run -2 dir-query
	[[ $output == *"try 'dir-query --help'" ]]
	local options
	for options in '-d x' '-n -1' '--min-size 1.5G' '--cold 2020-01-01' '--accessed-before yesterday' \
		'--sort-by name' '--sort-by depth_r' '--sort-by size_x' '--format xml' \
		'--cold 1y --separate-dirs' '--by-atime' '--from-root -P /' '-q -v' '-P relative' '-P /a/../b' \
		'-u nobody-knows-me' '-g nobody-knows-me'; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr dir-query $options "$small"
		[[ -z $output && $stderr == "dir-query: "* ]]
	done
	run -2 dir-query -u nobody-knows-me "$small"
	[[ $output == *"give the number"* ]]
}

@test "dir-query: what is no finished database is refused" {
	: >empty.db
	run -3 dir-query ./empty.db
	echo text >text.db
	run -3 dir-query ./text.db
	sqlite3 other.db 'CREATE TABLE t(x)'
	run -3 dir-query ./other.db
	cp "$small" cut.db
	sqlite3 cut.db 'DELETE FROM scan_metadata'
	run -3 dir-query ./cut.db
	[[ $output == *incomplete* ]]
	run -4 dir-query ./nowhere.db
	TREETALLY_DIR=$data run -0 dir-query small -n 1 -q
	[[ ${lines[1]} == /gpfs/fs1$'\t'* ]]
}

@test "dir-query: every order, both ways, ties by path" {
	local db order orders=({size:total_size,apparent:apparent_size,files:file_count,dirs:dir_count,atime:max_atime,mtime:max_mtime}_{r,nr})
	for db in "$odd" "$wide"; do
		for order in "${orders[@]}"; do
			sampled 6 || continue
			local column=s.${order#*:} key=${order%%:*}_${order##*_}
			same "$db" 1 "$column IS NULL, $column DESC, t.dir_id" --sort-by "$key"
			same "$db" 1 "$column IS NULL, $column, t.dir_id" --sort-by "$key" -r
		done
		same "$db" 1 's.total_size_r DESC, t.dir_id'
		same "$db" 1 'd.depth DESC, t.dir_id' --sort-by depth
		same "$db" 1 'd.depth, t.dir_id' --sort-by depth --reverse
		same "$db" 1 't.dir_id' --sort-by path
		same "$db" 1 't.dir_id DESC' --sort-by path -r
	done
}

@test "dir-query: sorting within little memory gives the same" {
	dir-query "$wide" >want
	dir-query -S 4M -j 1 -T . "$wide" >got
	cmp want got
}

@test "dir-query: depth, owner, names, sizes, counts, times" {
	local size='s.total_size_r DESC, t.dir_id'
	same "$odd" 'd.depth BETWEEN 3 AND 4' "$size" -d 3 --max-depth 4
	same "$odd" 's.owner_uid >= 0' "$size" -s
	same "$odd" 's.owner_uid = 1000' "$size" -u 1000
	same "$odd" 's.owner_uid = 1000' "$size" -u ada
	same "$odd" 's.owner_uid = 1000' "$size" --owner-id 1000
	same "$odd" 's.owner_gid = 100' "$size" -g staff
	same "$odd" 's.owner_gid = 100 AND s.owner_uid = 1001' "$size" -g 100 --owner 1001
	same "$odd" "s.owner_uid = $(id -u)" "$size" --mine
	same "$odd" "s.owner_gid = $(id -g)" "$size" --mygroup
	same "$odd" 's.dir_count_nr = 0' "$size" --leaves-only
	same "$odd" "d.name GLOB 'd*' OR d.name GLOB '*[0-3]'" "$size" -N 'd*' -N '*[0-3]'
	same "$odd" "lower(CAST(d.name AS TEXT)) GLOB 'd*'" "$size" -N 'D*' -i
	same "$odd" 's.total_size_r BETWEEN 1024 AND 1048576' "$size" --min-size 1K --max-size 1MiB
	same "$odd" 's.file_count_r BETWEEN 2 AND 1000' "$size" --min-files 2 --max-files 1K
	same "$odd" 's.file_count_r > 0 AND s.total_size_r * 1.0 / s.file_count_r BETWEEN 1000 AND 1e6' "$size" \
		--min-avg-size 1000 --max-avg-size 1MB
	same "$odd" "s.max_atime_r < strftime('%s', '2025-06-01')" "$size" --accessed-before 2025-06-01
	same "$odd" "s.max_atime_r >= strftime('%s', '2025-06-01')" "$size" --accessed-after 20250601
	same "$odd" "s.max_mtime_r < strftime('%s', '2026-01-11') - 180 * 86400" "$size" --modified-before 6mo
	same "$odd" "s.max_mtime_r >= strftime('%s', '2026-01-11') - 730 * 86400" "$size" --modified-after 2yrs
	same "$odd" 0 "$size" --min-size 1P
}

@test "dir-query: --separate-dirs is about the directory itself" {
	local size='s.total_size_nr DESC, t.dir_id'
	local own='(SELECT min(uid) FROM usage_nr AS u WHERE u.dir_id = t.dir_id)'
	local other='(SELECT max(uid) FROM usage_nr AS u WHERE u.dir_id = t.dir_id)'
	same "$odd" 1 "$size" --separate-dirs
	same "$odd" 1 's.total_size_r DESC, t.dir_id' --separate-dirs --sort-by size_r
	same "$odd" "$own = $other" "$size" --separate-dirs -s
	same "$odd" "$own = 1000 AND $other = 1000" "$size" --separate-dirs -u 1000
	same "$odd" 's.file_count_nr >= 2 AND s.total_size_nr <= 1048576' "$size" --separate-dirs --min-files 2 \
		--max-size 1M
	same "$odd" "s.max_atime_nr < strftime('%s', '2025-06-01')" "$size" --separate-dirs \
		--accessed-before 2025-06-01
	dir-query --separate-dirs --sort-by path "$odd" >got
	[[ $(head -n 1 got) == $'path\tdepth\tfile_count_nr\ttotal_size_nr\tapparent_size_nr\tdir_count_nr\tmax_atime_nr\t'* ]]
	ask -separator $'\t' "$odd" "SELECT file_count_nr, ifnull((SELECT CASE WHEN count(DISTINCT uid) = 1
		THEN min(uid) WHEN count(*) = 0 THEN -1 END FROM usage_nr AS u WHERE u.dir_id = s.dir_id), '')
		FROM directory_stats AS s WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata) ORDER BY dir_id" >want
	cmp want <(tail -n +2 got | cut -f 3,9)
}

# below PATH: the condition that a directory is PATH or below it.
below() {
	echo "t.dir_id BETWEEN (SELECT dir_id FROM paths WHERE path = '$1') AND
		(SELECT dir_id + dir_count_r FROM paths JOIN directory_stats USING(dir_id) WHERE path = '$1')"
}

@test "dir-query: prefixes, excludes and levels" {
	local size='s.total_size_r DESC, t.dir_id' a b c
	# A large directory, a large one in it, and another.
	a=$(ask "$wide" 'SELECT path FROM tree WHERE depth = 3 ORDER BY dir_count_r DESC LIMIT 1')
	b=$(ask "$wide" "ATTACH '$wide.paths' AS beside" "SELECT path FROM tree AS t WHERE depth = 5 AND $(below "$a") ORDER BY dir_count_r DESC LIMIT 1")
	c=$(ask "$wide" 'SELECT path FROM tree WHERE depth = 3 ORDER BY dir_count_r DESC LIMIT 1 OFFSET 1')
	same "$wide" "$(below "$a")" "$size" -P "$a"
	same "$wide" "$(below "$a")" "$size" -P "$a/" -P "$b"
	same "$wide" "$(below "$a") OR $(below "$c")" "$size" -P "$c" -P "$a"
	same "$wide" "$(below "$a") AND NOT ($(below "$b"))" "$size" -P "$a" -E "$b"
	same "$wide" "NOT ($(below "$a"))" "$size" -E "$a" -E "$b"
	same "$wide" "NOT ($(below "$b"))" 's.file_count_r DESC, t.dir_id' -E "$b" --sort-by files
	same "$wide" 0 "$size" -P "$b" -E "$a"
	same "$wide" "t.path = '$a'" "$size" -P "$a" -L 0
	same "$wide" "$(below "$a") AND d.depth <= 5" "$size" -P "$a" -L 2
	same "$wide" "$(below "$a") AND d.depth <= 4 OR $(below "$b") AND d.depth <= 6" t.dir_id -P "$a" -P "$b" -L 1 \
		--sort-by path
	same "$wide" "$(below "$a") AND d.depth <= 6 AND NOT ($(below "$b"))" "$size" -P "$a" -L 3 -E "$b"
	run -0 --separate-stderr dir-query --from-root --sort-by path -n 2 "$wide"
	[[ ${lines[1]} == $'/\t0\t'* && ${lines[2]} == $'/gpfs\t1\t'* ]]
	run -1 --separate-stderr dir-query -P "$a/nowhere/x" "$wide"
	[[ -z $output && $stderr == *"$a/nowhere/x"*"$a" ]]
	run -1 dir-query -E /elsewhere "$wide"
}

@test "dir-query: an open question by size, files or time reads little" {
	local options
	for options in '' '--sort-by files' '--sort-by apparent' '--sort-by atime' '--sort-by path' '-u 1001' '-g 100'; do
		# shellcheck disable=SC2086
		dir-query -v -n 10 $options "$wide" >/dev/null 2>err
		[[ $(sed -n 's/.* \([0-9]*\) steps.*/\1/p' err) -lt 120000 ]] || { cat err; false; }
		[[ $(sed -n 's/.* \([0-9]*\) of them in full.*/\1/p' err) -lt 100 ]] || { cat err; false; }
	done
	# Everything else reads its range once.
	dir-query -v -n 10 -N 'd*' --sort-by mtime "$wide" >/dev/null 2>err
	grep -q 'plan range, [0-9]* steps, 0 of them' err
	local steps
	steps=$(sed -n 's/.* \([0-9]*\) steps.*/\1/p' err)
	((steps < 20 * 25100)) || { cat err; false; }
}

# outermost CONDITION: directories that match and lie in none that matches.
outermost() {
	echo "($1) AND NOT EXISTS (SELECT 1 FROM directory_stats AS o WHERE o.dir_id < t.dir_id AND
		o.dir_id + o.dir_count_r >= t.dir_id AND o.dir_id >= (SELECT scan_root_id FROM scan_metadata) AND
		(${1//s./o.}))"
}

@test "dir-query: --cold gives each subtree once, and its sizes add up" {
	local size='s.total_size_r DESC, t.dir_id' cut="(strftime('%s', '2026-01-11') - 1095 * 86400)"
	local cold="s.max_atime_r < $cut"
	same "$odd" "$(outermost "$cold AND ifnull(s.max_mtime_r < $cut, 1)")" "$size" --cold 3yrs
	same "$odd" "$(outermost "$cold")" "$size" --cold 3yrs --by-atime
	same "$odd" "$(outermost "$cold AND s.total_size_r >= 4096")" "$size" --cold 3yrs --by-atime --min-size 4K
	dir-query --cold 3yrs --by-atime --total "$odd" >got
	awk -F '\t' 'NR > 1 && $1 != "(total)" { files += $3 } $1 == "(total)" { total = $3 } END {
		exit !(files > 0 && files == total) }' got
	# What is left out is not archived with what is around it.
	local inner outer
	outer=$(ask "$wide" "SELECT path FROM tree AS t JOIN directory_stats AS s USING(dir_id)
		WHERE s.max_atime_r < $cut AND s.dir_count_nr > 0 AND typeof(path) = 'text' LIMIT 1")
	[[ $outer ]]
	inner=$(ask "$wide" "SELECT path FROM tree WHERE parent_id = (SELECT dir_id FROM tree WHERE path = '$outer') LIMIT 1")
	dir-query --cold 3yrs --by-atime -P "$outer" "$wide" | cut -f 1 | grep -qxF "$outer"
	run -0 dir-query --cold 3yrs --by-atime -P "$outer" -E "$inner" "$wide"
	[[ $output != *"$outer"$'\t'* ]]
}

@test "dir-query: --total counts nested directories once" {
	run -0 --separate-stderr dir-query --total -n 3 "$odd"
	[[ ${lines[4]%%$'\t'*} == "(total)" ]]
	[[ $(cut -f 3-6 <<<"${lines[4]}") == $(ask -separator $'\t' "$odd" "SELECT file_count_r, total_size_r,
		apparent_size_r, dir_count_r FROM directory_stats WHERE dir_id = (SELECT scan_root_id FROM scan_metadata)") ]]
	run -0 dir-query --total -N '*1*' --min-files 1 "$odd"
	[[ $(cut -f 3 <<<"${lines[-1]}") == $(ask "$odd" "WITH m AS (SELECT dir_id, dir_count_r, file_count_r
		FROM directories JOIN directory_stats USING(dir_id) WHERE name GLOB '*1*' AND file_count_r > 0
		AND dir_id >= (SELECT scan_root_id FROM scan_metadata))
		SELECT sum(file_count_r) FROM m WHERE NOT EXISTS (SELECT 1 FROM m AS o WHERE o.dir_id < m.dir_id
		AND o.dir_id + o.dir_count_r >= m.dir_id)") ]]
	run -0 dir-query --total --separate-dirs "$odd"
	[[ $(cut -f 3 <<<"${lines[-1]}") == $(ask "$odd" 'SELECT total_files FROM scan_metadata') ]]
}

@test "dir-query: several databases are one list" {
	dir-query --sort-by files "$wide" "$odd" >got
	[[ $(head -n 1 got) == $'filesystem\tscan_date\tpath\t'* ]]
	{
		dir-query "$odd" | tail -n +2 | sed 's/^/odd\t1768089600\t/'
		dir-query "$wide" | tail -n +2 | sed 's/^/wide\t1768089600\t/'
	} | sort >want
	cmp want <(tail -n +2 got | sort)
	tail -n +2 got | cut -f 5 | sort -c -n -r
	dir-query --sort-by files -n 9 "$wide" "$odd" 2>err >few
	cmp <(head -n 10 got) few
	# By path, the same path in the order of the databases.
	cp "$small" again.db
	sqlite3 again.db "UPDATE scan_metadata SET digest = '0', scan_timestamp = scan_timestamp - 86400"
	run -0 dir-query --sort-by path "$small" ./again.db -P /gpfs/fs1/a
	[[ $(cut -f 3 <<<"$output" | tail -n +2 | tr '\n' ' ') == \
		"/gpfs/fs1/a /gpfs/fs1/a /gpfs/fs1/a/deep /gpfs/fs1/a/deep /gpfs/fs1/a/deep/er /gpfs/fs1/a/deep/er " ]]
	run -0 dir-query --sort-by path -r "$small" ./again.db -P /gpfs/fs1/a -n 2 -q
	[[ $(cut -f 3 <<<"$output" | tail -n +2 | tr '\n' ' ') == "/gpfs/fs1/a/deep/er /gpfs/fs1/a/deep/er " ]]
	run -1 dir-query -P /nowhere "$wide" "$odd"
}

@test "dir-query: the same scan, or sums of two dates of one file system, are refused" {
	cp "$small" copy.db
	run -2 --separate-stderr dir-query "$small" copy.db
	[[ $stderr == "dir-query: $small and copy.db hold the same scan" && -z $output ]]
	run -2 dir-query "$odd" "$small" "$odd"
	run -0 dir-query --summary "$small" copy.db
	sqlite3 copy.db "UPDATE scan_metadata SET digest = '0', scan_timestamp = scan_timestamp - 86400"
	run -2 --separate-stderr dir-query --total "$small" copy.db
	[[ $stderr == *"both hold file system 'small', of different dates: --total would add them up" ]]
	# Dates are shown, however narrow the terminal is.
	on_terminal 60 "dir-query -n 4 ${small@Q} copy.db"
	grep -q 2026-01-15 screen
	grep -q 2026-01-14 screen
}

@test "dir-query: rows are those of the reference" {
	reference "$data/20260111_x_wide.list" >tables
	dir-query --sort-by path --from-root "$wide" | tail -n +2 >got
	awk -F '\t' -v OFS='\t' '$1 == "directory_stats" {
		for (i = 2; i <= NF; i++)
			if ($i == "NULL") $i = ""
		print $9, $10, $11, $12, $13, $14, $15, $16 }' tables >want
	cut -f 3,4,5,6,7,8,9,11 got | awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $4, $5, $6, $7, $8 }' >have
	cmp want have || { diff want have | head -n 5; false; }
}

# ---- formats -------------------------------------------------------------------------------------

# A database with directories whose names do harm.
harmful() {
	local name n=300
	for name in plain $'esc\e[2J\e]0;x\a' $'nl\nx' $'cr\rx' $'tab\tx' 'back\slash' 'quote"x,y' $'latin\xe9' \
		$'caf\xc3\xa9' $'bidi\xe2\x80\xaex' $'c1\xc2\x9bx' $'wide\xe4\xb8\xad\xe6\x96\x87'; do
		n=$((n + 1))
		line "$n" "/gpfs/h/${name//$'\n'/%0A}/f" "$n"
	done >harmful.log
	# --escape pct: LF is written as %0A.
	scan-import -q --db harmful.db -f h --scan-date 2026-01-15 --escape pct harmful.log
}

@test "dir-query: TSV escapes, CSV quotes, JSON is JSON" {
	harmful
	ask harmful.db "SELECT hex(CAST(path AS BLOB)) FROM tree WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata)
		ORDER BY dir_id" >want
	# TSV: unescaped again, the very bytes.
	dir-query --sort-by path harmful.db >got.tsv
	[[ $(wc -l <got.tsv) -eq 14 ]]
	tail -n +2 got.tsv | cut -f 1 | perl -pe 'chomp; s/\\(.)/{t=>"\t",n=>"\n",r=>"\r","\\"=>"\\"}->{$1}/ge;
		$_ = uc(unpack "H*", $_) . "\n"' >got
	cmp want got
	# CSV, read by sqlite3: what is no UTF-8 is \x and hex digits.
	dir-query --sort-by path --format csv harmful.db >got.csv
	sqlite3 :memory: '.import --csv got.csv t' "SELECT CASE WHEN path GLOB '\\x*' THEN upper(substr(path, 3))
		ELSE hex(path) END FROM t" >got
	cmp want got
	[[ $(grep -c $'\r$' got.csv) -eq 14 ]]
	# JSON, read by sqlite3: the same in a member of its own.
	dir-query --sort-by path --format json harmful.db >got.json
	cat >json.sql <<-'SQL'
		SELECT json_valid(CAST(readfile('got.json') AS TEXT));
		SELECT upper(ifnull(json_extract(value, '$.path_hex'), hex(json_extract(value, '$.path'))))
			FROM json_each(CAST(readfile('got.json') AS TEXT), '$.rows');
	SQL
	sqlite3 :memory: <json.sql >got
	cmp <(echo 1; cat want) got
	grep -q $'latin\xef\xbf\xbd","path_hex":"' got.json
	[[ $(sqlite3 :memory: "SELECT json_extract(CAST(readfile('got.json') AS TEXT), '$.kind')") == dir-query ]]
	[[ $(sqlite3 :memory: "SELECT json_extract(CAST(readfile('got.json') AS TEXT), '$.columns[0]')") == path ]]
	# NDJSON: the rows of it, one in a line.
	dir-query --sort-by path --format ndjson harmful.db >got.ndjson
	cmp <(sed '1d;$d;s/,$//' got.json) got.ndjson
}

@test "dir-query: formats have the same numbers; NULL is empty; twins are readable" {
	dir-query --sort-by path --total "$odd" >got.tsv
	dir-query --sort-by path --total --format csv "$odd" >got.csv
	dir-query --sort-by path --total --format json "$odd" >got.json
	cut -f 3-9 got.tsv | tr '\t' ',' >want
	sqlite3 :memory: '.import --csv got.csv t' '.headers on' '.mode list' '.separator ,' \
		'SELECT file_count_r, total_size_r, apparent_size_r, dir_count_r, max_atime_r, max_mtime_r, owner_uid FROM t' |
		diff want -
	sqlite3 -separator , :memory: "SELECT json_extract(value, '$.file_count_r'), json_extract(value, '$.total_size_r'),
		json_extract(value, '$.apparent_size_r'), json_extract(value, '$.dir_count_r'),
		json_extract(value, '$.max_atime_r'), json_extract(value, '$.max_mtime_r'),
		json_extract(value, '$.owner_uid') FROM json_each(CAST(readfile('got.json') AS TEXT), '$.rows')
		UNION ALL SELECT json_extract(t, '$.file_count_r'), json_extract(t, '$.total_size_r'),
		json_extract(t, '$.apparent_size_r'), json_extract(t, '$.dir_count_r'), json_extract(t, '$.max_atime_r'),
		json_extract(t, '$.max_mtime_r'), json_extract(t, '$.owner_uid')
		FROM (SELECT json_extract(CAST(readfile('got.json') AS TEXT), '$.total') AS t)" | diff <(tail -n +2 want) -
	awk -F '\t' 'NR > 1 && $1 != "(total)" && !($9 == "" && $10 == "(several)" || $9 == -1 && $10 == "(none)" ||
		$9 == 1000 && $10 == "ada" || $9 > 0 && $10 == $9 || $9 == 0) { print; bad = 1 } END { exit bad }' got.tsv
	grep -q "(several)" got.tsv
	grep -q $'\tada\t' got.tsv
}

@test "dir-query: output goes to a file as a whole or not at all" {
	dir-query "$small" -o out.tsv
	cmp out.tsv <(dir-query "$small")
	echo old >kept
	run -1 dir-query "$small" -o kept -P /nowhere
	[[ $(cat kept) == old ]]
	run -4 dir-query "$small" -o /dev/full
	run -4 bash -c 'dir-query "$1" >/dev/full' _ "$small"
	run bash -c 'set -o pipefail; dir-query "$1" --format json | head -c 1 >/dev/null' _ "$wide"
	((status == 141 || status == 0))
}

# ---- terminals -----------------------------------------------------------------------------------

@test "dir-query: a terminal gets a table of its width, fifty rows, human numbers" {
	local columns
	for columns in 40 60 80 100 200; do
		LC_ALL=C.UTF-8 on_terminal "$columns" "dir-query ${wide@Q}"
		(($(longest_line) <= columns)) || { cat screen; false; }
		[[ $(wc -l <screen) -eq 53 ]]
		sed 's/\x1b\[[0-9;]*m//g' screen | grep -q '^50 of [0-9,]* shown (-n 0: all)$'
	done
	grep -q $'^\e\[1m *Files *Allocated *Dirs *Accessed *Owner *Path' screen
	NO_COLOR=1 LC_ALL=C.UTF-8 on_terminal 80 dir-query "$wide"
	run ! grep -q $'\e' screen
	TERM=dumb on_terminal 80 "dir-query ${wide@Q}"
	run ! grep -q $'\e' screen
	# The default locale of the tests is C: nothing but ASCII.
	run ! grep -qP '[^\x00-\x7f]' screen
	on_terminal 80 "dir-query -l --sort-by path --total ${small@Q}"
	sed 's/\x1b\[[0-9;]*m//g' screen >plain
	grep -qE '^ *19 +120 MiB +8 +2026-01-14 +\(several\) +/gpfs/fs1$' plain || { cat plain; false; }
	on_terminal 80 "dir-query ${small@Q} -N nothing"
	grep -q 'no directory matches' screen
	# A pipe gets rows, wherever stderr is.
	on_terminal 80 "dir-query ${small@Q} | cat"
	[[ $(head -n 1 screen) == $'path\tdepth\t'* ]]
}

@test "dir-query: names do no harm to a terminal" {
	harmful
	LC_ALL=C.UTF-8 NO_COLOR=1 on_terminal 120 "dir-query harmful.db"
	run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' screen
	grep -qF 'esc\033[2J\033]0;x\007' screen
	grep -qF 'nl\012x' screen
	grep -qF 'latin\351' screen
	grep -qF 'bidi\342\200\256x' screen
	grep -qF $'caf\xc3\xa9' screen
	[[ $(wc -l <screen) -eq 15 ]]
}

@test "dir-query: several owners and groups unite" {
	local two
	two=$(ask "$odd" 'SELECT owner_uid FROM directory_stats WHERE owner_uid >= 0 GROUP BY 1
		ORDER BY count(*) DESC LIMIT 2' | paste -sd ' ')
	same "$odd" "s.owner_uid IN (${two/ /, })" 's.total_size_r DESC, dir_id' -u "${two% *}" -u "${two#* }"
	[[ $(wc -l <got) -gt 1 ]]
	same "$odd" "s.owner_gid IN (100, 101)" 'dir_id' -g 100 -g 101 --sort-by path
	same "$odd" "s.owner_uid IN (${two% *}, $(id -u))" 'dir_id' --mine -u "${two% *}" --sort-by path
	run -0 dir-query --separate-dirs -u 1000 -u 1001 --sort-by path "$small"
	diff <(cut -f 1 <<<"$output" | sort) <({ dir-query --separate-dirs -u 1000 --sort-by path "$small"
		dir-query --separate-dirs -u 1001 --sort-by path "$small" | tail -n +2; } | cut -f 1 | sort)
}

@test "dir-query: patterns are about bytes, mean what fnmatch(3) understands, and end" {
	local i=1
	for name in $'latin\xe9' $'latin\xe8' $'latin\xc3\xa9' $'a\xff' $'a\xfe' "$(printf 'a%.0s' {1..250})"; do
		line $((i++)) "/gpfs/fs1/$name/f" 1 1
	done >20260111_x_bytes.list
	scan-import -q --db bytes.db 20260111_x_bytes.list
	found() {
		dir-query --sort-by path -d 3 "$@" bytes.db | tail -n +2 | cut -f 1 | cut -d / -f 4 >found
		local want
		while IFS= read -r want; do
			[[ $want == "$(sed -n 1p found)" ]] || return 1
			sed -i 1d found
		done
		[[ ! -s found ]]
	}
	found -N $'*\xe9' <<<$'latin\xe9'
	found -N $'LATIN\xe9' -i <<<$'latin\xe9'
	found -N $'a[\xfe]' <<<$'a\xfe'
	found -N $'a[!\xfe]' <<<$'a\xff'
	found -N $'a[\xf0-\xfe]' <<<$'a\xfe'
	found -N 'latin??' <<<$'latin\xc3\xa9'
	found -N 'latin?' < <(printf 'latin\xe8\nlatin\xe9\n')
	# Each asterisk would double the time of a matcher that tries everything.
	timeout 60 dir-query -N "$(printf '*a%.0s' {1..100})*b" bytes.db
	make_tester glob-check
	run -0 "$TREETALLY_BUILD/glob-check" 300000 $RANDOM
	((output > 1000))
}

@test "dir-query: --format table into a pipe does not shorten paths" {
	dir-query --format table --sort-by path -n 0 "$wide" | awk 'NR > 2 { print $NF }' >got
	cmp got <(dir-query --sort-by path "$wide" | tail -n +2 | cut -f 1)
}

@test "dir-query: sizes for people have three significant digits, rounded half up" {
	local size want
	cp "$small" sizes.db
	while read -r size want; do
		sqlite3 sizes.db "UPDATE directory_stats SET total_size_r = $size WHERE dir_id = 4"
		run -0 dir-query --format table -P /gpfs/fs1/a -d 3 --max-depth 3 sizes.db
		[[ ${lines[2]} == *( )9*( )"$want"\ \ * ]] || { echo "$size: ${lines[2]}, not $want"; false; }
	done <<-'END'
		0 0 B
		1023 1023 B
		1024 1.00 KiB
		1029 1.00 KiB
		1030 1.01 KiB
		10234 9.99 KiB
		10235 10.0 KiB
		102348 99.9 KiB
		102350 100 KiB
		1048063 1023 KiB
		1048064 1.00 MiB
		3483094976511 3.17 TiB
		9223372036854775807 8.00 EiB
	END
}

@test "dir-query: --summary of several databases shortens names, never a number or a date" {
	local dbs=() width want at
	for at in 1 2 3; do
		cp "$odd" "db$at.db"
		sqlite3 "db$at.db" "UPDATE scan_metadata SET digest = '$at', total_files = 12345678901$at,
			lines = 98765432109$at, filesystem = char(27) || '[2Jfile system of a very long name, $at'"
		dbs+=("db$at.db")
	done
	for width in 60 80 100; do
		on_terminal $width "dir-query --summary ${dbs[*]@Q}"
		for at in 1 2 3; do
			for want in "123,456,789,01$at" "987,654,321,09$at"; do
				grep -qF "$want" screen
			done
		done
		[[ $(grep -o '2026-01-11' screen | wc -l) -eq 3 ]]
		run ! grep -F $'\e[2J' screen
	done
	# Wide enough, and nothing is wider than the terminal.
	run -0 env COLUMNS=100 dir-query --summary --format table "${dbs[@]}"
	((${#lines[@]} > 10))
	LC_ALL=C awk 'length > 100 { exit 1 }' <<<"$output"
	COLUMNS=40 dir-query -n 3 --format table "$wide" | LC_ALL=C awk 'length > 60 { exit 1 }'
}

@test "dir-query: --summary shows the scan and what was not understood" {
	run -0 dir-query --summary --format table "$odd" "$small"
	[[ $output == *"2026-01-11"*"2026-01-15"* && $output == *"Files with several links"* ]]
	[[ $output == *"rejected"*"bad inode "*", first at 20260111_x_odd.list:"* ]]
	run -0 dir-query --summary "$odd"
	[[ ${lines[0]} == $'filesystem\tscan_date\t'* && ${#lines[@]} -eq 2 ]]
	dir-query --summary --format json "$odd" >got.json
	[[ $(sqlite3 :memory: "SELECT json_extract(CAST(readfile('got.json') AS TEXT), '$.rows[0].rejected')") == \
		$(ask "$odd" 'SELECT rejected FROM scan_metadata') ]]
	gpfs-parse -t "$data/20260115_x_small.list" | grep -v socket >cut.tsv
	gpfs-parse "$data/20260115_x_small.list" | dir-extract | depth-sort | dir-load u.db
	stats-accum --unverified cut.tsv | stats-load -q --no-names u.db
	run -0 --separate-stderr dir-query u.db
	[[ $stderr == *"u.db: unverified: made from rows"* ]]
	run -0 dir-query --summary --format table u.db -q
	[[ $output == *"Assumed"*unverified* ]]
}

@test "dir-query: --summary without operands lists the databases of TREETALLY_DIR" {
	spoils cut.db
	local today
	mkdir scans
	cp "$small" scans/b.db
	cp "$small" scans/a.db
	cp "$small" scans/two.dots.db
	cp "$small" scans/kept.db.20260111
	cp "$small" scans/.hidden.db
	export TREETALLY_DIR=$PWD/scans
	run -0 --separate-stderr dir-query --summary --format tsv
	[ -z "$stderr" ]
	[ "$(cut -f1 <<<"$output")" = "$(printf '%s\n' database a b "$PWD/scans/two.dots.db")" ]
	today=$(($(date +%s) / 86400))
	[ "$(sed -n 2p <<<"$output" | cut -f4)" = $((today - $(date -d 2026-01-15 +%s) / 86400)) ]
	[ "$(sed -n 2p <<<"$output" | cut -f2,5-7)" = "$(sqlite3 -separator $'\t' "$small" \
		'SELECT filesystem, total_directories, once_files, once_size FROM scan_metadata')" ]
	# each name can be given to a program
	dir-query --summary --format tsv | tail -n +2 | cut -f1 | while read -r db; do
		dir-query -n 1 "$db"
	done
	# what is wrong with one is no reason to hide the others
	head -c 5000 scans/b.db >scans/cut.db
	echo no database >scans/no.db
	mkdir scans/dir.db
	run -3 --separate-stderr dir-query --summary --format tsv
	[ "$(wc -l <<<"$output")" = 4 ]
	[ "$(wc -l <<<"$stderr")" = 3 ]
	[[ $stderr == *"scans/no.db: "* && $stderr == *"scans/cut.db: "* && $stderr == *"scans/dir.db: "* ]]
	run -2 dir-query --summary -o scans/a.db
	cmp scans/a.db "$small"
	mkdir empty
	TREETALLY_DIR=$PWD/empty run -0 dir-query --summary --format table
	[[ $output == *"no database in $PWD/empty"* ]]
	TREETALLY_DIR=$PWD/absent run -4 dir-query --summary
	run -2 dir-query
	unset TREETALLY_DIR
	run -2 dir-query --summary
	[[ $output == *"TREETALLY_DIR is not set"* ]]
}

# ---- files that match ----------------------------------------------------------------------------

# matching DB CONDITION OPTION...: directories with matching files, and these, are those of SQL, which
# adds up all rows of usage_nr below each; in every order and with a limit.
matching() {
	local db=$1 condition=$2 key
	shift 2
	ask -separator $'\t' "$db" "ATTACH '$db.paths' AS beside" "CREATE TEMP TABLE sums AS
		SELECT t.dir_id AS id, sum(u.file_count) AS f, sum(u.total_size) AS t
		FROM tree AS t JOIN usage_nr AS u ON u.dir_id BETWEEN t.dir_id AND t.dir_id + t.dir_count_r
		WHERE t.dir_id >= (SELECT scan_root_id FROM scan_metadata) AND ($condition)
		GROUP BY t.dir_id HAVING f > 0" '.output matching' \
		'SELECT escaped, f, t FROM sums JOIN paths ON dir_id = id ORDER BY t DESC, dir_id' \
		'.output matching_files' \
		'SELECT escaped, f, t FROM sums JOIN paths ON dir_id = id ORDER BY f DESC, dir_id'
	for key in matching matching_files; do
		dir-query --format tsv --sort-by "$key" "$@" "$db" | tail -n +2 | cut -f 1,6,7 >got
		cmp $key got || { echo "dir-query --sort-by $key $*"; diff $key got | head; return 1; }
		dir-query --format tsv --sort-by "$key" -n 9 "$@" "$db" | tail -n +2 | cut -f 1,6,7 >got
		cmp <(head -n 9 $key) got || { echo "dir-query -n 9 $*"; diff $key got | head; return 1; }
	done
}

# A database with rows in usage_r at several depths, and more directories than are read for nothing.
deep_database() {
	[[ -e $data/deep.db ]] && return
	{
		"$BATS_TEST_DIRNAME/make/make-log" --seed 3 --lines 45000 --dirs 20000 --plain
		summed_lines /gpfs/fs1
	} >20260111_x_deep.list
	scan-import -q --max-rejects 50% --db "$data/deep.db" 20260111_x_deep.list
	paths "$data/deep.db"
	(($(ask "$data/deep.db" 'SELECT count(DISTINCT dir_id) FROM usage_r') > 2))
	(($(ask "$data/deep.db" 'SELECT count(*) FROM directories') > 16384))
}

@test "dir-query: --older, --younger, --larger-than and --smaller-than count what matches" {
	local db
	deep_database
	for db in "$odd" "$small"; do
		matching "$db" 'u.age_bucket >= 5' --older 2yrs
		matching "$db" 'u.age_bucket BETWEEN 4 AND 6' --older 1yr --younger 4yrs
		matching "$db" 'u.size_bucket < 4' --smaller-than 1M
		matching "$db" 'u.age_bucket >= 1 AND u.size_bucket >= 1' --older 30d --larger-than 1024
	done
	matching "$data/deep.db" 'u.age_bucket >= 6' --older 3yrs
	matching "$data/deep.db" 'u.size_bucket >= 7' --larger-than 1G
	matching "$data/deep.db" 'u.age_bucket >= 6 AND u.uid = 5003' --older 3yrs --files-of 5003
	# With a limit the first are found without the others.
	run -0 dir-query -v -n 3 --older 3yrs "$data/deep.db"
	[[ $output == *"plan search"* ]]
}

@test "dir-query: what matches goes with every other option" {
	local db
	matching "$odd" 'u.uid = 1000' --files-of ada
	matching "$odd" 'u.uid IN (1000, 0)' --files-of ada --files-of 0
	matching "$odd" 'u.gid = 100 AND u.age_bucket >= 4' --files-of-group staff --older 1yr
	deep_database
	for db in "$odd" "$data/deep.db"; do
		matching "$db" 'u.age_bucket >= 6 AND t.depth BETWEEN 2 AND 3' --older 3yrs -d 2 --max-depth 3
		matching "$db" 'u.age_bucket >= 6 AND t.file_count_r >= 20' --older 3yrs --min-files 20
		matching "$db" "u.age_bucket >= 6 AND t.depth <=
			2 + (SELECT depth FROM directories JOIN scan_metadata ON dir_id = scan_root_id)" --older 3yrs -L 2
	done
	# Other orders, both ways, have the same rows.
	dir-query --older 3yrs "$odd" | sort >want
	for db in size path depth atime "matching -r" "path -r"; do
		# shellcheck disable=SC2086
		dir-query --older 3yrs --sort-by $db "$odd" | sort | cmp want -
	done
	dir-query --older 3yrs --sort-by path "$odd" | tail -n +2 | cut -f 1 >got
	dir-query --sort-by path "$odd" | cut -f 1 | grep -xFf got | cmp got -
	# Of the directory itself.
	ask -separator $'\t' "$odd" "SELECT sum(file_count) AS f, sum(total_size) AS t FROM usage_nr
		WHERE age_bucket >= 6 GROUP BY dir_id ORDER BY t DESC, dir_id" >want
	dir-query --separate-dirs --older 3yrs "$odd" | tail -n +2 | cut -f 6,7 | cmp want -
	# An excluded directory is not listed, and still in the numbers around it.
	dir-query --older 30d -E /gpfs/fs1/a "$small" | tail -n +2 | cut -f 1,6 >got
	dir-query --older 30d "$small" | tail -n +2 | cut -f 1,6 | grep -v '^/gpfs/fs1/a[/[:space:]]' | cmp got -
}

@test "dir-query: totals of what matches count nested directories once" {
	run -0 dir-query --older 3yrs --total "$odd"
	[[ $(cut -f 6,7 <<<"${lines[-1]}") == "$(ask -separator $'\t' "$odd" 'SELECT sum(file_count), sum(total_size)
		FROM usage_nr WHERE age_bucket >= 6')" ]]
	dir-query --older 3yrs --total -d 4 "$odd" >got
	awk -F '\t' 'NR > 1 && $2 == 4 { f += $6; t += $7 } $1 == "(total)" { exit !(f == $6 && t == $7 && f > 0) }' got
	run -0 dir-query --separate-dirs --older 3yrs --total "$odd"
	[[ $(cut -f 6 <<<"${lines[-1]}") == "$(ask "$odd" 'SELECT sum(file_count) FROM usage_nr WHERE age_bucket >= 6')" ]]
}

@test "dir-query: --outermost, for any question" {
	local of="s.owner_uid >= 0"
	same "$odd" "$(outermost "$of")" 's.total_size_r DESC, t.dir_id' --single-owner --outermost
	of='s.owner_uid = 1008'
	same "$odd" "$(outermost "$of")" 's.total_size_r DESC, t.dir_id' -u 1008 --outermost
	dir-query -u 1008 --outermost --total "$odd" >got
	awk -F '\t' 'NR > 1 && $1 != "(total)" { f += $3 } $1 == "(total)" { exit !(f == $3) }' got
	run -0 dir-query --older 30d --outermost "$odd"
	[[ ${#lines[@]} -eq 2 ]]
}

@test "dir-query: a border that no class has is refused with those that there are" {
	run -2 dir-query --older 100d "$small"
	[[ $output == *"'100d' is no border"*"30d, 90d, 180d, 1yr, 2yrs, 3yrs, 4yrs, 6yrs, 7yrs"* ]]
	run -2 dir-query --smaller-than 5M "$small"
	[[ $output == *"1K, 10K, 100K, 1M, 10M, 100M, 1G, 10G, 100G"* ]]
	run -2 stats-query --larger-than 1000 "$small"
	run -2 stats-query --older 2yrs --younger 1yr "$small"
	run -2 dir-query --larger-than 1M --smaller-than 1M "$small"
	run -2 dir-query --older soon "$small"
	run -2 dir-query --sort-by matching "$small"
	[[ $output == *"needs --older"* ]]
	run -2 stats-query --by owner --sort-by matching_files "$small"
	run -2 dir-query --files-of nobody-knows-me "$small"
	[[ $output == *"--files-of: no user"* ]]
}

# ---- how it looks --------------------------------------------------------------------------------

@test "dir-query: --columns chooses and orders columns, in every format" {
	run -0 dir-query --columns path,owner,total_size_r -n 2 --sort-by path "$small"
	[[ ${lines[0]} == $'path\towner\ttotal_size_r' && ${#lines[@]} -eq 3 ]]
	dir-query --sort-by path "$odd" | cut -f 5,1 >want
	dir-query --sort-by path --columns path,apparent_size_r "$odd" | cmp want -
	run -0 dir-query --columns file_count_r --total --format json -n 1 "$small"
	[[ $output == *'"columns":["file_count_r"],"rows":['*'{"file_count_r":19}'*'"total":{"file_count_r":19}}' ]]
	run -0 dir-query --columns owner_uid,path --format table -n 1 "$small"
	[[ ${lines[0]} == "owner_uid  Path" ]]
	run -2 dir-query --columns path,size "$small"
	[[ $output == *"'size' is no column; there are path, depth, file_count_r, total_size_r, "* ]]
	run -2 dir-query --columns path, "$small"
	run -2 dir-query --columns matching_size "$small"
}

@test "dir-query: the name of the output decides the format unless --format does" {
	local format
	for format in tsv csv json ndjson; do
		dir-query "$odd" -o "x.$format"
		dir-query --format "$format" "$odd" | cmp - "x.$format"
	done
	dir-query "$odd" --format csv -o x.json
	dir-query --format csv "$odd" | cmp - x.json
	dir-query "$odd" -o x.text
	dir-query "$odd" | cmp - x.text
}

@test "dir-query: JSON says which scans it is about" {
	dir-query -n 1 --format json "$small" "$odd" >got.json
	[[ $(<got.json) == *'"scans":[{"filesystem":"small","scan_date":1768435200,"assumptions":""},{"filesystem":"odd",'* ]]
	cp "$small" part.db
	ask part.db "UPDATE scan_metadata SET assumptions = 'unseen=3 unverified'"
	run -0 dir-query -q -n 1 --format json --iso part.db
	[[ $output == *'"scan_date":"2026-01-15T00:00:00Z","assumptions":"unseen=3 unverified"}]'* ]]
}

@test "dir-query: bytes in the units that are asked for, times with --iso" {
	local want
	cp "$small" sizes.db
	ask sizes.db 'UPDATE directory_stats SET total_size_r = 1234567890 WHERE dir_id = 3'
	while read -r want; do
		# shellcheck disable=SC2086
		run -0 dir-query --format table --columns total_size_r -n 1 ${want%%=*} sizes.db
		[[ ${lines[2]} == *( )"${want#*=}" ]] || { echo "${lines[2]}: not $want"; false; }
	done <<-'END'
		--wide=1.15 GiB
		--bytes=1,234,567,890
		--si=1.23 GB
		--unit M=1177.38 MiB
		--unit T=0.00 TiB
		--unit M --si=1234.57 MB
	END
	for want in 0:'0 B' 999:'999 B' 1000:'1.00 KB' 999499:'999 KB' 999500:'1.00 MB' 9994999:'9.99 MB' \
		9995000:'10.0 MB' 9223372036854775807:'9.22 EB'; do
		ask sizes.db "UPDATE directory_stats SET total_size_r = ${want%:*} WHERE dir_id = 3"
		run -0 dir-query --format table --columns total_size_r --si -P /gpfs/fs1 -L 0 sizes.db
		[[ ${lines[2]} == *( )"${want#*:}" ]] || { echo "${lines[2]}: not $want"; false; }
	done
	run -0 dir-query --columns total_size_r --bytes -n 1 "$small"
	[[ ${lines[1]} =~ ^[0-9]+$ ]]
	run -2 dir-query --bytes --si "$small"
	run -2 dir-query --unit X "$small"
	run -0 dir-query --columns max_atime_r --iso -n 1 "$small"
	[[ ${lines[1]} == 2026-01-14T00:00:00Z ]]
	run -0 dir-query --columns max_atime_r --iso --format table -n 1 "$small"
	[[ ${lines[2]} == 2026-01-14T00:00:00Z ]]
	# As wide as needed, whatever the terminal is.
	COLUMNS=40 dir-query -n 0 --sort-by path --wide --format table "$wide" >got
	dir-query -n 0 --sort-by path --format table "$wide" | cmp got -
}

@test "dir-query: --tree is an outline that leads back to every path" {
	dir-query --tree -n 0 --columns path "$wide" | tail -n +3 >got
	dir-query --sort-by path --columns path "$wide" | tail -n +2 >want
	awk '{ match($0, /^ */); depth = RLENGTH / 2; name = substr($0, RLENGTH + 1)
		path[depth] = depth ? path[depth - 1] "/" name : name; print path[depth] }' got | cmp want -
	# What a filter leaves out is part of the names below it.
	run -0 dir-query --tree -N er -N fs1 --columns path "$small"
	[[ ${lines[2]} == /gpfs/fs1 && ${lines[3]} == "  a/deep/er" && ${#lines[@]} -eq 4 ]]
	run -0 dir-query --tree --from-root -L 2 --columns path "$small"
	[[ ${lines[2]} == / && ${lines[3]} == "  gpfs" && ${lines[4]} == "    fs1" ]]
	run -2 dir-query --tree --format csv "$small"
	run -2 dir-query --tree "$small" "$odd"
	run -2 dir-query --tree --sort-by size "$small"
}

@test "dir-query: what the page does with jq works, and stats-query likewise" {
	needs jq
	dir-query --format json "$odd" | jq -r '.rows[] | select(.file_count_r > 100) | .total_size_r' >got
	ask "$odd" 'SELECT total_size_r FROM directory_stats WHERE file_count_r > 100 AND dir_id >=
		(SELECT scan_root_id FROM scan_metadata) ORDER BY total_size_r DESC, dir_id' | cmp - got
	run -0 bash -c 'dir-query --format json -n 1 "$1" |
		jq -r '\''.scans[] | "\(.filesystem) \(.scan_date | todate)"'\''' _ "$small"
	[[ $output == "small 2026-01-15T00:00:00Z" ]]
	run -0 bash -c 'stats-query -l --by owner --older 30d --format json "$1" | jq -r ".rows[0].matching_size"' _ "$small"
	[[ $output == "$(ask "$small" 'SELECT sum(total_size) FROM usage_nr WHERE age_bucket >= 1
		GROUP BY uid ORDER BY 1 DESC LIMIT 1')" ]]
	# JSON and NDJSON of names of any bytes are read by it, too.
	dir-query --format ndjson "$odd" | jq -s length >got
	[[ $(<got) -eq $(ask "$odd" 'SELECT count(*) FROM directories WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata)') ]]
}

@test "dir-query: a path is found among siblings of any names, and what is not there is not" {
	local i name
	# Names that are prefixes of others, with bytes below and above the slash, text or not.
	for i in {1..400}; do
		printf '/r/%s\n' "$i" "$i!" "$i "$'\377' "$i.d/$i" "$i/a/b"
	done | LC_ALL=C awk '{ printf "<0> %d 1 0  s=1 a=4 u=1 g=2 p=drwxr-xr-x ac=2026-01-01 00:00:00 -- %s\n", NR, $0 }' >log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 log -o entry
	dir-extract entry | depth-sort | dir-load siblings.db
	stats-accum entry | stats-load --no-names siblings.db
	for i in 1 9 10 57 399 400 $((RANDOM % 400 + 1)); do
		for name in "$i" "$i!" "$i "$'\377' "$i.d" "$i.d/$i" "$i/a" "$i/a/b"; do
			dir-query -q --format tsv --columns path -P "/r/$name" siblings.db | tail -n +2
		done | LC_ALL=C sort >got
		for name in "$i" "$i!" "$i "$'\377' "$i.d" "$i.d/$i" "$i/a" "$i/a/b"; do
			printf '/r/%s\n' "$name"
		done | LC_ALL=C sort >expected
		# a directory is shown with all that is below it
		LC_ALL=C sort -u got | diff expected -
		[ "$(wc -l <got)" = 11 ]
		for name in "$i\"" "$i/b" "$i!!" "${i}x" "$i.d/x" " $i" $'\377'; do
			run -1 dir-query -q -P "/r/$name" siblings.db
		done
	done
}
