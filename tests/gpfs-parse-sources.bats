#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gpfs-parse: where a log comes from: names, dates, several sources, packed ones.

load lib/helper

head_field() {
	head -n 1 "$1" | tr '\t' '\n' | sed -n "s/^$2=//p"
}

@test "gpfs-parse: file system and date from the name, whatever packs it" {
	local name
	for name in 20260111_csfs1_asp.list.list_all.log 20260111_csfs1_asp.list; do
		small_log >"$name"
		gpfs-parse -t "./$name" >out
		[[ $(head_field out filesystem) == asp && $(head_field out scan_date) == 2026-01-11 ]]
		[[ $(head_field out source) == "$name" ]]
	done
	for name in 20260111_csfs1_.list 2026011_csfs1_asp.list 20261311_csfs1_asp.list 20260111_csfs1_asp.lst \
		20260111__asp.list 20260111_csfs1.list x20260111_csfs1_asp.list 20260111_csfs1_.x.list; do
		small_log >"$name"
		gpfs-parse -t "$name" >out
		[[ $(head_field out filesystem)$(head_field out scan_date) == '' ]] || { echo "$name"; return 1; }
	done
	small_log | gpfs-parse -t --source 20260111_csfs1_a_b.list.list_all.log >out
	[[ $(head_field out filesystem) == a_b && $(head_field out source) == 20260111_csfs1_a_b.list.list_all.log ]]
	small_log | gpfs-parse -t >out
	[[ $(head_field out source) == - ]]
	gpfs-parse -t -f gone --scan-date 20250228 20260111_csfs1_asp.list >out
	[[ $(head_field out filesystem) == gone && $(head_field out scan_date) == 2025-02-28 ]]
}

@test "gpfs-parse: the first line of a scan-tree log is obeyed, options win" {
	{ echo '# treetally scan-tree 1 escape=pct scan_date=2026-01-02 filesystem=tree new=1'; line 1 /x/a%25; } >log
	gpfs-parse -q -t log >out
	[[ $(head_field out filesystem) == tree && $(head_field out scan_date) == 2026-01-02 ]]
	[[ $(rows out | cut -f 1) == /x/a% && $(ledger skipped_comment out) == 1 ]]
	gpfs-parse -q -t --escape none -f f --scan-date 2000-01-01 log >out
	[[ $(head_field out filesystem) == f && $(head_field out scan_date) == 2000-01-01 && $(rows out | cut -f 1) == /x/a%25 ]]
	sed 's/$/\r/; 1s/^/\xef\xbb\xbf/' log >other
	gpfs-parse -q -t --crlf other >out
	[[ $(head_field out filesystem) == tree && $(rows out | cut -f 1) == /x/a% ]]
	# only as line 1
	{ line 9 /x/z; cat log; } >other
	gpfs-parse -q -t other >out
	[[ $(head_field out filesystem) == '' && $(rows out | tail -n 1 | cut -f 1) == /x/a%25 ]]
	# and each source for itself
	line 2 /x/b%25 >plain
	gpfs-parse -q -t log plain >out
	[[ $(rows out | cut -f 1 | tr '\n' ' ') == '/x/a% /x/b%25 ' ]]
	cp log 20260102_x_tree.list
	gpfs-parse -q -t 20260102_x_tree.list >out
	echo '# treetally scan-tree 1' | cat - plain >bare
	gpfs-parse -q -t bare >out
	[[ $(rows out | cut -f 1) == /x/b%25 ]]
	local bad
	for bad in '3 escape=pct' '1 escape=rot13' '1 scan_date=2026-02-30' '1 filesystem=a/b' '1 filesystem=' 'x'; do
		{ echo "# treetally scan-tree $bad"; line 1 /x/a; } >log
		run -3 --separate-stderr gpfs-parse -q log
		[[ -z $output && $stderr == "gpfs-parse: log:1: "* ]]
	done
}

@test "gpfs-parse: a list that announces an end line must have it, and all entries before it" {
	local head='# treetally scan-tree 2 escape=pct scan_date=2026-01-02 filesystem=tree'
	tree_list() {
		echo "$head"
		seq "$1" | while read -r n; do line "$n" "/x/$n"; done
		echo "# treetally scan-tree end entries=${2-$1} unseen=${3-0} vanished=1"
	}
	tree_list 3 >log
	run -0 --separate-stderr gpfs-parse -q -t -o out log
	[[ -z $stderr && $(ledger entries out) == 3 && $(ledger skipped_comment out) == 2 ]]
	# cut anywhere, at the end of a line too
	for ((n = 1; n <= 4; n++)); do
		head -n "$n" log >part
		run -3 --separate-stderr gpfs-parse -q -o part.rec part
		[[ $stderr == "gpfs-parse: part: the end line is missing, so the list was cut after line $n (--allow-cut-end accepts that)" ]]
		((n == 1)) || run -0 gpfs-parse -q --allow-cut-end -o /dev/null part
	done
	head -c -5 log >part
	run -3 --separate-stderr gpfs-parse -q -o part.rec part
	# lines lost or doubled in the middle: nothing accepts that
	for edit in 3d 3p 5p 's/entries=3/entries=4/' 's/^<0> 2 .*/garbage/'; do
		sed "$edit" log >other
		run -3 --separate-stderr gpfs-parse -q --allow-cut-end --force --max-rejects 100% -o cut.rec other
		[[ $stderr == "gpfs-parse: other: is not whole: its end line tells of "*" entries, and there are "* ]] ||
			{ echo "$edit: $stderr"; return 1; }
	done
	[ ! -e cut.rec ]
	# a rejected line is an entry that the scan wrote
	sed 's/s=1024/s=x/' log >other
	run -3 --separate-stderr gpfs-parse -q --max-rejects 100% -o cut.rec other
	[[ $stderr == *"no record in 5 lines" ]]
	sed '3s/s=1024/s=x/' log | gpfs-parse -q -t -o out --source log
	[[ $(ledger rejected out) == 1 ]]
	for bad in 'entries=3 unseen=x' 'unseen=0' 'entries=x unseen=0' 'entries= unseen=0' 'entries=99999999999999999999 unseen=0' 'entries=3x unseen=0'; do
		{ sed '$d' log; echo "# treetally scan-tree end $bad"; } >other
		run -3 --separate-stderr gpfs-parse -q -o cut.rec other
		[[ $stderr == "gpfs-parse: other: its end line cannot be read" ]] || { echo "$bad: $stderr"; return 1; }
	done
	# words that a later version adds
	sed '$s/$/ new=1/' log | gpfs-parse -q -o /dev/null
	# lists one after the other are one
	{ tree_list 3; tree_list 4; } | gpfs-parse -q -t -o out
	[[ $(ledger entries out) == 7 ]]
	{ tree_list 3; tree_list 4 | sed '$d'; } >other
	run -3 gpfs-parse -q -o cut.rec other
	run -0 gpfs-parse -q -o /dev/null log <(tree_list 4)
	# nobody announced it: a comment like others; and what could be in a name is not obeyed
	sed '1d; s/entries=3/entries=7/' log | gpfs-parse -q -o /dev/null
	sed '1s/tree 2/tree 1/; $d' log | gpfs-parse -q -o /dev/null
	# what the scan did not see is an assumption, of all lists together
	tree_list 3 3 17 >log
	gpfs-parse -q -t -o out log <(tree_list 4 4 3)
	[[ $(ledger assumptions out) == unseen=20 ]]
	# across chunks, in threads
	tree_list 5 6000 >end
	{ echo "$head"; big_log 6000; tail -n 1 end; } >log
	for j in 1 3; do
		run -0 gpfs-parse -q -j $j -o /dev/null log
		sed 4000d log >other
		run -3 gpfs-parse -q -j $j -o cut.rec other
	done
}

@test "gpfs-parse: the name of a log comes before its first line" {
	{ echo '# treetally scan-tree 1 escape=pct scan_date=2026-01-02 filesystem=tree'; line 1 /x/a%25; } >20260111_c_asp.list
	gpfs-parse -q -t 20260111_c_asp.list >out
	[[ $(head_field out filesystem) == asp && $(head_field out scan_date) == 2026-01-11 ]]
	grep -q '^/x/a%	' out
}

@test "gpfs-parse: sources of different scans are refused, naming both" {
	line 1 /x/a >20260111_c_asp.list
	line 2 /x/b >20260111_c_hpc.list
	line 3 /x/c >20260112_c_asp.list
	line 4 /x/d >other
	run -3 --separate-stderr gpfs-parse -q -o out 20260111_c_asp.list 20260111_c_hpc.list
	[[ $stderr == "gpfs-parse: 20260111_c_hpc.list: says file system hpc, but 20260111_c_asp.list says asp; --filesystem decides" ]]
	run -3 --separate-stderr gpfs-parse -q -o out 20260111_c_asp.list 20260112_c_asp.list
	[[ $stderr == *"says scan date 2026-01-12, but 20260111_c_asp.list says 2026-01-11; --scan-date decides" ]]
	[ ! -e out ]
	gpfs-parse -q -t --force 20260111_c_asp.list 20260111_c_hpc.list 20260112_c_asp.list >out
	[[ $(head_field out filesystem) == asp && $(head_field out scan_date) == 2026-01-11 && $(ledger entries out) == 3 ]]
	gpfs-parse -q -t -f x 20260111_c_asp.list 20260111_c_hpc.list >out
	[[ $(head_field out filesystem) == x && $(head_field out scan_date) == 2026-01-11 ]]
	gpfs-parse -q -t other 20260111_c_asp.list >out
	[[ $(head_field out filesystem) == asp && $(head_field out source) == $'20260111_c_asp.list\nother' ]]
	# first lines: of the first source, and of a later one, for which the header cannot wait
	{ echo '# treetally scan-tree 1 filesystem=tree'; line 5 /x/e; } >tree
	run -3 --separate-stderr gpfs-parse -q tree 20260111_c_asp.list
	[[ $stderr == *"20260111_c_asp.list: says file system asp, but tree says tree; "* ]]
	run -3 --separate-stderr gpfs-parse -q -o out2 other tree
	[[ $stderr == *"tree: says file system tree, and the source before says nothing; --filesystem decides" && ! -e out2 ]]
	gpfs-parse -q -o out2 --force other tree
	gpfs-parse -q -t tree other >out
	[[ $(head_field out filesystem) == tree ]]
}

@test "gpfs-parse: the same log twice is an error" {
	small_log >a
	gzip -c a >b.gz
	run -3 --separate-stderr gpfs-parse -o out a b.gz
	[[ $stderr == "gpfs-parse: b: the same log came twice (--force accepts that)" && ! -e out ]]
	gpfs-parse -t --force a b.gz >out
	[[ $(ledger entries out) == 54 && $(ledger source out | wc -l) -eq 2 ]]
	# shards are one scan
	small_log | split -n r/3 - shard.
	gpfs-parse -q -t shard.* >parts
	gpfs-parse -q -t a >whole
	for name in lines entries allocated apparent digest directory_lines; do
		[ "$(ledger $name parts)" = "$(ledger $name whole)" ]
	done
}

# ---- compressed input ----

pack() {
	case $1 in
	gz) gzip -c ;;
	bz2) bzip2 -c ;;
	xz) xz -c ;;
	lzma) xz --format=lzma -c ;;
	zst) zstd -qc ;;
	lz4) lz4 -qc ;;
	esac
}

@test "gpfs-parse: compressed operands and standard input of each kind" {
	big_log 5000 >log
	gpfs-parse --source log log >want
	for kind in gz bz2 xz lzma zst lz4; do
		pack $kind <log >log.$kind
		gpfs-parse log.$kind >got
		cmp want got
		gpfs-parse --source log <log.$kind >got
		cmp want got
		cat log.$kind | gpfs-parse --source log >got
		cmp want got
		gpfs-parse --source log <(cat log.$kind) >got
		cmp want got
		# the first bytes of a pipe can come one by one
		{ head -c 1 log.$kind; sleep 0.05; tail -c +2 log.$kind; } | gpfs-parse --source log >got
		cmp want got
	done
	# the name does not matter, the bytes do
	cp log.xz misnamed.gz
	gpfs-parse --source log misnamed.gz >got
	cmp want got
	cp log log.gz
	gpfs-parse --source log log.gz >got
	cmp want got
	# several members are one log
	{ head -n 2000 log | gzip -c; tail -n +2001 log | gzip -c; } | gpfs-parse --source log >got
	cmp want got
}

@test "gpfs-parse: standard input that is a file is read from where it stands" {
	big_log 100 >log
	{ echo skip this; gzip -c log; } >both
	{ read -r _; gpfs-parse --source log; } <both >got || true
	gpfs-parse --source log log >want
	# bash reads a file byte by byte or seeks back, so the position is right behind the line
	cmp want got
}

# Threads read a file by themselves; from a pipe they get what was read for them. Lines are so long
# that some chunks have their last line end at once, and some far from their end.
@test "gpfs-parse: the chunks of a file are those of a pipe, wherever its lines and it end" {
	local more args chunk=524288
	perl -e '
		srand 7;
		for my $n (1 .. 1500) {
			my $deep = $n % 3 ? int rand 3 : int rand 90;
			printf "%d 1 0  s=%d a=8 u=7 g=9 p=-rw-r--r-- ac=2026-01-10 04:32:00 -- /f%s/%d\n",
				$n, $n, "/" . "x" x 99 x $deep, $n;
		}' >lines
	for more in 0 1 4095 4096 4097; do # bytes behind the fifth chunk, if all were full
		{
			cat lines
			perl -e '($n) = @ARGV; for (; $n > 64; $n -= 63) { print "#" x 62, "\n" }
				print "#" x ($n - 1), "\n"' $((5 * chunk + more - $(wc -c <lines)))
		} >log
		[ "$(wc -c <log)" -eq $((5 * chunk + more)) ]
		# shellcheck disable=SC2002 # a pipe is the point
		cat log | gpfs-parse -q --source s >want
		for args in -j1 -j2 -j4; do
			gpfs-parse -q --source s $args log >got
			cmp want got
		done
		{ read -r _; gpfs-parse -q --source s -j2; } < <(cat log) >want
		{ read -r _; gpfs-parse -q --source s -j2; } <log >got
		cmp want got
	done
}

@test "gpfs-parse: a damaged or cut compressed log is exit 3 and leaves nothing" {
	big_log 20000 >log
	for kind in gz bz2 xz zst lz4; do
		what=' failed with status '
		[[ $kind != zst ]] || what=' the zstd frame that begins at byte 0'
		pack $kind <log >good
		head -c -7 good >short
		head -c $(($(wc -c <good) / 2)) good >half
		perl -0777 -pe 'substr($_, length() / 2, 4) ^= "\x55\xaa\x55\xaa"' good >flipped
		for broken in short half flipped; do
			run -3 --separate-stderr gpfs-parse -o out.rec $broken
			[[ $stderr == *"gpfs-parse: $broken: "*$what* ]] || { echo "$kind $broken: $stderr"; return 1; }
			run -3 --separate-stderr bash -c "cat $broken | gpfs-parse -o out.rec"
			[[ $stderr == *"gpfs-parse: standard input: "*$what* ]]
			[ ! -e out.rec ]
		done
	done
}

@test "gpfs-parse: a missing decompressor is named with its package" {
	small_log >log
	local program=$TREETALLY_BUILD/gpfs-parse package
	mkdir bin
	ln -s "$(type -P cat)" bin/cat
	for package in gz:gzip:gzip bz2:bzip2:bzip2 xz:xz:xz-utils lz4:lz4:lz4; do
		IFS=: read -r kind name package <<<"$package"
		pack "$kind" <log >packed
		run -4 --separate-stderr env PATH="$PWD/bin" "$program" -o out.rec packed
		[[ $stderr == "gpfs-parse: packed: is compressed ("*"), and the program $name is not there (Debian's package: $package)" ]]
		run -4 --separate-stderr env PATH="$PWD/bin" "$program" -o out.rec < <(cat packed)
		[[ $stderr == *"the program $name is not there (Debian's package: $package)" && ! -e out.rec ]]
	done
}

@test "gpfs-parse: the threaded decompressor is preferred, and its status counts" {
	small_log | bzip2 -c >log.bz2
	mkdir bin
	printf '#!/bin/sh\necho used >pbzip2.used\nexec bzip2 "$@"\n' >bin/pbzip2
	chmod +x bin/pbzip2
	PATH=$PWD/bin:$PATH gpfs-parse -o out.rec log.bz2
	[ -e pbzip2.used ]
	printf '#!/bin/sh\nbzip2 "$@"\nexit 7\n' >bin/pbzip2
	PATH=$PWD/bin:$PATH run -3 --separate-stderr gpfs-parse -o out2.rec log.bz2
	[[ $stderr == "gpfs-parse: log.bz2: pbzip2 failed with status 7" && ! -e out2.rec ]]
	printf '#!/bin/sh\nbzip2 "$@"\nkill -KILL $$\n' >bin/pbzip2
	PATH=$PWD/bin:$PATH run -4 --separate-stderr gpfs-parse -o out2.rec log.bz2
	[[ $stderr == "gpfs-parse: log.bz2: pbzip2 was killed by signal 9 (Killed)" && ! -e out2.rec ]]
}

@test "gpfs-parse: no variable of the environment gives a decompressor options" {
	big_log 2000 >log
	gpfs-parse --source log log >want
	for kind in gz bz2 xz zst lz4; do
		{ head -n 1000 log | pack $kind; tail -n +1001 log | pack $kind; } >log.$kind
		for value in --single-stream -l -t --test --keep --bad-option; do
			for name in XZ_DEFAULTS XZ_OPT GZIP PIGZ BZIP BZIP2 LBZIP2 ZSTD_CLEVEL ZSTD_NBTHREADS \
				LZ4_CLEVEL LZ4_NBWORKERS; do
				env "$name=$value" "$TREETALLY_BUILD/gpfs-parse" --source log log.$kind >got
				cmp want got || { echo "$kind $name=$value"; return 1; }
			done
		done
	done
	printf '#!/bin/sh\nenv >environment\nexec xz "$@"\n' >gzip
	chmod +x gzip
	pack xz <log >log.xz
	printf '\x1f\x8b' | cat - log.xz >log.gz
	PATH=$PWD:$PATH LD_LIBRARY_PATH=/nowhere SECRET=1 run -3 gpfs-parse -o /dev/null log.gz
	[[ $(grep -v -e ^PWD= -e ^SHLVL= -e ^_= environment | cut -d = -f 1 | sort | xargs) == \
		'LC_ALL LD_LIBRARY_PATH PATH' ]]
}

@test "gpfs-parse: a member with a damaged head is not taken for the end" {
	big_log 3000 >log
	for kind in gz bz2 xz zst lz4; do
		for lines in 2 2900; do
			{ head -n $((3000 - lines)) log | pack $kind; tail -n $lines log | pack $kind | sed '1s/^./X/'; } >packed
			run -3 --separate-stderr gpfs-parse -o out packed
			[[ $stderr == *"gpfs-parse: packed: "* && ! -e out ]] || { echo "$kind $lines $stderr"; return 1; }
			run -3 bash -c 'cat packed | gpfs-parse -o out'
			[ ! -e out ]
		done
	done
}

@test "gpfs-parse: a decompressor that leaves a part of its input is not believed" {
	small_log | gzip -c >log.gz
	head -c 300000 /dev/urandom >>log.gz
	printf '#!/bin/sh\nhead -c 100 >/dev/null\ncat "$LIST"\n' >gzip
	chmod +x gzip
	small_log >list
	sed -i "s:\$LIST:$PWD/list:" gzip
	PATH=$PWD:$PATH run -3 --separate-stderr gpfs-parse -o out log.gz
	[[ $stderr == 'gpfs-parse: log.gz: gzip has left bytes at the end unread' && ! -e out ]]
	PATH=$PWD:$PATH run -3 --separate-stderr gpfs-parse -o out < <(cat log.gz)
	[[ $stderr == 'gpfs-parse: standard input: gzip has left bytes at the end unread' && ! -e out ]]
}

@test "gpfs-parse: when it ends early, no decompressor is left" {
	mkdir bin
	printf '#!/bin/sh\necho $$ >pid\nexec %s "$@"\n' "$(type -P gzip)" >bin/gzip
	chmod +x bin/gzip
	big_log 30000 | gzip -c >log.gz
	PATH=$PWD/bin:$PATH run -141 bash -c 'cat log.gz | gpfs-parse -t | head -n 1 >/dev/null; exit "${PIPESTATUS[1]}"'
	for ((i = 0; i < 50; i++)); do
		kill -0 "$(cat pid)" 2>/dev/null || break
		sleep 0.1
	done
	run ! kill -0 "$(cat pid)"
}

# ---- is the list whole? ----

# seen FILES DIRECTORIES OTHERS SKIPPED: what mmapplypolicy says.
seen() {
	echo "[I] GPFS Current Data Pool Utilization in KB and %"
	echo "[I] 2026-01-11@04:10:07.120 Directory entries scanned: 27."
	echo "[I] 2026-01-11@04:10:07.120 Directories scan: $1 files, $2 directories, $3 other objects, $4 'skipped' files and/or errors."
	echo "[I] Summary of Rule Applicability and File Choices:"
}

@test "gpfs-parse: --scan-log holds the list against what the scan says that it saw" {
	small_log >log
	parse=(gpfs-parse -q -f fs1 --scan-date 2026-01-15 --source log)
	# 17 files, 2 other objects and 8 directories; that where it began may be one of them, or not.
	for others in 8 7; do
		seen 17 $others 2 0 >scan.out
		"${parse[@]}" --scan-log scan.out -o whole log
		[[ $(rec-cat --info whole) == *unproved_sources=0* && $(rec-cat --info whole) != *assume* ]]
	done
	"${parse[@]}" -o told log
	[[ $(rec-cat --info told) == *unproved_sources=1* ]]
	# one more, one fewer, directories for files
	for lie in '18 8 2 0' '16 8 2 0' '17 9 2 0' '17 6 2 0' '17 8 1 0' '18 7 2 0' '0 0 0 0'; do
		# shellcheck disable=SC2086 # four words
		seen $lie >scan.out
		run -3 --separate-stderr "${parse[@]}" --scan-log scan.out -o out log
		[[ $stderr == "gpfs-parse: the list is not whole: scan.out tells of "* && ! -e out ]]
	done
	# a list of which the end is lost
	seen 17 8 2 0 >scan.out
	head -n 20 log >part
	run -3 "${parse[@]}" --scan-log scan.out part
	# two parts with two outputs
	head -n 10 log >a; tail -n +11 log >b
	{ seen 0 8 0 0; seen 17 0 2 0; } >scan.out
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 --scan-log scan.out a b -o both
	# files alone, with other objects or without
	grep -v 'p=d' log >files
	for lie in '17 8 2 0' '19 8 2 0'; do
		# shellcheck disable=SC2086 # four words
		seen $lie >scan.out
		"${parse[@]}" --scan-log scan.out -o files.entry files
	done
}

@test "gpfs-parse: files that the scan skipped are told by every answer" {
	small_log >20260115_x_fs1.list
	seen 17 8 2 3 >scan.out
	scan-import -q --no-names --scan-log scan.out --db t.db 20260115_x_fs1.list
	run -0 --separate-stderr dir-query t.db
	[[ $stderr == *"files that the scan saw and could not look at: 3"* ]]
	[ "$(sqlite3 t.db 'SELECT assumptions, unproved_sources FROM scan_metadata')" = 'skipped=3|0' ]
	run -0 scan-import --replace --no-names --db t.db 20260115_x_fs1.list
	[[ $output == *"whole        not told"* ]]
}

@test "gpfs-parse: a --scan-log that is none, or lies beyond reason, is refused" {
	small_log >log
	local text
	for text in '' 'x' "[I] Directories scan: many files" "[I] Directories scan: 1 files, 2 directories" \
		"[I] Directories scan: 99999999999999999999 files, 8 directories, 2 other objects, 0 'skipped' files"; do
		printf '%s\n' "$text" >scan.out
		run -3 --separate-stderr gpfs-parse -q -f x --scan-date 2026-01-15 --scan-log scan.out -o out log
		[[ $stderr == "gpfs-parse: scan.out: "* && ! -e out ]]
	done
	run -4 gpfs-parse -f x --scan-date 2026-01-15 --scan-log nowhere.out log
	head -c 100000 /dev/zero | tr '\0' x >scan.out
	run -3 gpfs-parse -f x --scan-date 2026-01-15 --scan-log scan.out log
}
