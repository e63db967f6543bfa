#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# dir-load: the table `directories`, what it does to what is there already, and what is left of a run that fails.
load lib/helper

setup() {
	common_setup
	make_stream dir good.dir
}

# A dir stream of the given paths as text, without a line of their own; accepted with --unverified.
paths() {
	printf '#treetally\tversion=4\tkind=dir\torder=%s\n' "${order:-tree}"
	printf 'path\thas_line\tinode\tgeneration\tuid\tgid\tmode\tallocated\n'
	printf '%s\t0\t\t\t\t\t\t\n' "$@"
}

# A finished database, quickly.
complete_db() {
	dir-load "$1" good.dir
	make_stream usage | stats-load --no-names "$1"
}

@test "dir-load: ids in tree order, ancestors filled in, lines kept" {
	dir-load t.db good.dir
	query t.db 'SELECT dir_id, parent_id, name, depth, inode, generation, uid, gid, mode, allocated FROM directories' >got
	cat >expected <<-END
		1 NULL / 0 NULL NULL NULL NULL NULL NULL
		2 1 gpfs 1 NULL NULL NULL NULL NULL NULL
		3 2 fs1 2 100 1910420955 0 0 16877 4096
		4 3 a 3 101 1910420955 1000 100 16877 4096
		5 4 deep 4 102 1910420955 1000 100 16877 4096
		6 5 er 5 103 1910420955 1000 100 16877 4096
		7 3 a.d 3 107 1910420955 1001 101 16877 4096
		8 3 b 3 104 1910420955 1001 101 16877 4096
		9 8 implied 4 NULL NULL NULL NULL NULL NULL
		10 3 b c 3 105 1910420955 1001 101 16877 4096
		11 3 empty 3 106 1910420955 1001 100 16877 4096
	END
	diff expected got
}

@test "dir-load: the database says what it is, and that it is not finished" {
	dir-load t.db good.dir
	[ "$(query t.db 'PRAGMA application_id')" = $((0x54544C59)) ]
	[ "$(query t.db 'PRAGMA user_version')" = 4 ]
	[ "$(query t.db 'SELECT count(*) FROM scan_metadata')" = 0 ]
	[ "$(query t.db 'PRAGMA integrity_check')" = ok ]
	[ -z "$(query t.db 'PRAGMA foreign_key_check')" ]
	[ "$(stat -c %a t.db)" = 640 ]
	[ "$(ls)" = $'good.dir\nt.db' ]
}

@test "dir-load: a root with a line of its own, and a stream of the root alone" {
	paths / >root.tsv
	dir-load -q --unverified root.db root.tsv
	[ "$(query root.db 'SELECT dir_id, parent_id, name, depth FROM directories')" = "1 NULL / 0" ]
	line 5 / 1 1 7 8 drwxr-xr-x >log
	gpfs-parse -q -f x --scan-date 2026-01-15 log | dir-extract | depth-sort | dir-load line.db
	[ "$(query line.db 'SELECT inode, uid, gid, name FROM directories')" = "5 7 8 /" ]
}

@test "dir-load: siblings with bytes below the slash stand behind the subtree" {
	paths /a /a/z '/a b' $'/a\x01' >t.tsv
	run -3 dir-load --unverified t.db t.tsv
	paths /a /a/z $'/a\x01' '/a b' /a.d /a0 >t.tsv
	dir-load --unverified t.db t.tsv
	[ "$(query t.db "SELECT group_concat(hex(name), ' ') FROM directories WHERE depth = 1")" = \
		"61 6101 612062 612E64 6130" ]
}

@test "dir-load: names are TEXT when they are UTF-8 and BLOB otherwise, no byte changed" {
	# overlong, surrogate, too large, cut short; then the largest of each length
	local blobs=($'\xe9' $'\xc0\xaf' $'\xe0\x80\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xf0\x9f\x98' $'a\xff' $'\x80')
	local texts=($'\xc3\xa9' $'\xdf\xbf' $'\xed\x9f\xbf' $'\xef\xbf\xbf' $'\xf4\x8f\xbf\xbf' 'quo"te' $'\x1b[31m')
	local name
	for name in "${blobs[@]}" "${texts[@]}"; do
		printf '/%s\n' "$name"
	done | sort >names
	mapfile -t names <names
	paths "${names[@]}" >t.tsv
	dir-load --unverified t.db t.tsv
	[ "$(query t.db "SELECT count(*) FROM directories WHERE typeof(name) = 'blob'")" = ${#blobs[@]} ]
	query t.db 'SELECT hex(name) FROM directories WHERE depth = 1' >got
	for name in "${names[@]}"; do
		printf '%s' "${name#/}" | od -An -tx1 | tr -d ' \n' | tr a-f A-F
		echo
	done >expected
	diff expected got
	for name in "${blobs[@]}"; do
		[ "$(query t.db "SELECT typeof(name) FROM directories WHERE CAST(name AS BLOB) = x'$(printf '%s' "$name" | od -An -tx1 | tr -d ' \n')'")" = blob ]
	done
}

@test "dir-load: escaped bytes of a text stream are bytes again" {
	paths "/a\\nb\\t\\\\" >t.tsv
	dir-load --unverified t.db t.tsv
	[ "$(query t.db 'SELECT hex(name) FROM directories WHERE depth = 1')" = 610A62095C ]
}

@test "dir-load: a path of 30,000 components, in 4 MiB" {
	paths "$(printf '/d%.0s' {1..30000})" >deep.tsv
	dir-load -S 4M --unverified t.db deep.tsv
	[ "$(query t.db 'SELECT count(*), max(depth), sum(parent_id = dir_id - 1) FROM directories')" = "30001 30000 30000" ]
	paths "$(printf '/d%.0s' {1..32767})" >deeper.tsv
	dir-load -S 4M --unverified u.db deeper.tsv
	[ "$(query u.db 'SELECT max(depth) FROM directories')" = 32767 ]
}

@test "dir-load: the rows do not depend on memory" {
	big_log 30000 | gpfs-parse -q -f x --scan-date 2026-01-15 - | dir-extract | depth-sort >big.dir
	dir-load -S 4M small.db big.dir
	dir-load -S 256M large.db big.dir
	query small.db 'SELECT * FROM directories' >small
	query large.db 'SELECT * FROM directories' >large
	cmp small large
	[ "$(query small.db 'SELECT count(*) = max(dir_id) AND count(*) = sum(dir_id > ifnull(parent_id, 0)) FROM directories')" = 1 ]
	[ "$(query small.db 'SELECT count(*) FROM directories AS c JOIN directories AS p ON p.dir_id = c.parent_id
		WHERE c.depth <> p.depth + 1')" = 0 ]
}

@test "dir-load: streams in another order are refused with advice" {
	make_stream dir | depth-sort --by-level >level.dir
	run -3 dir-load t.db level.dir
	[[ $output == "dir-load: level.dir: is sorted by level; make it again without depth-sort --by-level" ]]
	small_log | gpfs-parse -f fs1 --scan-date 2026-01-15 | dir-extract >none.dir
	run -3 dir-load t.db none.dir
	[[ $output == "dir-load: none.dir: is not in tree order; send it through depth-sort first" ]]
	paths /b /a >wrong.tsv
	run -3 dir-load --unverified t.db wrong.tsv
	[[ $output == *": /a: is not in tree order; send the stream through depth-sort" ]]
	paths /a /a >twice.tsv
	run -3 dir-load --unverified t.db twice.tsv
	[[ $output == *": /a: comes twice; "* ]]
	[ ! -e t.db ]
}

@test "dir-load: a stream without directories makes no database" {
	paths | head -2 >none.tsv
	run -3 dir-load --unverified t.db none.tsv
	[[ $output == "dir-load: none.tsv: has no directory" ]]
	[ ! -e t.db ]
}

@test "dir-load: more directories with a line than the scan had lines are refused" {
	rec-cat good.dir | sed 's/\tdirectory_lines=8\t/\tdirectory_lines=7\t/; s/\tentries=27\t/\tentries=26\t/
		s/\tlines=30\t/\tlines=29\t/; s/:30:/:29:/' >t.tsv
	run -3 dir-load t.db t.tsv
	[[ $output == *"has 8 directories with a line of their own, but the scan had 7 such lines" ]]
}

@test "dir-load: what is there already needs --replace, which makes it anew" {
	dir-load t.db good.dir
	cp t.db before
	run -2 dir-load t.db good.dir
	[[ $output == "dir-load: t.db: is there already, with directories, without statistics; --replace replaces it" ]]
	cmp t.db before
	make_stream usage | stats-load --no-names t.db
	cp t.db before
	run -2 dir-load t.db good.dir
	[[ $output == *"complete with statistics; --replace replaces it" ]]
	cmp t.db before
	paths /other >other.tsv
	dir-load -q --replace --unverified t.db other.tsv
	[ "$(query t.db 'SELECT group_concat(name) FROM directories')" = /,other ]
	[ "$(query t.db 'SELECT count(*) FROM scan_metadata')" = 0 ]
}

@test "dir-load: what is no database of ours is never touched, --replace or not" {
	spoils before cut.db
	echo "important" >text
	: >empty
	mkdir dir
	mkfifo fifo
	sqlite3 foreign.db 'CREATE TABLE t(a); PRAGMA application_id = 1196444487;'
	sqlite3 plain.db 'CREATE TABLE t(a)'
	dir-load newer.db good.dir
	sqlite3 newer.db 'PRAGMA user_version = 99'
	head -c 5000 newer.db >cut.db
	for file in text empty dir fifo foreign.db plain.db newer.db cut.db; do
		[ ! -f $file ] || cp $file before
		for replace in "" --replace; do
			run -3 dir-load $replace $file good.dir
			[[ $output == "dir-load: $file: "* ]]
		done
		[ ! -f $file ] || cmp $file before
	done
	[ "$(ls)" = "$(printf '%s\n' before cut.db dir empty fifo foreign.db good.dir newer.db plain.db text)" ]
}

@test "dir-load: a newer format is named as such, an older one can be replaced" {
	dir-load newer.db good.dir
	sqlite3 newer.db 'PRAGMA user_version = 99'
	run -3 dir-load --replace newer.db good.dir
	[[ $output == *"was made by a newer version of treetally; it is left as it is" ]]
	sqlite3 newer.db 'PRAGMA user_version = 1'
	run -2 dir-load newer.db good.dir
	[[ $output == *"is there already, made by an older version; --replace replaces it" ]]
	run -0 dir-load --replace newer.db good.dir
	[ "$(query newer.db 'PRAGMA user_version')" = 4 ]
}

@test "dir-load: names that mean something to SQLite or to a shell are files" {
	dir-load :memory: good.dir
	dir-load file:x?mode=ro good.dir
	dir-load "a b'\"\$.db" good.dir
	[ -f :memory: ] && [ -f 'file:x?mode=ro' ]
	run -2 dir-load :memory: good.dir
	run -2 dir-load 'file:x?mode=ro' good.dir
	run -2 dir-load - good.dir
	[[ ${lines[0]} == "dir-load: a database cannot be standard output" ]]
}

@test "dir-load: a symbolic link stays; what it points to is replaced" {
	mkdir real
	dir-load real/t.db good.dir
	ln -s real/t.db link.db
	run -2 dir-load link.db good.dir
	dir-load --replace link.db good.dir
	[ -L link.db ]
	[ "$(query real/t.db 'SELECT count(*) FROM directories')" = 11 ]
}

@test "dir-load: nothing is left of a run that fails or is killed, and the old file stays" {
	head -c -9 good.dir >cut.dir
	run -3 dir-load t.db cut.dir
	[ "$(ls)" = $'cut.dir\ngood.dir' ]
	dir-load t.db good.dir
	cp t.db before
	run -3 dir-load --replace t.db cut.dir
	cmp t.db before
	mkfifo pipe
	dir-load --replace t.db pipe &
	local pid=$!
	exec 7>pipe
	head -c 300 good.dir >&7
	kill -KILL $pid
	wait $pid || [ $? -eq 137 ]
	exec 7>&-
	cmp t.db before
	[ "$(ls)" = $'before\ncut.dir\ngood.dir\npipe\nt.db' ]
}

@test "dir-load: a database that another program writes to is not replaced" {
	dir-load t.db good.dir
	lock_database t.db
	run -4 dir-load --replace t.db good.dir
	[[ $output == "dir-load: t.db: is being used by another process: process $COPROC_PID (sqlite3) of uid $EUID, since 20"[0-9][0-9]-*:[0-9][0-9] ]]
	unlock_database
	dir-load --replace t.db good.dir
}

@test "dir-load: what a killed writer left is cleared up before it is replaced" {
	dir-load t.db good.dir
	run ask t.db 'PRAGMA cache_size = 1' 'BEGIN' 'CREATE TABLE spoilt(x)' \
		'INSERT INTO spoilt SELECT zeroblob(900000)' '.system kill -9 $PPID'
	[ -s t.db-journal ]
	dir-load --replace t.db good.dir
	[ ! -e t.db-journal ]
	[ "$(query t.db 'PRAGMA integrity_check')" = ok ]
	[ "$(query t.db 'SELECT count(*) FROM directories')" = 11 ]
}

@test "dir-load: unverified rows are marked" {
	rec-cat good.dir | grep -v implied >some.tsv
	run -3 dir-load t.db some.tsv
	dir-load -q --unverified t.db some.tsv
	[[ "$(query t.db "SELECT value FROM load_state WHERE key = 'ledger'")" == *assumptions=unverified* ]]
}

@test "dir-load: progress and figures" {
	dir-load -v --progress=lines t.db good.dir 2>stderr
	[ "$(cut -f 1,2,5,6 lines | uniq)" = \
		$'dir-load\tloading\tdirectories\t0\ndir-load\tindex\tdirectories\t0\ndir-load\tend\tms\t0' ]
	grep -q '^dir-load: 11 directories, 3 of them implied, database of [0-9]* bytes$' stderr
	dir-load --replace t.db good.dir >stdout 2>stderr
	[ ! -s stdout ] && [ ! -s stderr ]
}

@test "dir-load: a full disk or a bad temporary directory is status 4 and leaves nothing" {
	run -4 dir-load nowhere/t.db good.dir
	[[ $output == "dir-load: cannot "*"No such file or directory" ]]
	run -4 dir-load -T nowhere t.db good.dir
	[[ $output == "dir-load: cannot use temporary directory nowhere: No such file or directory" ]]
	ulimit -f 8
	run dir-load t.db good.dir
	((status == 4 || status == 153))
	[ ! -e t.db ]
}

@test "dir-load: operands are counted" {
	run -2 dir-load
	[[ ${lines[0]} == "dir-load: DB is missing" ]]
	run -2 dir-load t.db good.dir more
	[[ ${lines[0]} == "dir-load: 'more': "* ]]
}

@test "dir-load: names as long as SQLite's journal beside them allows" {
	small_log >log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 log -o entry
	dir-extract entry | depth-sort -o dir
	stats-accum entry -o usage
	local n name
	for n in 239 246 247; do
		name=$(printf "%${n}s" "" | tr ' ' x)
		dir-load "$name" dir
		dir-load --replace "./$name" dir
		stats-load --no-names "$name" usage
		run -0 stats-query "./$name"
		rm "$name"
	done
	run -2 dir-load "x$name" dir
	[[ $output == *"the name of a database has at most 247 bytes"* ]]
}
