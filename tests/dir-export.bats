#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# dir-export: its JSON is added up by SQLite and compared with the database; the real ncdu, in
# a terminal of its own (tmux), must show the same totals.

load lib/helper

# The second opinions of this suite count each link; link-answers.bats is about the other ways.
dir-export() {
	command dir-export -l "$@"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small_database -f fs1
	make-log --lines 5000 --dirs 400 >big.log
	scan-import -q -f fs2 --scan-date 2026-01-11 --max-rejects 50% --db big.db big.log
}

setup() {
	common_setup
	big=$BATS_FILE_TMPDIR/big.db small=$BATS_FILE_TMPDIR/small.db
}

teardown() {
	[[ -z ${terminal:-} ]] || tmux -L "$terminal" kill-server 2>/dev/null || true
	common_teardown
}

# export_big OPTION...: an export of big.db in the file `out`. Names that are not UTF-8 go into ncdu as
# they are; for SQLite, which wants JSON, their bytes become question marks.
export_big() {
	dir-export --ncdu "$@" "$big" >out
	LC_ALL=C tr '\200-\377' '?' <out >out.json
}

# sums: asize and dsize of all entries in out.json.
sums() {
	sqlite3 -separator ' ' :memory: "SELECT ifnull(sum(CASE key WHEN 'asize' THEN value END), 0),
		ifnull(sum(CASE key WHEN 'dsize' THEN value END), 0) FROM json_tree(readfile('out.json'), '\$[3]')"
}

# totals PATH: what the database says of it.
totals() {
	sqlite3 -separator ' ' "${2:-$big}" "SELECT apparent_size_r, total_size_r FROM tree WHERE path = '$1'"
}

@test "dir-export: the format of ncdu, byte by byte" {
	dir-export --ncdu --min-size 0 -P /gpfs/fs1/a "$small" >out
	cat >expected <<'END'
[1,2,{"progname":"treetally","progver":"0.4.0","timestamp":1768435200},
[{"name":"/gpfs/fs1/a"},
{"name":"<6 files>","asize":3066386,"dsize":2133720},
[{"name":"deep"},
{"name":"<1 file>","asize":123456789,"dsize":123457536},
[{"name":"er"},
{"name":"<2 files>","asize":2,"dsize":8192}]]]]
END
	diff expected out
}

@test "dir-export: totals are those of the database, whatever is folded" {
	local path size
	for path in / /gpfs /gpfs/fs1 "/gpfs/fs1/a b" /gpfs/fs1/ab; do
		[[ -n $(totals "$path") ]] || continue
		for size in 0 1 4K 1M 1G 100G 1P; do
			export_big --min-size $size -P "$path"
			[[ $(sums) == "$(totals "$path")" ]]
		done
	done
}

@test "dir-export: --min-size 0 shows every directory, with its own files" {
	export_big --min-size 0
	sqlite3 "$big" "SELECT count(*) FROM directories WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata)" >expected
	grep -c '^\[{"name":' out.json | diff expected -
	sqlite3 -separator ' ' "$big" "SELECT apparent_size_nr, total_size_nr FROM directory_stats
		WHERE file_count_nr ORDER BY dir_id" >expected
	grep '^{' out.json | sed -E 's/.*"asize":([0-9]+),"dsize":([0-9]+).*/\1 \2/' | diff expected -
}

@test "dir-export: directories below --min-size are one entry of their parent" {
	local size=1073741824 path
	export_big --min-size 1G
	sqlite3 "$big" "SELECT count(*) FROM directory_stats WHERE total_size_r >= $size
		AND dir_id >= (SELECT scan_root_id FROM scan_metadata)" >expected
	grep -c '^\[{"name":' out.json | diff expected -
	# All that are not shown, in entries that say how many.
	sqlite3 "$big" "SELECT count(*) FROM directory_stats WHERE total_size_r < $size" >expected
	sed -nE 's/^\{"name":"<([0-9,]+) director(y|ies) below 1\.00 GiB>".*/\1/p' out.json | tr -d , |
		awk '{ n += $1 } END { print n }' | diff expected -
	# Even when nothing is large enough.
	export_big --min-size 1P
	(($(wc -l <out) <= 4))
}

@test "dir-export: names: quotes, control bytes, no UTF-8, blanks" {
	{
		line 1 $'/gpfs/fs1/q"uo\\te/f'
		line 2 $'/gpfs/fs1/esc\e\x7f\t/f'
		line 3 $'/gpfs/fs1/caf\xe9/f'
		line 4 '/gpfs/fs1/ /f'
	} >odd.log
	scan-import -q -f fs1 --scan-date 2026-01-15 --db odd.db odd.log
	dir-export --ncdu odd.db >out
	grep -qF '{"name":"q\"uo\\te"}' out
	grep -qF '{"name":"esc\u001b\u007f\u0009"}' out
	grep -qF $'{"name":"caf\xe9"}' out
	grep -qF '{"name":" "}' out
}

@test "dir-export: without --min-size an export stays under a million entries and says so" {
	cp "$small" wide.db
	sqlite3 wide.db "PRAGMA synchronous = OFF;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
			INSERT INTO directories(dir_id, parent_id, name, depth) SELECT 100 + i, 1, 'w' || i, 1 FROM n;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
			INSERT INTO directory_stats SELECT 100 + i, 1, i * 10, i, 0, 0, 0, 1, i * 10, i, 0, 0, 0, 0, 0 FROM n;
		UPDATE directory_stats SET dir_count_nr = dir_count_nr + 400000, dir_count_r = 400100,
			file_count_r = file_count_r + 400000,
			total_size_r = total_size_r + (SELECT sum(total_size_nr) FROM directory_stats WHERE dir_id > 100),
			apparent_size_r = apparent_size_r + (SELECT sum(apparent_size_nr) FROM directory_stats WHERE dir_id > 100)
			WHERE dir_id = 1"
	run -0 --separate-stderr dir-export --ncdu -P / -o out wide.db
	# The 333,333rd largest has 666,680 bytes.
	[[ $stderr == "dir-export: wide.db: directories below 1.00 MiB are folded; --min-size 0 shows all 400,101" ]]
	grep -c '"name"' out >entries
	(($(cat entries) < 1000000 && $(cat entries) > 100000))
	run -0 --separate-stderr dir-export --ncdu -q -P / -o out wide.db
	[[ -z $stderr ]]
	dir-export --ncdu -P / --min-size 0 -o out wide.db
	(($(grep -c '^\[{"name"' out) > 400000))
	cp out out.json
	[[ $(sums) == "$(totals / wide.db)" ]]
	run -0 --separate-stderr dir-export --ncdu "$small"
	[[ -z $stderr ]]
}

@test "dir-export: memory does not grow with the tree, nor with its depth" {
	sanitized && skip "sanitizers need memory of their own"
	make-log --shape deep >deep.log
	scan-import -q -f fs1 --scan-date 2026-01-11 --db deep.db deep.log
	(ulimit -v 40000 && dir-export --ncdu --min-size 0 -o deep.out deep.db)
	(($(grep -c '^\[{"name"' deep.out) > 20000))
	(ulimit -v 40000 && dir-export --ncdu --min-size 0 -o out "$big")
}

@test "dir-export: reads the range of its directory once" {
	local steps
	dir-export -v --ncdu --min-size 0 -P /gpfs/fs1/ab -o out "$big" 2>err
	steps=$(sed -nE 's/.*SQLite: ([0-9]+) steps, 0 full-scan steps/\1/p' err)
	((steps < 500))
	dir-export -v --ncdu --min-size 0 -o out "$big" 2>err
	steps=$(sed -nE 's/.*SQLite: ([0-9]+) steps, 0 full-scan steps/\1/p' err)
	((steps < 20 * $(sqlite3 "$big" 'SELECT count(*) FROM directories') + 500))
}

@test "dir-export: wrong use, paths and databases that are not there" {
	run -0 dir-export --help
	[[ ${lines[0]} == "usage: dir-export --ncdu "* ]]
	run -0 dir-export --version
	[[ ${lines[0]} == "dir-export (treetally) 0.4.0" ]]
	local wrong
	for wrong in "" "x.db" "--ncdu" "--ncdu a.db b.db" "--ncdu -P /a -P /b x.db" "--ncdu --min-size 1.5G x.db" "--nosuch"; do
		# shellcheck disable=SC2086
		run -2 dir-export $wrong
		[[ ${lines[-1]} == "try 'dir-export --help'" ]]
	done
	run -1 dir-export --ncdu -P /gpfs/fs1/a/none -o out "$small"
	[[ $output == *"the nearest directory above it that is there: /gpfs/fs1/a" ]]
	[ ! -e out ]
	run -3 dir-export --ncdu "$BATS_FILE_TMPDIR/20260115_x_small.list"
	run -4 dir-export --ncdu -o /dev/full "$small"
	run -4 dir-export --ncdu none.db
}

# ---- the real ncdu ----

# browse FILE: ncdu on an export, in a terminal without a person.
browse() {
	needs ncdu tmux
	needs_terminal
	terminal=treetally-$BASHPID
	local command="TERM=screen LC_ALL=C ncdu --si -f '$1' 2>ncdu.err; sleep 60" try
	# A busy machine can keep tmux from starting its server.
	for try in 1 2 3; do
		! tmux -L "$terminal" -f /dev/null new-session -d -x 150 -y 40 "$command" || break
		sleep "$try"
	done
	wait_for '^[ *]Total disk usage:'
}

# wait_for REGEX: until the screen shows it; leaves the screen in the file `screen`.
wait_for() {
	local i
	for ((i = 0; i < 600; i++)); do
		tmux -L "$terminal" capture-pane -p >screen 2>/dev/null || true
		! grep -qE "$1" screen || return 0
		sleep 0.1
	done
	cat screen ncdu.err
	return 1
}

press() {
	tmux -L "$terminal" send-keys "$@"
}

# exact_on_screen WORDS: the bytes that the window about the current entry gives for these words.
exact_on_screen() {
	grep -q 'Item info' screen || press i
	wait_for 'Apparent size:.* B\)'
	sed -nE "s/.*$1:.*\(([0-9.,]+) B\).*/\1/p" screen | head -1 | tr -d .,
}

@test "dir-export: the real ncdu shows our totals" {
	local path size apparent total
	path=/gpfs
	for size in 0 1G; do
		dir-export --ncdu --min-size $size -P "$path" -o tree.json "$big"
		browse tree.json
		# /gpfs holds nothing but fs1, which the cursor is on.
		grep -q '/fs1' screen
		read -r apparent total < <(totals "$path/fs1")
		[[ $(exact_on_screen 'Disk usage') == "$total" ]]
		[[ $(exact_on_screen 'Apparent size') == "$apparent" ]]
		[[ $(grep -c '"name"' tree.json) == "$(($(sed -nE 's/.*Items: *([0-9.,]+).*/\1/p' screen | tr -d .,) + 1))" ]]
		press q
		tmux -L "$terminal" kill-server 2>/dev/null || true
	done
}

@test "dir-export: the real ncdu counts files with several links once, in each directory" {
	local once
	make-links >links.log
	make-links --rows >links.rows
	scan-import -q -f fs1 --scan-date 2026-01-11 --db links.db links.log
	command dir-export --ncdu --min-size 0 -P /gpfs -o tree.json links.db
	browse tree.json
	read -r _ once _ < <(link-sums links.rows)
	[[ $(exact_on_screen 'Disk usage') == "$once" ]]
	press i Enter
	wait_for '^--- /gpfs/fs1 -'
	press j i
	wait_for 'Name: ab '
	read -r _ once _ < <(link-sums --in /gpfs/fs1/ab links.rows)
	[[ $(exact_on_screen 'Disk usage') == "$once" ]]
}

@test "dir-export: the real ncdu goes down into directories, in our order of size" {
	local name total i=0
	dir-export --ncdu -o tree.json "$small"
	browse tree.json
	sqlite3 -separator ' ' "$small" "SELECT s.total_size_r, d.name FROM directories d JOIN directory_stats s USING(dir_id)
		WHERE parent_id = (SELECT scan_root_id FROM scan_metadata) AND s.total_size_r ORDER BY 1 DESC LIMIT 2" >largest
	while read -r total name; do
		((i++ == 0)) || press j
		((i == 1)) || wait_for "Name: $name "
		[[ $(exact_on_screen 'Disk usage') == "$total" ]]
	done <largest
	((i == 2))
	press i k Enter
	wait_for '^--- /gpfs/fs1/a -'
	grep -q '/deep' screen
	grep -q '<6 files>' screen
}

@test "dir-export: the real ncdu takes odd names and a deep tree" {
	make-log --shape deep --depth 2000 >deep.log
	scan-import -q -f fs1 --scan-date 2026-01-11 --db deep.db deep.log
	dir-export --ncdu --min-size 0 -P / -o tree.json deep.db
	browse tree.json
	[[ $(exact_on_screen 'Disk usage') == "$(sqlite3 deep.db 'SELECT total_size_r FROM directory_stats WHERE dir_id = 2')" ]]
}
