#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# stats-accum: which files make which usage row. What every program must stand is in battery.bats;
# equal bytes for any -S are in pipeline.bats; sums over odd logs are held against the reference in
# reference.bats.

load lib/helper

export SCAN_DATE=2026-01-11

@test "stats-accum: files of one owner, age and size in one directory make one row" {
	{
		line 1 /d 4096 4 9 9 drwxr-xr-x
		line 2 /d/a 100 1 7 8 -rw-r--r-- '2026-01-01 00:00:00' '2020-01-01 00:00:00'
		line 3 /d/b 200 1 7 8 -rw-r--r-- '2026-01-02 00:00:00' '2019-01-01 00:00:00'
		line 4 /d/c 300 8 7 8 lrwxrwxrwx '2026-01-01 00:00:00' never
		line 5 /d/c 300 8 7 9
		line 6 /d/c/d 300 8 7 8
		line 7 /f 5 8 7 8 srwxrwxrwx
		line 8 /d/c 1 1 1 1 srwxrwxrwx
	} >log
	# path uid gid age size files allocated apparent atime mtime
	parse log | stats-accum | words >out
	diff out - <<-'END'
		/ 7 8 1 1 1 8192 5 1764583200 1763200800
		/d 1 1 1 1 1 1024 1 1764583200 1763200800
		/d 7 8 0 1 3 10240 600 1767312000 1577836800
		/d 7 9 1 1 1 8192 300 1764583200 1763200800
		/d/c 7 8 1 1 1 8192 300 1764583200 1763200800
	END
	[[ $(parse log | stats-accum -t | head -n 1 | tr '\t' ' ') == \
		'#treetally version=4 kind=usage order=tree filesystem=fs1 scan_date=2026-01-11 age_by=atime '\
'source=log program=gpfs-parse/0.4.0 program=stats-accum/0.4.0 format=ncar' ]]
}

@test "stats-accum: a scan without files has no rows" {
	line 1 /d 4096 4 9 9 drwxr-xr-x | parse | stats-accum -o out
	rec-cat --info out | grep -qx records=0
	[[ -z $(words out) ]]
}

@test "stats-accum: classes of age, to the second" {
	local n=0 expected when
	while read -r expected when; do
		line $((++n)) "/d/$(printf %02d $n)/f" 1 8 1 1 -rw-r--r-- "$when"
		printf '/d/%02d %s\n' $n "$expected" >&3
	done >log 3>want < <(age_borders)
	parse log | stats-accum | words | cut -d ' ' -f 1,4 | diff - want
}

@test "stats-accum: classes of size, to the byte" {
	local n=0 expected size kib
	# Allocated in KiB; small files without blocks count their length.
	while read -r expected size kib; do
		line $((++n)) "/d/$(printf %02d $n)/f" "$size" "$kib"
		printf '/d/%02d %s\n' $n "$expected" >&3
	done >log 3>want <<-'END'
		0 0 0
		0 1023 0
		1 1024 0
		1 4096 0
		0 4097 0
		0 1099511627776 0
		1 1 1
		1 1 9
		2 1 10
		2 1 99
		3 1 100
		3 1 1023
		4 1 1024
		4 1 10239
		5 1 10240
		5 1 102399
		6 1 102400
		6 1 1048575
		7 1 1048576
		7 1 10485759
		8 1 10485760
		8 1 104857599
		9 1 104857600
		9 1 9007199254740
	END
	parse log | stats-accum | words | cut -d ' ' -f 1,5 | diff - want
}

@test "stats-accum: --age-by" {
	{
		line 1 /d/a 1 8 1 1 -rw-r--r-- '2026-01-10 00:00:00' '2015-01-01 00:00:00'
		line 2 /d/b 1 8 1 1 -rw-r--r-- '2015-01-01 00:00:00' '2026-01-10 00:00:00'
		line 3 /d/c 1 8 1 1 -rw-r--r-- '2024-06-01 00:00:00' never
	} >log
	parse log -o entry
	ages() {
		stats-accum "$@" entry | words | cut -d ' ' -f 4,6 | tr '\n' ,
	}
	[[ $(ages) == '0 1,4 1,9 1,' && $(ages --age-by atime) == "$(ages)" ]]
	[[ $(ages --age-by mtime) == '0 1,4 1,9 1,' ]]
	[[ $(ages --age-by newest) == '0 2,4 1,' ]]
	[[ $(stats-accum --age-by mtime entry | words | cut -d ' ' -f 4,9,10 | head -n 1) == \
		'0 1420070400 1768003200' ]]
	rec-cat --info <(stats-accum --age-by newest entry) | grep -qx age_by=newest
	run -2 --separate-stderr stats-accum --age-by ctime entry
	[[ $stderr == "stats-accum: --age-by: 'ctime' is not one of atime, mtime, newest"$'\n'* ]]
	run -2 stats-accum --age-by '' entry
}

@test "stats-accum: the scan date, from the stream or from the option" {
	line 1 /d/f | gpfs-parse -q -o undated
	line 1 /d/f | parse -o dated
	run -2 --separate-stderr stats-accum -o out undated
	[[ $stderr == "stats-accum: the stream names no scan date; give --scan-date YYYY-MM-DD "* ]]
	[[ ! -e out ]]
	stats-accum --scan-date 2026-01-11 undated | words | cmp - <(stats-accum dated | words)
	rec-cat --info <(stats-accum --scan-date 20260111 undated) | grep -qx scan_date=2026-01-11
	stats-accum --scan-date 2026-01-11 dated | cmp - <(stats-accum dated)
	run -2 --separate-stderr stats-accum --scan-date 2026-01-12 dated
	[[ $stderr == *2026-01-11* ]]
	local date
	for date in '' 2026-13-01 2026-02-29 26-01-11 2026-1-11 2026-01-11x today 2026/01/11 0000-01-01; do
		run -2 --separate-stderr stats-accum --scan-date "$date" undated
		[[ $stderr == *"try 'stats-accum --help'" ]]
	done
}

@test "stats-accum: without a date it ends as soon as it has read the header" {
	line 1 /d/f | gpfs-parse -q -o undated
	local end
	# the end never comes
	mkfifo pipe
	exec {end}<>pipe
	head -c 200 undated >&"$end"
	run -2 timeout 60 stats-accum <&"$end"
	exec {end}>&- {end}<>pipe
	rec-cat undated | head -n 2 >&"$end"
	run -2 timeout 60 stats-accum <&"$end"
}

@test "stats-accum: files and bytes must be those of the ledger" {
	small_log | parse -o entry
	local edit more='directory_lines=7\tfiles=20'
	for edit in allocated apparent; do
		stream-tool edit --seal "end=$edit=\\d+/$edit=1" <entry >wrong
		run -3 --separate-stderr stats-accum -o out wrong
		[[ $stderr == "stats-accum: wrong: corrupt ledger: $edit is 1, but the records add up to "* && ! -e out ]]
	done
	stream-tool edit --seal "end=directory_lines=8\tfiles=19/$more" \
		<entry >wrong
	run -3 --separate-stderr stats-accum -o out wrong
	[[ $stderr == *"corrupt ledger: files is 20, but the records add up to 19" && ! -e out ]]
	# As text, where no hash is in the way; unless it is known that rows were changed.
	rec-cat entry | sed 's/\t3800\t3800\t/\t3801\t3800\t/' >wrong
	run -1 cmp -s wrong <(rec-cat entry)
	run -3 stats-accum -o out wrong
	stats-accum --unverified wrong | rec-cat --info - | grep -qx assumptions=unverified
}

@test "stats-accum: the columns that sums need are checked, and all of them where there are links" {
	{ line 1 /a/first; line 2 /a/other; } >log
	parse log -o good
	sed '2s/nl=1/nl=2/' log | parse -o links
	stats-accum good | rows >usage
	local column
	for column in dir,0,01 uid,0,8080808010 gid,5,00,00000000000000000001 nlink,0,8080808010 \
		allocated,0,80808080808080808001 apparent,0,80808080808080808001 \
		atime,5,00,0000000000ffffffffff mtime,0,8190c6babe09 name,9,00; do
		stream-tool edit --seal "column=1,3,$column" <good >bad
		run -3 stats-accum -o out bad
		[[ ! -e out ]]
	done
	# The hash is all that speaks for the others.
	for column in mode,0,ed8301 name,0,01 name,0,ff01 mode,0,8080fc07; do
		stream-tool edit --seal "column=1,3,$column" <good >bad
		stats-accum bad | rows | cmp - usage
		[[ $column != name,0,01 ]] || continue
		stream-tool edit --seal "column=1,3,$column" <links >bad
		run -3 --separate-stderr stats-accum -o out bad
		[[ $stderr == *"corrupt block: "* && ! -e out ]]
	done
	# The name stands behind that of a file without links.
	[[ $(stats-accum links | words | tail -n 1) == *" 2 0 2 1910420955 "*" 1 other" ]]
}

@test "stats-accum: lengths stop at 2^63-1, allocated bytes must not get there" {
	local max=9223372036854775807
	{ line 1 /d/f $max 8; line 2 /d/g $max 8; line 3 /e/g $max 8; } | parse -o entry
	diff <(stats-accum entry | words | cut -d ' ' -f 1,6-8) - <<-END
		/d 2 16384 $max
		/e 1 8192 $max
	END
	line 1 /d/f 1 8 | parse | rec-cat | sed "s/\t8192\t/\t$max\t/" >huge
	stats-accum --unverified huge | words | grep -q " $max "
	{ cat huge; sed '1,2d' huge; } | grep -v '^#end' >two
	run -3 --separate-stderr stats-accum --unverified -o out two
	[[ $stderr == "stats-accum: /"*": a sum of its records, or of all so far, exceeds 2^63-1: the log is damaged" && ! -e out ]]
	# Not in one directory, but in all of them.
	{ cat huge; sed '1,2d; s/^.d/\/e/' huge; } | grep -v '^#end' >two
	run -3 stats-accum --unverified -o out two
}

@test "stats-accum: a directory that comes again and again, between others, is one" {
	perl -e '
		my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00";
		for my $round (1 .. 4) {
			print "$_ 1 0  $rest -- /d/$_/f$round\n" for 1 .. 20000;
		}' | parse -o entry
	stats-accum -v -S 4M -T . -o out entry 2>log
	grep -Eq ' 20000 rows out, .* [1-9][0-9]* runs,' log
	[[ $(words out | cut -d ' ' -f 2- | sort -u) == '1 1 4 1 4 32768 4 1735689600 ' ]]
}

# The tables grow with -S, and for some sizes they are as long as what indexes them: then a look-up
# of something new must not go round and round.
@test "stats-accum: it ends for every -S" {
	local memory rest='p=-rw-r--r-- ac=2025-01-01 00:00:00'
	perl -e "print \"\$_ 1 0  s=1 a=8 u=\$_ g=1 $rest -- /d/f\\n\" for 1 .. 140000" |
		parse --source owners -o owners
	perl -e "print \"\$_ 1 0  s=1 a=8 u=1 g=1 $rest -- /d\$_/f\\n\" for 1 .. 40000" |
		parse --source directories -o directories
	stats-accum -S 1G owners -o owners.want
	stats-accum -S 1G directories -o directories.want
	for memory in 26913451 26913400 26912000 26800000; do
		timeout 120 stats-accum -S $memory -T . owners | cmp - owners.want
	done
	for memory in 11184811 11184700 11184000 11100000; do
		timeout 120 stats-accum -S $memory -T . directories | cmp - directories.want
	done
}

@test "stats-accum: the longest path, and one of 32,000 components, at 4M" {
	local long deep
	long=$(printf '%065533d' 0)
	deep=$(printf '/%.0sa' {1..32700})
	{ line 1 "/$long" 1 1 1 1; line 2 "$deep/f" 1 1 1 1; line 3 "/${long%00}/f" 1 1 1 1; } |
		parse -o entry
	diff <(stats-accum -S 4M entry | words | awk '{ print length($1), $6 }') - <<-'END'
		1 1
		65532 1
		65400 1
	END
}

@test "stats-accum: the same bytes for any -j and -S" {
	local j memory
	make-log --lines 40000 --dirs 3000 | parse -o entry
	# Links, and directories that come again in every block.
	perl -e 'print "$_ 1 0  s=1 a=8 u=", $_ % 7, " g=1 nl=", 1 + !($_ % 3),
		" p=-rw-r--r-- ac=2025-01-01 00:00:00 -- /d/", $_ % 999, "/f$_\n" for 1 .. 60000' |
		parse --source links -o links
	rec-cat entry >text
	stats-accum -S 1G -j 1 -o want entry links
	stats-accum -S 1G -j 1 -o want.one entry
	for j in 1 2 3 8 64; do
		for memory in 4M 9M 24M 300M; do
			stats-accum -S $memory -T . -j $j entry links | cmp - want
		done
		stats-accum -S 64M -j $j text | cmp - want.one
	done
	# The table was full, and with threads.
	stats-accum -v -S 9M -T . -j 8 -o out entry links 2>log
	grep -Eq ' [1-9][0-9]* runs, .*; 2 threads$' log
}

# Threads are ahead of each other, and the reader of all of them.
@test "stats-accum: what is wrong first in the stream is what ends it, for any -j" {
	local max=9223372036854775000 bad=column j
	perl -e 'print "$_ 1 0  s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00 -- /d/$_/f\n"
		for 1 .. 40000' | parse -o entry
	rec-cat entry | sed -E "s|^(/d/(9\|15\|20\|30)000/f.*)\t8192\t|\1\t$max\t|" >rows
	grep -c "$max" rows | grep -qx 4
	sed 's|^/d/39999/f.*|x|' rows >row
	rec-cat --unverified -b rows >huge
	# Rows that are too many for the sums of a block, with sums that are in all of them.
	awk -F'\t' -v OFS='\t' -v max=$max 'NR > 2 && !/^#/ {
		$1 = "/d/f" NR; $6 = NR % 3000; if (NR % 3000 == 7 && NR > 9000) $9 = max } { print }' rows >one
	stream-tool edit --seal column=2,3,uid,0,8080808010 <entry >second
	stream-tool edit --seal column=7,3,nlink,0,8080808010 <entry >seventh
	stream-tool edit flip=2,100,1 <entry >hashed
	head -c -9000 second >short
	stream-tool edit flip=5,100,1 <seventh >hash.first
	stream-tool edit flip=9,100,1 <seventh >hash.later
	stream-tool edit --seal column=2,3,uid,0,8080808010 <huge >block.first
	stream-tool edit --seal column=7,3,uid,0,8080808010 <huge >block.later
	for bad in rows row huge one second seventh hashed short hash.first hash.later block.first block.later; do
		run -3 --separate-stderr stats-accum --unverified -j 1 -o out $bad
		printf '%s\n' "${stderr#stats-accum: }" >want.$bad
		for j in 2 3 8 8 8; do
			run -3 --separate-stderr stats-accum --unverified -j $j -o out $bad
			[[ $stderr == "stats-accum: $(<want.$bad)" && ! -e out ]] ||
				{ echo "$bad -j $j: $stderr"; return 1; }
		done
	done
	grep -q '^/d/9000: a sum' want.rows
	grep -q '^/d: a sum' want.one
	cmp want.rows want.row
	cmp want.rows want.huge
	cmp want.rows want.block.later
	grep -q 'after record .*corrupt block: a number' want.block.first
	diff <(sed 's/^short/second/' want.short) want.second
	grep -q 'corrupt block 5: its hash' want.hash.first
	diff <(sed 's/^hash.later/seventh/' want.hash.later) want.seventh
}

@test "stats-accum: -v and --progress" {
	small_log | parse -o entry
	run -0 --separate-stderr stats-accum -v -o out entry
	[[ $stderr == 'stats-accum: 19 files in, 2 with links, 18 rows out, memory 268435456 bytes, 0 runs, '* ]]
	stats-accum --progress=progress -o out entry
	sed '$d' progress |
		diff - <(printf 'stats-accum\t%s\t%d\t0\trecords\t0\n' reading 0 reading 27 writing 0 writing 18)
	tail -n 1 progress | grep -qP '^stats-accum\tend\t\d+\t\d+\tms\t0$'
}
