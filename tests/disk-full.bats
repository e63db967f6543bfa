#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Disks that are full, file systems that lack something, what lies beside a database, and the order
# in which things are made safe.

load lib/helper
load lib/faults

setup_file() {
	make_faults && make_fixtures "$BATS_FILE_TMPDIR"
}

setup() {
	work_setup
	mounted=''
}

teardown() {
	local status=0
	common_teardown || status=$?
	[[ ! $mounted ]] || umount -l "$mounted"
	return $status
}

# tiny OPTIONS: a small file system in ./tiny.
tiny() {
	((EUID == 0)) || skip "only root can mount"
	mkdir -p tiny
	mount -t tmpfs -o "$1" none tiny 2>/dev/null || skip "mount is not allowed here"
	mounted=$PWD/tiny
}

# ---- no space ------------------------------------------------------------------------------------

# fails MESSAGE COMMAND...: with status 4 and that one line, but for warnings of a tmpfs.
fails() {
	run -4 --separate-stderr "${@:2}"
	echo "${*:2}: $stderr"
	[[ ${stderr_lines[-1]} == "$1" ]]
	((${#stderr_lines[@]} == 1)) || [[ ${stderr_lines[-2]} == *" is a tmpfs: "* ]]
}

@test "disk: no space for output, spill files and databases" {
	tiny size=64k
	local program each
	echo old >tiny/out
	for program in "gpfs-parse -q -f b --scan-date 2026-01-15 $fixtures/big.log" \
		"dir-extract $fixtures/big.entry" "rec-cat -t $fixtures/big.entry" \
		"depth-sort $fixtures/big.usage" "stats-accum -q $fixtures/big.entry"; do
		# shellcheck disable=SC2086 # words
		fails "${program%% *}: cannot write tiny/out: No space left on device" \
			$program -o tiny/out
		[[ $(<tiny/out) == old && $(ls tiny) == out ]]
	done
	for program in depth-sort stats-accum; do
		each=$fixtures/big.$([[ $program == depth-sort ]] && echo usage || echo entry)
		fails "$program: cannot write spill file in tiny: No space left on device" \
			"$program" -S 4M -T tiny -o out "$each"
		[[ $(echo *) == tiny && $(ls tiny) == out ]]
	done
	cp "$fixtures/half.db" tiny/db
	fails "dir-load: tiny/db: the disk is full, its own or that of temporary files in /var/tmp" \
		dir-load --replace tiny/db <(dir-extract "$fixtures/big.entry" | depth-sort)
	cmp tiny/db "$fixtures/half.db"
	fails "stats-load: cannot write tiny/db: No space left on device" \
		stats-load --no-names tiny/db "$fixtures/usage"
	[ "$(dump tiny/db)" = "$(dump "$fixtures/half.db")" ]
	fails "dir-load: tiny/other.db: the disk is full, its own or that of temporary files in /var/tmp" \
		dir-load tiny/other.db <(dir-extract "$fixtures/big.entry" | depth-sort)
	[ "$(ls -x tiny)" = 'db  out' ]
	# where keys of indexes are sorted
	awk 'BEGIN { for (i = 0; i < 60000; i++)
		printf "<0> %d 1 0  s=1 a=4 u=%d g=5 p=-rw-r--r-- ac=2026-01-01 00:00:00 -- /r/%d/f\n",
			i, i % 99, i }' |
		gpfs-parse -q -f b --scan-date 2026-01-15 - -o keys.entry
	dir-extract keys.entry | depth-sort -o keys.dir
	stats-accum keys.entry -o keys.usage
	fails "dir-load: cannot write spill file in tiny: No space left on device" \
		dir-load -S 4M -T tiny keys.db keys.dir
	dir-load keys.db keys.dir
	cp keys.db before.db
	fails "stats-load: cannot write spill file in tiny: No space left on device" \
		stats-load -q -S 4M -T tiny --no-names keys.db keys.usage
	cmp keys.db before.db
	stats-load -q --no-names keys.db keys.usage
}

@test "disk: an answer that cannot be written" {
	tiny size=16k
	local program
	cp "$fixtures/whole.db" .
	echo old >tiny/out
	head -c 12k /dev/zero >tiny/fill
	for program in "dir-query --format json whole.db" "dir-export --ncdu whole.db" \
		"stats-query --by owner,age,size,dir --format json whole.db"; do
		# shellcheck disable=SC2086 # words
		fails "${program%% *}: cannot write tiny/out: No space left on device" \
			$program -o tiny/out
		[[ $(<tiny/out) == old && $(ls -x tiny) == 'fill  out' ]]
	done
}

@test "disk: /dev/full" {
	local program
	for program in "gpfs-parse -q -f b --scan-date 2026-01-15 $fixtures/small.log" \
		"dir-extract $fixtures/entry" "depth-sort $fixtures/dir" "stats-accum $fixtures/entry" \
		"rec-cat $fixtures/entry" "rec-cat -b $fixtures/entry" "dir-query $fixtures/whole.db" \
		"stats-query $fixtures/whole.db" "dir-export --ncdu $fixtures/whole.db"; do
		# shellcheck disable=SC2086 # words
		fails "${program%% *}: cannot write /dev/full: No space left on device" \
			$program -o /dev/full
		# shellcheck disable=SC2086 # words
		fails "${program%% *}: cannot write standard output: No space left on device" \
			bash -c '"$@" >/dev/full' bash $program
	done
	fails "scan-audit: cannot write standard output: No space left on device" \
		bash -c '"$@" >/dev/full' bash scan-audit "$fixtures/whole.db"
	{
		cat "$fixtures/small.log"
		echo '<0> 1 2 0  s=nonsense -- /gpfs/fs1/x'
	} >rejected.log
	fails "gpfs-parse: cannot write /dev/full: No space left on device" gpfs-parse -q -f b \
		--scan-date 2026-01-15 --rejects /dev/full -o out rejected.log
	[ ! -e out ]
	# nothing that is asked for help and version says yes without having said it
	for program in gpfs-parse dir-query scan-import scan-tree; do
		for each in --help --version; do
			run -4 --separate-stderr bash -c '"$@" >/dev/full' bash "$program" $each
		done
	done
}

@test "disk: scan-import where there is room for less and less" {
	tiny size=20m
	two_scans 3000
	local old kib step failed=0
	old=$(stat -c %s asp.db)
	step=$(quick_or_all 1024 256)
	cp asp.db tiny
	cd tiny
	for ((kib = old / 1024 + 8; kib < 16384; kib += step)); do
		mount -o remount,size=${kib}k .
		run --separate-stderr scan-import --db asp.db --no-names -S 32M "../$NEW.gz"
		echo "$kib KiB: $status: $stderr"
		[ "$(echo *)" = asp.db ]
		((status)) || break
		((status == 4))
		[[ $stderr == *@(full|'No space'|'cannot be')* ]]
		[[ ${stderr_lines[-1]} == scan-import:* ]]
		cmp asp.db ../../old.db
		failed=$((failed + 1))
	done
	((failed > 0 && status == 0))
	cmp <(dump asp.db) ../../new.dump
	# no room for a name
	cp --remove-destination ../../old.db asp.db
	mount -o remount,nr_inodes=2 .
	run -4 --separate-stderr scan-import --db asp.db --no-names "../$NEW.gz"
	[[ $stderr == "scan-import: "* && $(echo *) == asp.db ]]
	cmp asp.db ../../old.db
}

@test "disk: scan-import whose spill directory or rejects file has no room" {
	tiny size=64k
	two_scans 60000
	run -4 --separate-stderr "${import[@]}" -S 32M -T tiny "$NEW.gz"
	[[ $stderr == *tiny*@(full|'No space')* ]]
	[[ ${stderr_lines[-1]} == "scan-import: "*" failed with status 4; asp.db is as it was" ]]
	cmp asp.db ../old.db
	[[ $(ls tiny) == '' && ! -e asp.db.import ]]
	{
		head -n 50 "$OLD"
		yes '<0> 1 2 0  s=nonsense -- /gpfs/big/x' | head -n 20000
	} >20260116_fs1_asp.list
	run --separate-stderr "${import[@]}" --max-rejects 100% --rejects tiny/rejects \
		20260116_fs1_asp.list
	echo "$status: $stderr"
	((status == 4))
	[[ ${stderr_lines[0]} == "gpfs-parse: cannot write tiny/rejects.failed: No space left on device" ]]
	[[ ${stderr_lines[-1]} == "scan-import: gpfs-parse failed with status 4; asp.db is as it was" ]]
	cmp asp.db ../old.db
}

# ---- what a file system lacks --------------------------------------------------------------------

# shimmed COMMAND...: with the FAULT_ variables that are set.
shimmed() {
	run --separate-stderr env LD_PRELOAD=fault-shim.so FAULT_MARK="$PWD/../mark" "$@"
	echo "${*}: $status: $stderr"
	[[ -e ../mark ]]
	rm ../mark
}

@test "disk: a file system without locks" {
	! sanitized || skip "sanitizers want to be the first library"
	local query
	cp "$fixtures/whole.db" .
	export FAULT_CALL=lock FAULT_NTH=1+ FAULT_HOW=ENOLCK
	for query in "stats-query whole.db" "dir-query whole.db" "dir-export --ncdu whole.db"; do
		# shellcheck disable=SC2086 # words
		shimmed $query
		((status == 0))
		# shellcheck disable=SC2086
		[ "$output" = "$(FAULT_HOW=PASS $query)" ]
	done
}

@test "disk: no locks for those that write" {
	slow
	! sanitized || skip "sanitizers want to be the first library"
	cp "$fixtures/half.db" db
	export FAULT_CALL=lock FAULT_NTH=1+ FAULT_HOW=ENOLCK
	# SQLite waits as for the lock of another process
	shimmed dir-load --replace db "$fixtures/dir"
	((status == 4)) && [ "$stderr" = "dir-load: db: cannot be locked: No locks available" ]
	shimmed stats-load --no-names db "$fixtures/usage"
	((status == 4)) && [ "$stderr" = "stats-load: db: cannot be locked: No locks available" ]
	cmp db "$fixtures/half.db"
	[ "$(echo db*)" = db ]
}

@test "disk: a target directory without O_TMPFILE" {
	! sanitized || skip "sanitizers want to be the first library"
	two_scans 300
	export FAULT_CALL=tmpfile FAULT_NTH=1+ FAULT_HOW=EOPNOTSUPP
	shimmed "${import[@]}" -q "$NEW.gz"
	((status == 0)) && alone
	cmp <(dump asp.db) ../new.dump
	# the temporary name goes with a failure
	cp "$fixtures/half.db" db
	shimmed dir-load --replace db <(head -c 600 "$fixtures/dir")
	((status == 3))
	[ "$(echo db*)" = db ]
	cmp db "$fixtures/half.db"
	shimmed gpfs-parse -q -f fs1 --scan-date 2026-01-15 -o out "$fixtures/small.log"
	((status == 0))
	cmp out <(gpfs-parse -q -f fs1 --scan-date 2026-01-15 "$fixtures/small.log")
	[ "$(echo out*)" = out ]
}

# ---- what lies beside ----------------------------------------------------------------------------

# leave KIND: what a writer that was killed leaves beside other.db, in the middle of making a table
# `spoilt`.
leave() {
	local end='SELECT 1'
	[[ $1 == journal ]] || end=COMMIT
	cp "$fixtures/half.db" other.db
	[[ $1 == journal ]] || ask other.db 'PRAGMA journal_mode = WAL'
	run ask other.db 'PRAGMA cache_size = 1' 'BEGIN' 'CREATE TABLE spoilt(x)' \
		'INSERT INTO spoilt SELECT zeroblob(900000)' "$end" '.system kill -9 $PPID'
	[ -s "other.db-$1" ]
}

@test "disk: a stale journal or log is not played into a new database" {
	local kind
	for kind in journal wal; do
		rm -f ./*
		leave $kind
		cp other.db-$kind one.db-$kind
		cp other.db-$kind two.db-$kind
		: >two.db
		dir-load one.db "$fixtures/dir"
		[ "$(echo one*)" = one.db ]
		stats-load --no-names one.db "$fixtures/usage"
		scan-import -q --no-names --db two.db -f fs1 --scan-date 2026-01-15 "$fixtures/small.log"
		for db in one two; do
			[ "$(echo $db.*)" = "$db.db" ]
			[ "$(ask $db.db 'PRAGMA integrity_check')" = ok ]
			[ "$(ask $db.db "SELECT count(*) FROM sqlite_schema WHERE name = 'spoilt'")" = 0 ]
			dir-query -q $db.db >/dev/null
		done
	done
}

@test "disk: a journal without meaning is no trace of a transaction" {
	cp "$fixtures/whole.db" db
	for content in '' '\0\0\0\0\0\0\0\0and what was there before'; do
		printf %b "$content" >db-journal
		chmod 444 db db-journal
		[ "$(dir-query -q db)" = "$(dir-query -q "$fixtures/whole.db")" ]
		run -2 stats-load --no-names db "$fixtures/usage"
		[[ $output == "stats-load: db: is complete already"* ]]
		((EUID)) || [ ! -e db-journal ]
		chmod 644 db
		rm -f db-journal
	done
}

# ---- what is safe when ---------------------------------------------------------------------------

# order TRACE: what was made safe and renamed, in words: a file is `new` until it has its name.
order() {
	grep -v ' = -1 ' "$1" | grep -oE '(fsync|fdatasync)\([0-9]+<[^>]*>|rename[at2]*\(.*' | sed -E '
		s/^(fsync|fdatasync)\([0-9]+<([^>]*)>/sync \2/
		s/^rename.*/rename/
		s/ \(deleted\)$//
		s|^sync .*/#[0-9]+$|sync new|
		s|^sync .*/new\.db$|sync new|
		s|^sync .*/work/?$|sync directory|'
}

@test "disk: data are on the disk before the name is, and the name before we say so" {
	needs strace
	! sanitized || skip "the leak sanitizer does not work under strace"
	local trace=(strace -f -y -o ../trace -e "trace=fsync,fdatasync,/^rename")
	"${trace[@]}" true || skip "strace is not allowed here"
	"${trace[@]}" dir-load db "$fixtures/dir"
	[ "$(order ../trace)" = $'sync new\nrename\nsync directory' ]
	"${trace[@]}" dir-load --replace db "$fixtures/dir"
	[ "$(order ../trace)" = $'sync new\nrename\nsync directory' ]
	"${trace[@]}" stats-load --no-names db "$fixtures/usage"
	[ "$(order ../trace)" = $'sync new\nrename\nsync directory' ]
	two_scans 300
	"${trace[@]}" "${import[@]}" -q "$NEW.gz"
	[ "$(order ../trace | tail -n 3)" = $'sync new\nrename\nsync directory' ]
}
