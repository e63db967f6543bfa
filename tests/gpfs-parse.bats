#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gpfs-parse: no line makes a wrong record, none is lost silently, and the same log gives the same bytes.

load lib/helper

# The default chunk of log text; keep in step with CHUNK_SIZE.
chunk=524288

setup() {
	common_setup
	good='/gpfs/good'
	# no line can be the rest of this name
	long=$(printf 'x%.0s' {1..255})
	day=(--scan-date 2026-01-15)
}

# A record-like line without its LF: rec SHOW PATH [INODE GEN SNAP].
rec() {
	printf '<0> %s %s %s  %s -- %s' "${3:-200}" "${4:-1910420955}" "${5:-0}" "$1" "$2"
}

# outcome [OPTION...] <LINES: what becomes of some lines that stand between two good ones, one word group each:
# "rec PATH", "reject: REASON", "skip: KIND".
outcome() {
	{
		line 1 "$good/$long"
		cat
		printf '\n'
		line 2 "$good/after"
	} >outcome.log
	gpfs-parse -q --max-rejects 100% --rejects outcome.rejects -t "$@" outcome.log >outcome.tsv || return
	grep -c "^$good/" outcome.tsv | grep -qx 2 || echo "a neighbour is lost"
	awk -F '\t' -v good="$good/" 'NR > 2 && !/^#end/ && index($1, good) != 1 { print "rec " $1 }' outcome.tsv
	tail -n 1 outcome.tsv | tr '\t' '\n' | awk -F = '
		/^skipped_/ && $2 > 0 { sub(/^skipped_/, ""); print "skip: " $1 }
		/^reject / { sub(/^reject /, ""); print "reject: " $1 }'
}

# expect OUTCOME [OPTION...] <LINE
expect() {
	local want=$1 got
	shift
	got=$(outcome "$@") || { echo "gpfs-parse failed on: $want"; return 1; }
	[[ $got == "$want" ]] || { printf 'want: %s\ngot:  %s\n' "$want" "$got"; return 1; }
}

# field COLUMN: of the only record that is not one of the good ones, after expect.
field() {
	awk -F '\t' -v name="$1" -v good="$good/" '
		NR == 2 { for (i = 1; i <= NF; i++) column[$i] = i }
		NR > 2 && !/^#end/ && index($1, good) != 1 { print $column[name] }' outcome.tsv
}

# ---- lines ----

@test "gpfs-parse: the default layout, every field" {
	rec "$(show)" /gpfs/a/f.txt | expect 'rec /gpfs/a/f.txt'
	[ "$(rows outcome.tsv | sed -n 2p)" = \
		$'/gpfs/a/f.txt\t-\t200\t1910420955\t1000\t100\t100644\t1\t1024\t8192\t1764583200\t1763200800\t0' ]
}

@test "gpfs-parse: tag and blanks" {
	printf '200 1 0 %s -- /gpfs/a' "$(show)" | expect 'rec /gpfs/a'
	printf '<17> 200 1 0 %s -- /gpfs/a' "$(show)" | expect 'rec /gpfs/a'
	printf '<17>\t \t200\t1\t0\t%s\t--\t \t/gpfs/a' "$(show | tr ' ' '\t')" | expect 'rec /gpfs/a'
	printf '<17>200 1 0 %s -- /gpfs/a' "$(show)" | expect 'skip: unrecognised'
	printf '<> 200 1 0 %s -- /gpfs/a' "$(show)" | expect 'skip: unrecognised'
	printf ' 200 1 0 %s -- /gpfs/a' "$(show)" | expect 'skip: unrecognised'
}

@test "gpfs-parse: what is no record is skipped by kind" {
	printf '[I] 2026-01-15@10:00:00.000 Directory entries scanned: 838.' | expect 'skip: message'
	printf '<3> [I] 2026-01-15@10:00:00.000 Executing -- /x' | expect 'skip: message'
	printf '[W] careful' | expect 'skip: message'
	printf '[12] no' | expect 'skip: unrecognised'
	printf '[] no' | expect 'skip: unrecognised'
	printf '# 200 1 0 x -- /gpfs/a' | expect 'skip: comment'
	printf '' | expect 'skip: blank'
	printf ' \t ' | expect 'skip: blank'
	printf ' # a' | expect 'skip: unrecognised'
	printf "/fs1/file1 [2022-03-03@21:32:41 0 0 16384 sp1] RULE 'x' MIGRATE" | expect 'skip: unrecognised'
	printf "RULE 'all' LIST 'all' DIRECTORIES_PLUS" | expect 'skip: unrecognised'
	printf '<0>' | expect 'skip: unrecognised'
	printf '<0> ' | expect 'skip: unrecognised'
}

@test "gpfs-parse: the separator is the first one before a slash; the path is everything behind it" {
	rec "$(show)" '/gpfs/a/x -- y.txt' | expect 'rec /gpfs/a/x -- y.txt'
	rec "$(show)" '/gpfs/a/x -- /y.txt' | expect 'rec /gpfs/a/x -- /y.txt'
	rec "$(show)" '/ lead/f' | expect 'rec / lead/f'
	rec "$(show)" '/gpfs/a ' | expect 'rec /gpfs/a '
	rec "-- x -- $(show)" /gpfs/a | expect 'rec /gpfs/a'
	rec "$(show) --" /gpfs/a | expect 'rec /gpfs/a'
	rec "$(show)" $'/gpfs/a\r' | expect 'rec /gpfs/a\r'
	rec "$(show)" f.txt | expect 'reject: no absolute path'
	rec "$(show)" '' | expect 'reject: no absolute path'
	printf '<0> 200 1 0  %s --/gpfs/a' "$(show)" | expect 'reject: no absolute path'
	printf '<0> 200 1 0  %s' "$(show)" | expect 'reject: no absolute path'
	printf '7' | expect 'reject: no absolute path'
}

@test "gpfs-parse: odd names come out byte for byte" {
	local name
	for name in $'caf\xe9' $'caf\xc3\xa9' $'a\xc2\x85b' $'a\xe2\x80\xa8b' 'say "a|b"' '100%25.txt' $'a\vb\fc' $'\x01\x7f\xff'; do
		rec "$(show)" "/gpfs/a/$name" | expect "rec /gpfs/a/$name"
	done
	rec "$(show)" $'/gpfs/a/\t\\n' | expect 'rec /gpfs/a/\t\\n'
	rec "$(show)" $'/gpfs/a\rb' | expect 'rec /gpfs/a\rb'
}

@test "gpfs-parse: a line feed in a name leaves a cut path; the rest of the name is counted as that" {
	rec "$(show)" $'/gpfs/a/one\ntwo' | expect $'rec /gpfs/a/one\nskip: continued'
	rec "$(show)" $'/gpfs/a/one\n12 x\n7 -- \n<0>\ntwo/three\n4' | expect $'rec /gpfs/a/one\nskip: continued'
	[[ $(ledger skipped_continued outcome.tsv) == 5 ]]
	# blank lines, comments and messages may stand in a name
	rec "$(show)" $'/gpfs/a/one\n\n# x\n[I] x\ntwo' |
		expect $'rec /gpfs/a/one\nskip: blank\nskip: comment\nskip: message\nskip: continued'
	# a record that is rejected for something else has a name too
	rec "s=1" $'/gpfs/a/one\ntwo' | expect $'skip: continued\nreject: missing field'
	# what begins a record is one, or none
	rec "$(show)" $'/gpfs/a/one\n1 2 3\ntwo' | expect $'rec /gpfs/a/one\nskip: continued\nreject: no absolute path'
	rec "$(show)" $'/gpfs/a/one\nx -- /y\n1x -- /y\ntwo' |
		expect $'rec /gpfs/a/one\nskip: unrecognised\nskip: continued\nreject: bad inode'
	# behind what cannot be in a name, nothing is the rest of one
	{ rec "$(show)" $'/gpfs/a/one\n1 2 3 @\n'; printf 'two'; } | tr @ '\0' | expect $'rec /gpfs/a/one\nskip: unrecognised\nreject: nul'
	rec "$(show)" $'/gpfs/a/one\ntwo' | expect $'rec /gpfs/a/one\nskip: unrecognised' --escape pct
}

@test "gpfs-parse: the rest of a name is no longer than a name can be" {
	local n name
	for n in 62 63; do
		name=$(printf 'x%.0s' {1..129})$(printf '\ny%.0s' $(seq $n))
		((${#name} <= 255)) && want='skip: continued' || want=$'skip: unrecognised\nskip: continued'
		rec "$(show)" "/gpfs/$name" | expect "rec /gpfs/${name%%$'\n'*}"$'\n'"$want"
		((${#name} == 129 + 2 * n))
	done
	rec "$(show)" "/gpfs/a"$'\n'"$long" | expect $'rec /gpfs/a\nskip: unrecognised'
	rec "$(show)" "/gpfs/a"$'\n'"${long:2}" | expect $'rec /gpfs/a\nskip: continued'
	rec "$(show)" "/gpfs/a"$'\n'"${long:2}/$long/b"$'\n'"${long:2}" | expect $'rec /gpfs/a\nskip: continued'
	rec "$(show)" "/gpfs/$long"$'\nx' | expect "rec /gpfs/$long"$'\nskip: unrecognised'
	rec "$(show)" "/gpfs/$long/"$'\nx' | expect "rec /gpfs/$long"$'\nskip: continued'
	# once broken, it stays so
	rec "$(show)" "/gpfs/a"$'\n'"$long"$'\nx/y\nz' | expect $'rec /gpfs/a\nskip: unrecognised'
	[[ $(ledger skipped_unrecognised outcome.tsv) == 3 ]]
	# a path as long as any, and one more line
	perl -e 'print "/gpfs/", join "/", ("a\nb" x 40) x 1000' >path
	rec "$(show)" "$(<path)" | expect $'rec /gpfs/a\nskip: unrecognised\nskip: continued'
	[[ $(ledger skipped_continued outcome.tsv) == "$(perl -ne '$n += length; $c++ if $. > 1 && $n - 1 <= 65535; END { print $c }' path)" ]]
}

@test "gpfs-parse: names with line feeds stop no list, and more than a few people make are not believed" {
	# eight files of 127 line feeds and more among ten thousand, a path full of them, and --max-rejects 0
	{
		big_log 5000
		for n in 1 2 3 4 5 6 7 8; do
			rec "$(show)" "/gpfs/$n$(printf '\nx%.0s' {1..126})" "$n"
			echo
		done
		perl -e 'print "<0> 9 1 0  $ARGV[0] -- /gpfs", "/\n1\nx\n[\n" x 400, "\n"' "$(show)"
		big_log 5000 | sed 's/ -- /&\/other/'
	} >log
	run -0 --separate-stderr gpfs-parse "${day[@]}" --max-rejects 0 -t -o out log
	[[ $stderr == "gpfs-parse: 2607 lines are the rest of names with line feeds, and the paths of 9 records "* ]] ||
		{ echo "$stderr"; return 1; }
	[[ $(ledger skipped_unrecognised out) == 0 && $(ledger rejected out) == 0 ]]
	# not a list: text behind every record
	for n in {1..300}; do
		line "$n" "/gpfs/file$n"
		echo "some text"
	done >log
	run -3 --separate-stderr gpfs-parse -o out2 log
	[[ $stderr == "gpfs-parse: 300 records of 300 are followed by 300 lines that are not records: "* && ! -e out2 ]]
	run -0 --separate-stderr gpfs-parse --max-rejects 300 -o out2 log
	# nor is this: pages of text here and there
	{ head -n 20 log; seq -f 'a line of %g words' 300; } >text
	run -3 --separate-stderr gpfs-parse -o out3 text
	[[ $stderr == *"unrecognised: 2"* ]]
}

@test "gpfs-parse: what is left of a damaged record is never the rest of a name" {
	local rest
	for rest in '<0> 1' '12 1' '12 1 x' '12 1 s=3 u=4' 's=3 a=4' "x$(show) -x /gpfs/b" 'x g=1 nl=1' 'x1 ac=2025-01-01 07:00:00 mt='; do
		rec "$(show)" "/gpfs/a"$'\n'"$rest"$'\n'"zz" >log
		run -3 gpfs-parse -q -f a --scan-date 2026-01-01 --max-rejects 0 -o out log
		[[ $output == *"1 lines are not records"* ]] || { echo "$rest: $output"; return 1; }
	done
	# one word, one number: nobody would call that a record
	for rest in 's=3' 'x=1 y=2' 's=1 s=2' '12' '12 x' '<0>' '<0> x'; do
		rec "$(show)" "/gpfs/a"$'\n'"$rest" | expect $'rec /gpfs/a\nskip: continued'
	done
	# more than there are records, behind few of them
	{
		big_log 2000 | sed '7~20 { s/$/\nsome text\n\/\n/; s/$/text of a kind\n\/text\nx\/y\n/; s/$/1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20/ }'
	} >log
	run -3 --separate-stderr gpfs-parse "${day[@]}" -o out2 log
	[[ $stderr == "gpfs-parse: 100 records of 2000 are followed by 2500 lines that are not records: "* ]] ||
		{ echo "$stderr"; return 1; }
}

@test "gpfs-parse: the rest of a name at every offset of a chunk border, in any number of threads" {
	local i name
	rec "$(show)" "/gpfs/$(printf 'a\nb\n\n1\n#\n1 2 3\nlong%.0s' {1..4})/"$'\nxyz\n' >rest
	big_log 3000 >body
	for i in $(seq $((RANDOM % 7)) "$(quick_or_all 84 7)" 260); do
		{
			head -c "$((chunk - i))" body | sed '$d'
			cat rest
			rec "$(show)" "/gpfs/$(printf 'p%.0s' $(seq 1 $((i % 200 + 1))))"$'\nq\nr\n'
			tail -n 1500 body | sed 's/ -- /&\/other/'
		} >log
		# the rest in front of the border, across it, behind it
		perl -e '
			open my $f, "<", "log" or die; local $/; $_ = <$f>;
			my $at = index $_, "/gpfs/a\nb"; $at = rindex $_, "<0> ", $at;
			my $pad = $ARGV[0] - $at - 60 + $ARGV[1];
			$pad += 4096 while $pad < 2;
			print "#" x ($pad - 1), "\n", $_' "$chunk" "-$i" >padded
		gpfs-parse -q "${day[@]}" --max-rejects 100% --source log -j 1 -t -o one padded
		gpfs-parse -q "${day[@]}" --max-rejects 100% --source log -j 3 -t -o three padded
		gpfs-parse -q "${day[@]}" --max-rejects 100% --source log -j 3 -t -o pipe < <(cat padded)
		cmp one three
		cmp one pipe
		# what comes before moves borders, not counts
		{ printf '%0.s#' {1..400}; echo; cat log; } | gpfs-parse -q "${day[@]}" --max-rejects 100% --source log -t >other
		[[ $(ledger skipped_continued one) == 15 ]]
		for name in skipped_continued skipped_unrecognised rejected entries; do
			[[ $(ledger $name one) == "$(ledger $name other)" ]] || { echo "$i $name"; return 1; }
		done
	done
}

@test "gpfs-parse: NUL" {
	rec "$(show)" '/gpfs/a@b' | tr @ '\0' | expect 'reject: nul'
	rec "$(show) x@" /gpfs/a | tr @ '\0' | expect 'reject: nul'
	printf '# @' | tr @ '\0' | expect 'skip: comment'
	[ ! -s outcome.rejects ]
	# at every byte of a line from the inode's second digit on, in a directory that has been seen
	line 200 /gpfs/a/b/c | perl -ne 'print; chomp;
		for $at (5 .. length($_) - 1) { $bad = $_; substr($bad, $at, 1) = "\0"; print "$bad\n" }' >lines
	[ "$(wc -l <lines)" -gt 100 ]
	gpfs-parse -q --source s --max-rejects 100% --rejects rejects lines >entries
	[ "$(rows entries | wc -l)" -eq 1 ]
	[ "$(cut -f 3 rejects | sort | uniq -c | tr -s ' ')" = " $(($(wc -l <lines) - 1)) nul" ]
}

@test "gpfs-parse: paths are normalised; dots and a root that is no directory are rejected" {
	rec "$(show)" //gpfs///a/ | expect 'rec /gpfs/a'
	rec "$(show)" /gpfs/./a | expect 'reject: dot component'
	rec "$(show)" /gpfs/a/.. | expect 'reject: dot component'
	rec "$(show)" /gpfs/a/. | expect 'reject: dot component'
	rec "$(show)" /../a | expect 'reject: dot component'
	rec "$(show)" /gpfs/.../.a/a. | expect 'rec /gpfs/.../.a/a.'
	rec "$(show)" / | expect 'reject: root is no directory'
	rec "$(show)" // | expect 'reject: root is no directory'
	rec "$(show 4096 4 0 0 drwxr-xr-x)" / | expect 'rec /'
}

@test "gpfs-parse: missing fields" {
	local key
	for key in s a u g p; do
		rec "$(show | sed -E "s/(^| )$key=[^ ]*//")" /gpfs/a | expect 'reject: missing field'
	done
	rec "$(show | sed 's/ac=[^ ]* [^ ]*//')" /gpfs/a | expect 'reject: missing field'
	rec '' /gpfs/a | expect 'reject: missing field'
	rec _NULL_ /gpfs/a | expect 'reject: missing field'
	printf '200 1 0 -- /gpfs/a' | expect 'reject: missing field'
	# without the optional ones
	rec "$(show | sed 's/ mt=.*//; s/m=FAu //')" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field mtime)$(field nlink) == '' && $(ledger bad_optional outcome.tsv) == 0 ]]
}

@test "gpfs-parse: inode, generation, snapshot" {
	printf '200x 1 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad inode'
	printf '18446744073709551616 1 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad inode'
	printf '99999999999999999999999999 1 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad inode'
	printf '200 18446744073709551616 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad generation'
	printf '200 1 18446744073709551616  %s -- /gpfs/a' "$(show)" | expect 'reject: bad snapshot'
	printf '200 x 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad generation'
	printf '200 -1 0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad generation'
	printf '200 1 0x0  %s -- /gpfs/a' "$(show)" | expect 'reject: bad snapshot'
	printf '200 1 %s -- /gpfs/a' "$(show)" | expect 'reject: bad snapshot'
	printf '200 -- /gpfs/a' | expect 'reject: bad generation'
	printf '9223372036854775807 4294967295 0  %s -- /gpfs/a' "$(show)" | expect 'rec /gpfs/a'
	[[ $(field inode) == 9223372036854775807 && $(field generation) == 4294967295 ]]
	local most=18446744073709551615 n
	for n in 9223372036854775808 9223372036854775809 10000000000000000000 18446744073709551609 $most \
		000$most; do
		printf '%s %s %s  %s -- /gpfs/a' "$n" "$n" "$n" "$(show)" | expect 'rec /gpfs/a'
		[[ $(field inode) == "${n#000}" && $(field generation) == "${n#000}" ]]
		[[ $(ledger snapshot_entries outcome.tsv) == 1 ]]
	done
	printf '000000000000000000000200 01 00  %s -- /gpfs/a' "$(show)" | expect 'rec /gpfs/a'
	[[ $(field inode) == 200 && $(ledger snapshot_entries outcome.tsv) == 0 ]]
	printf '200 1 7  %s -- /gpfs/.snapshots/s1/f' "$(show)" | expect 'rec /gpfs/.snapshots/s1/f'
	[[ $(ledger snapshot_entries outcome.tsv) == 1 ]]
}

@test "gpfs-parse: sizes and owners have ranges" {
	local u
	for u in -2 4294967296 abc '' 1. 99999999999999999999999; do
		rec "$(show | sed "s/u=1000/u=$u/")" /gpfs/a | expect 'reject: bad uid'
		rec "$(show | sed "s/g=100/g=$u/")" /gpfs/a | expect 'reject: bad gid'
	done
	rec "$(show 1024 8 4294967294 4294967295)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field uid) == 4294967294 && $(field gid) == 4294967295 ]]
	rec "$(show 9223372036854775808)" /gpfs/a | expect 'reject: bad size'
	rec "$(show 1e9)" /gpfs/a | expect 'reject: bad size'
	rec "$(show 9223372036854775807 0)" /gpfs/a | expect 'rec /gpfs/a'
	rec "$(show 1 9007199254740992)" /gpfs/a | expect 'reject: bad allocated'
	rec "$(show 1 -8)" /gpfs/a | expect 'reject: bad allocated'
	rec "$(show 1 9007199254740975)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field allocated) == 9223372036854758400 ]]
}

@test "gpfs-parse: the first of several faults is the same in any order of words" {
	rec "u=x s=x $(show)" /gpfs/a | expect 'reject: bad size'
	rec "s=x u=x $(show)" /gpfs/a | expect 'reject: bad size'
	printf 'x2 1 0 s=1 -- /gpfs/a' | expect 'skip: unrecognised'
	printf '2x 1 0 s=1 -- gpfs' | expect 'reject: no absolute path'
	printf '2x 1 0 s=x -- /gpfs/..' | expect 'reject: bad inode'
}

@test "gpfs-parse: keys in any order, the first counts, unknown words are skipped" {
	rec "nl=3 cr=2025-01-01 00:00:01 g=7 p=-rw------- fset=my set u=6 x a=4 as=9 ss=9 ac=2025-01-01 00:00:00 stray s=5" \
		/gpfs/a | expect 'rec /gpfs/a'
	[[ $(field apparent) == 5 && $(field allocated) == 4096 && $(field uid) == 6 && $(field gid) == 7 &&
		$(field nlink) == 3 && $(field mtime) == '' ]]
	rec "s=1 s=2 $(show)" /gpfs/a | expect 'rec /gpfs/a'
	[ "$(field apparent)" = 1 ]
	rec "fset=my set $(show)" /gpfs/a | expect 'rec /gpfs/a'
	rec "u=x $(show)" /gpfs/a | expect 'reject: bad uid'
	rec "$(show) u=x" /gpfs/a | expect 'rec /gpfs/a'
	rec "xs=9 Xs=8 $(show) S=9" /gpfs/a | expect 'rec /gpfs/a'
	[ "$(field apparent)" = 1024 ]
}

@test "gpfs-parse: times" {
	local t
	for t in '2025-13-01 10:00:00' '2025-02-30 10:00:00' '2025-12-01 24:00:00' '2025-12-01 10:60:00' '2025-12-01 10:00:61' \
		'0000-01-01 10:00:00' '2025-12-01' '2025-12-01 x' '2025-12-01 10:00' 'never' '2025-12-01T10:00:00' \
		'2025-12-01 10:00:00.' '2025-12-01 10:00:00.5x' '2025-12-01 10:00:00Z' '+025-12-01 10:00:00' '2025-12-01-10:00:00'; do
		rec "$(show 1 8 1 1 -rw-r--r-- "$t")" /gpfs/a | expect 'reject: bad time'
	done
	rec "$(show | sed 's/ac=[^ ]*/ac=/')" /gpfs/a | expect 'reject: bad time'
	for t in '2024-02-29 23:59:59=1709251199' '1969-12-31 23:59:59=-1' '0001-01-01 00:00:00=-62135596800' \
		'9999-12-31 23:59:59=253402300799' '2025-12-01 10:00:60=1764583259' '2025-12-01 10:00:00.123456=1764583200' \
		'1969-12-31 23:59:59.999=-1' '2025-12-01   10:00:00=1764583200' $'2025-12-01\t10:00:00=1764583200'; do
		rec "$(show 1 8 1 1 -rw-r--r-- "${t%=*}")" /gpfs/a | expect 'rec /gpfs/a'
		[ "$(field atime)" = "${t##*=}" ]
	done
}

@test "gpfs-parse: each day there is, and no other, is a date" {
	# Counted one by one; perl of a bare system has no module for it.
	perl -e '
		my @len = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
		sub leap { $_[0] % 4 == 0 && ($_[0] % 100 != 0 || $_[0] % 400 == 0) ? 1 : 0 }
		sub in_month { $len[$_[1] - 1] + ($_[1] == 2 && leap($_[0])) }
		sub at {
			my ($year, $month, $day) = @_;
			return "none" if $month < 1 || $month > 12 || $day < 1 || $day > in_month($year, $month);
			my $days = $day - 1;
			$days += in_month($year, $_) for 1 .. $month - 1;
			$days += 365 + leap($_) for 1970 .. $year - 1;
			$days -= 365 + leap($_) for $year .. 1969;
			return 86400 * $days;
		}
		for my $year (1600, 1900, 1969, 1970, 2000, 2023, 2024, 2038, 2100, 9999) {
			for my $month (0 .. 13, 29, 99) {
				for my $day (0, 1, 15, 27 .. 33, 40, 99) {
					printf "%s\t%04d-%02d-%02d\n", at($year, $month, $day), $year, $month, $day;
				}
			}
		}' >days
	(($(wc -l <days) == 1920 && $(grep -c none days) > 900 && $(grep -vc none days) > 700))
	awk -F'\t' '{ printf "<0> %d 1 0  s=1 a=1 u=1 g=1 p=-rw-r--r-- ac=%s 00:00:00 -- /f\n", NR, $2 }' days >log
	gpfs-parse -q -f fs1 --scan-date 2026-01-15 --max-rejects 100% -t log >entries
	sed '1,2d;$d' entries | cut -f 3,11 | diff - <(awk -F'\t' '$1 != "none" { print NR "\t" $1 }' days)
}

@test "gpfs-parse: malformed optional values are absent, counted, and no reason to lose the file" {
	rec "$(show | sed 's/mt=2025-11-15/mt=2025-11-31/')" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field mtime) == '' && $(ledger bad_optional outcome.tsv) == 1 ]]
	rec "$(show | sed 's/mt=[^ ]* [^ ]*/mt=never/; s/cr=2025-11/cr=2025-1x/; s/nl=1/nl=one/')" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field mtime)$(field nlink) == '' && $(ledger bad_optional outcome.tsv) == 3 ]]
	rec "$(show | sed 's/nl=1/nl=4294967296/')" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field nlink) == '' && $(ledger bad_optional outcome.tsv) == 1 ]]
	rec "$(show) mt=never" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field mtime) == 1763200800 && $(ledger bad_optional outcome.tsv) == 0 ]]
}

@test "gpfs-parse: modes and types" {
	local m
	for m in -rw-r--r--=-100644 drwxrwxrwt=d041777 lrwxrwxrwx=l120777 brw-rw----=b060660 crw-rw-rw-=c020666 prw-------=p010600 \
		srwxrwxrwx=s140777 '?rw-r--r--=?000644' -rwsr-xr-x=-104755 -rwSr--r--=-104644 -rwxr-sr-x=-102755 -rw-r-Sr--=-102644 \
		drwxr-xr-T=d041754 -rw-r--r--.=-100644 -rw-r--r--+=-100644 -rw-r--r--@=-100644; do
		rec "$(show 1 8 1 1 "${m%%=*}")" /gpfs/a | expect 'rec /gpfs/a'
		[ "$(field type)$(field mode)" = "${m##*=}" ]
	done
	rec "$(show | sed 's/p=[^ ]*/p=/')" /gpfs/a | expect 'reject: bad mode'
	for m in -rw-r--r- xrw-r--r-- -rw-r--r--x -rw-r--r--++ 100644 -wr-r--r-- -rw-r--s-- -rwtr--r-- -rw-r--r-s; do
		rec "$(show 1 8 1 1 "$m")" /gpfs/a | expect 'reject: bad mode'
	done
}

@test "gpfs-parse: allocation, data in the inode, hard links" {
	rec "$(show 3800 0)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field allocated) == 3800 && $(ledger inline_files outcome.tsv) == 1 && $(ledger inline_bytes outcome.tsv) == 3800 ]]
	rec "$(show 4096 0)" /gpfs/a | expect 'rec /gpfs/a'
	[ "$(field allocated)" = 4096 ]
	rec "$(show 4097 0)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field allocated) == 0 && $(ledger inline_files outcome.tsv) == 0 ]]
	rec "$(show 1048576 0 | sed s/FAu/FMV/)" /gpfs/a | expect 'rec /gpfs/a'
	[ "$(field allocated)" = 0 ]
	rec "$(show 11 0 1 1 lrwxrwxrwx)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field allocated) == 0 && $(ledger inline_files outcome.tsv) == 0 ]]
	rec "$(show 4096 0 1 1 drwxr-xr-x)" /gpfs/a | expect 'rec /gpfs/a'
	[[ $(field allocated) == 0 && $(ledger directory_lines outcome.tsv) == 1 ]]
	{
		rec "$(show | sed s/nl=1/nl=2/)" /gpfs/a
		echo
		rec "$(show | sed s/nl=1/nl=2/)" /gpfs/b
	} | expect $'rec /gpfs/a\nrec /gpfs/b'
	[[ $(ledger multilink_files outcome.tsv) == 2 && $(ledger multilink_bytes outcome.tsv) == 16384 ]]
	{ rec "$(show)" /gpfs/a; echo; rec "$(show)" /gpfs/a; } | expect $'rec /gpfs/a\nrec /gpfs/a'
}

@test "gpfs-parse: two writers in one line" {
	printf '<0> 200 1 0  s=1 a=8 <1> 201 1 0  %s -- /gpfs/a/f' "$(show)" | expect 'reject: interleaved'
	printf '<0> 200 1 0  <1> 201 1 0  %s -- /gpfs/a/f' "$(show)" | expect 'reject: interleaved'
	printf '<0> 200 1 0  x=<1> 201 1 0 <1> 7 <x> 1 2 3 <> 1 2 3 %s -- /gpfs/a/f' "$(show)" | expect 'rec /gpfs/a/f'
	printf '<0> 200 1 0  %s -- /gpfs/a <1> 201 1 0  %s -- /gpfs/b' "$(show)" "$(show)" |
		expect "rec /gpfs/a <1> 201 1 0  $(show) -- /gpfs/b"
}

@test "gpfs-parse: --escape=pct decodes after splitting" {
	rec "$(show)" /gpfs/100%25.txt | expect 'rec /gpfs/100%25.txt'
	rec "$(show)" /gpfs/100%25.txt | expect 'rec /gpfs/100%.txt' --escape=pct
	rec "$(show)" /gpfs/a%0ab%20%E9 | expect $'rec /gpfs/a\\nb \xe9' --escape=pct
	rec "$(show)" '/gpfs/a%20--%20/b' | expect 'rec /gpfs/a -- /b' --escape=pct
	rec "$(show | sed 's/ /%20/g; s/=/%3D/g; s/:/%3A/g')" /gpfs/a | expect 'rec /gpfs/a' --escape=pct
	[[ $(field atime) == 1764583200 && $(field nlink) == 1 ]]
	rec "$(show) x%20--%20/y" /gpfs/a | expect 'rec /gpfs/a' --escape=pct
	local bad
	for bad in %4 %zz % %4g a%; do
		rec "$(show)" "/gpfs/$bad" | expect 'reject: bad escape' --escape=pct
		# in SHOW it is a value that is bad, or no matter; an optional one never costs the line
		rec "$(show) $bad" /gpfs/a | expect 'rec /gpfs/a' --escape=pct
		rec "$(show | sed "s/u=1000/u=1$bad/")" /gpfs/a | expect 'reject: bad uid' --escape=pct
		rec "$(show | sed "s/nl=1/nl=1$bad/")" /gpfs/a | expect 'rec /gpfs/a' --escape=pct
		[[ $(field nlink) == '' ]]
	done
	rec "$(show)" /gpfs/a%00b | expect 'reject: nul' --escape=pct
	rec "$(show)" /gpfs/a%2Fb | expect 'reject: slash' --escape=pct
	rec "$(show)" /gpfs/a%2fb | expect 'reject: slash' --escape=pct
	rec "$(show)" /gpfs/%2e%2E/b | expect 'reject: dot component' --escape=pct
	rec "$(show)" gpfs%2Fb | expect 'reject: no absolute path' --escape=pct
	rec '' /gpfs/a | expect 'reject: missing field' --escape=pct
	# ESCAPE '%' encodes slashes too: then in all of a path
	local encoded
	encoded=$(show | sed 's/ /%20/g; s/=/%3D/g; s/:/%3A/g')
	rec "$encoded" %2Fgpfs%2fa%25%2F%2Fb%20--%20%2Fc%2F | expect 'rec /gpfs/a%/b -- /c' --escape=pct
	rec "$encoded" %2F | expect 'reject: root is no directory' --escape=pct
	rec "$encoded" %2Fgpfs/a | expect 'reject: slash' --escape=pct
	rec "$encoded" %2Fgpfs%2F..%2Fa | expect 'reject: dot component' --escape=pct
	rec "$encoded" %2Fgpfs%2F%2f | expect 'rec /gpfs' --escape=pct
	rec "$encoded" %2Fgpfs%2 | expect 'reject: bad escape' --escape=pct
	rec "$encoded" '*2Fgpfs' | expect 'reject: no absolute path' --escape=pct
	rec "$encoded" %2 | expect 'reject: no absolute path' --escape=pct
	rec "$encoded" %2Fgpfs%2Fa | expect 'reject: no absolute path'
}

@test "gpfs-parse: names of any bytes come back from lists that the manual's ESCAPE clause, or another, encodes" {
	local chars page=$TREETALLY_TOP/man/gpfs-parse.1
	chars=$(sed -n 's/^RULE EXTERNAL LIST .* ESCAPE \\(aq%\(.*\)\\(aq$/\1/p' "$page")
	[[ -n $chars ]]
	# In all of a list, but for the numbers and the separator, other bytes than these are encoded.
	for chars in "$chars" '' / '/, ' ' =:' ' -=/:+,@#'; do
		perl -e '
			my ($keep, $show) = @ARGV;
			sub encoded { $_[0] =~ s/([^A-Za-z0-9_.~\-\Q$keep\E])/sprintf "%%%02X", ord $1/ger }
			my @names = (map({ "x" . chr } grep { $_ != 47 } 1 .. 255), "a -- b", "-- ", "\n\n", "a\n1 2 3 x -- ",
				"%2F", "%", " ", "caf\xc3\xa9", "m=F p=d", "\xff" x 255);
			open my $want, ">", "want" or die;
			my $n = 0;
			for (@names) {
				my $path = "/gpfs/fs 1/$_/" . reverse $_;
				printf "%d %d 0  %s -- %s\n", ++$n, 65536 + $n, encoded($show), encoded($path);
				$path =~ s/([\\\t\n\r])/{ "\\" => "\\\\", "\t" => "\\t", "\n" => "\\n", "\r" => "\\r" }->{$1}/ge;
				print $want "$path\n";
			}' "$chars" "$(show | sed 's/:00 /:00.123456 /g') x=/y" >log
		gpfs-parse -q "${day[@]}" --max-rejects 0 --escape pct -t -o out log || { echo "$chars"; return 1; }
		rows out | cut -f 1 | LC_ALL=C sort | cmp - <(LC_ALL=C sort want) || { echo "$chars"; return 1; }
		[[ $(rows out | cut -f 5-10 | sort -u) == $'1000\t100\t100644\t1\t1024\t8192' ]]
	done
}

@test "gpfs-parse: --crlf and a byte order mark" {
	{ printf '\xef\xbb\xbf'; line 200 /gpfs/a; line 201 /gpfs/b; printf '\xef\xbb\xbf'; line 202 /gpfs/c; } >bom
	gpfs-parse -q -t bom >out
	[[ $(rows out | cut -f 1 | tr '\n' ' ') == '/gpfs/a /gpfs/b ' && $(ledger skipped_unrecognised out) == 1 ]]
	{ line 200 /gpfs/a; line 201 $'/gpfs/b\r'; echo; echo '# c'; } | sed 's/$/\r/' >crlf
	gpfs-parse -q -t --crlf crlf >out
	[[ $(rows out | cut -f 1 | tr '\n' ' ') == '/gpfs/a /gpfs/b\r ' ]]
	[[ $(ledger skipped_blank out) == 1 && $(ledger skipped_comment out) == 1 ]]
	gpfs-parse -q -t crlf >out
	[[ $(rows out | cut -f 1 | tr '\n' ' ') == '/gpfs/a\r /gpfs/b\r\r ' && $(ledger skipped_continued out) == 1 ]]
	# the digest is that of what the lines mean, with or without CR
	{ line 200 /gpfs/a; line 201 $'/gpfs/b\r'; echo; echo '# c'; } | gpfs-parse -q -t >lf
	gpfs-parse -q -t --crlf crlf >out
	[ "$(ledger digest out)" = "$(ledger digest lf)" ]
}

# What another program reads, or nobody, is told by its first lines.
@test "gpfs-parse: a list of another scanner is named, with the program that reads it" {
	local form
	while IFS='|' read -r form want; do
		make-list "$form" >list
		# by a pipe too, and whatever the format should be
		run -3 --separate-stderr gpfs-parse --scan-date 2026-01-15 -o out < <(cat list)
		[[ $stderr == "gpfs-parse: -: its records are those of ${want%% *}, which list-parse reads: --format ${want#* }" ]]
		run -3 --separate-stderr gpfs-parse --scan-date 2026-01-15 --format kit -o out list
		[[ $stderr == *": --format ${want#* }" ]]
		# and it does read it
		eval "list-parse -q --scan-date 2026-01-15 --format ${want#* } -o out list"
	done <<-'END'
		lfs|lfs lfs
		find|find find
		find-lf|find 'find:%i %n %y %m %U %G %s %b %A@ %T@ %C@ -- %p\n'
		ne2scan|ne2scan ne2scan
		wrstat|wrstat wrstat
		wrstat-11|wrstat-11 wrstat-11
		mpistat|mpistat mpistat
		gufi|gufi gufi
		pwalk|pwalk pwalk
		polimor|polimor polimor
	END
	find . -ls >list
	run -3 --separate-stderr gpfs-parse -o out list
	[[ $stderr == *"text of find -ls"*"use scan-tree" ]]
	# the other way round
	make-list gpfs >list
	run -3 --separate-stderr list-parse --scan-date 2026-01-15 -o out < <(cat list)
	[[ $stderr == "list-parse: -: its records are those of a GPFS policy, which gpfs-parse reads: --format ncar" ]]
	run -3 --separate-stderr list-parse --scan-date 2026-01-15 --format lfs -o out list
	[[ $stderr == *"which gpfs-parse reads: --format ncar" ]]
	make-gpfs-list --frame prepare '%s %n' >list
	run -3 --separate-stderr list-parse --scan-date 2026-01-15 -o out list
	[[ $stderr == "list-parse: list: its records are those of a GPFS policy, which gpfs-parse reads" ]]
}

# ---- long lines and chunk borders ----

# long_line LENGTH [PATH_LENGTH]: a record line of exactly that many bytes, without LF.
long_line() {
	perl -e '
		my ($length, $path, $show) = @ARGV;
		my $head = "200 1 0  $show ";
		my $tail = " -- /" . "p" x (($path || 20) - 1);
		print $head, "x" x ($length - length($head) - length($tail)), $tail;' "$1" "${2:-}" "$(show)"
}

@test "gpfs-parse: the longest line and the longest path; longer ones are rejected whole" {
	long_line 69632 >log
	[ "$(wc -c <log)" -eq 69632 ]
	[[ $(outcome <log) == rec\ /ppp* ]]
	long_line 69633 | expect 'reject: too long'
	long_line 66000 65535 >log
	[[ $(outcome <log) == rec\ /ppp* ]]
	[ "$(field path | tr -d '\n' | wc -c)" -eq 65535 ]
	long_line 66000 65536 | expect 'reject: too long'
	long_line 90000 70000 | expect 'reject: too long'
	printf '# %*s' 100000 x | expect 'skip: comment'
	printf '%*s' 100000 '' | expect 'skip: blank'
}

@test "gpfs-parse: a line longer than memory is one line, and the next one parses" {
	local n
	for n in $((chunk - 400)) $((chunk - 1)) $chunk $((chunk + 1)) $((2 * chunk)) 3000000; do
		long_line "$n" | expect 'reject: too long' -S 4M
		[ "$(ledger lines outcome.tsv)" = 3 ]
		[ "$(cut -f 2,3 outcome.rejects)" = $'2\ttoo long' ]
		[ "$(cut -f 4 outcome.rejects | wc -c)" -eq 69633 ]
	done
	long_line 3000000 >long
	run -3 --separate-stderr gpfs-parse long
	[[ $stderr == *"long: the input ends inside line 1 "* ]]
	{ line 1 /gpfs/a; cat long; } | gpfs-parse -q -t --allow-cut-end >out
	[[ $(ledger rejected out) == 1 && $(ledger entries out) == 1 ]]
}

@test "gpfs-parse: a record at every offset of a chunk border" {
	local record before
	record=$(rec "$(show 77 8 1234 567 -rw-r----- '2024-02-29 12:34:56.789')" '/gpfs/border/a name -- /x')
	{ echo "$record"; line 9 /gpfs/next; } >tail.log
	gpfs-parse -q -t <tail.log | grep '^/' >want
	[ "$(wc -l <want)" -eq 2 ]
	perl -e 'print "#", "x" x ($ARGV[0] - 300), "\n"' $chunk >head.log
	before=$(wc -c <head.log)
	for ((offset = chunk - ${#record} - 3; offset <= chunk + 2; offset++)); do
		sampled 5 || continue
		{ cat head.log; printf '%*s\n' $((offset - before - 1)) ''; cat tail.log; } |
			gpfs-parse -q -t -j $((1 + offset % 2)) | grep '^/' >got
		cmp want got || { echo "record at byte $offset"; return 1; }
	done
}

# A blank more before the first word changes nothing but the way a line is read: the default layout is
# read straight, anything else word by word.
@test "gpfs-parse: the default layout and any other way to write it give the same records" {
	local good_show bytes
	good_show=$(show 1024 8 1000 100 -rw-r--r-- '2025-12-01 10:00:00' '2025-11-15 10:00:00')
	bytes=$'0 \t9:=-x.<%'
	{
		make-log --lines 3000 --rejects 5
		# each byte of SHOW replaced by others, dropped and doubled
		perl -e '($show, $bytes) = @ARGV;
			for $at (0 .. length($show) - 1) {
				for $new (split(//, $bytes), "", substr($show, $at, 1) x 2) {
					my $bad = $show;
					substr($bad, $at, 1) = $new;
					printf "<0> %d 7 0  %s -- /gpfs/fs1/%d\n", ++$n, $bad, $n;
				}
			}' "$good_show" "$bytes"
	} >log
	perl -pe 's/^((?:(?! -- ).)*?) u=/$1  u=/' <log >wide
	run -1 cmp -s log wide
	for form in log wide; do
		gpfs-parse --source s --max-rejects 100% --rejects "$form.rejects" -t "${day[@]}" -f fs1 $form |
			sed 's/\tdigest=.*//' | sort >"$form.tsv"
		cut -f 2,3 "$form.rejects" >"$form.reasons"
	done
	cmp log.tsv wide.tsv
	cmp log.reasons wide.reasons
	[ "$(wc -l <log.tsv)" -gt 3500 ]
	[ "$(wc -l <log.reasons)" -gt 500 ]
}

@test "gpfs-parse: any number of threads, any memory, any size of reads: the same bytes" {
	big_log 12000 >log
	{ printf '200 1 1\n'; long_line 600000; printf '\n[I] x\n'; } >>log
	big_log 4000 5 | sed 's/ u=/ u=x/' >bad
	cat bad >>log
	local same=(gpfs-parse --source s --max-rejects 100%)
	"${same[@]}" -j1 --rejects want.rejects log >want
	[ "$(wc -l <want.rejects)" -eq 4002 ]
	for args in -j2 -j3 -j4 -j64 '-S 4M -j4' '-S 16M -j8' '-S 1G -j2'; do
		# shellcheck disable=SC2086
		"${same[@]}" $args --rejects got.rejects log >got
		cmp want got
		cmp want.rejects got.rejects
	done
	# shellcheck disable=SC2002 # a pipe is the point
	cat log | "${same[@]}" -j2 >got
	cmp want got
	perl -e '$| = 1; while (sysread(STDIN, $b, 1 + int rand 9000)) { syswrite STDOUT, $b }' <log | "${same[@]}" >got
	cmp want got
}

@test "gpfs-parse: TSV has the same records as binary" {
	small_log >log
	gpfs-parse "${day[@]}" log | rec-cat >via-binary
	gpfs-parse "${day[@]}" -t log >direct
	cmp via-binary direct
	[ "$(rows direct | wc -l)" -eq 27 ]
}

@test "gpfs-parse: the digest does not depend on the order of lines, and lines = entries + skipped + rejected" {
	small_log >log
	gpfs-parse -t log >a
	sort -R --random-source=<(yes) log | gpfs-parse -t >b
	[ "$(ledger digest a)" = "$(ledger digest b)" ]
	[[ $(ledger lines a) == 30 && $(ledger entries a) == 27 && $(ledger skipped_message a) == 1 &&
		$(ledger skipped_comment a) == 1 && $(ledger skipped_blank a) == 1 && $(ledger rejected a) == 0 ]]
	sed 's/top.txt/top.txu/' log | gpfs-parse -t >b
	[ "$(ledger digest a)" != "$(ledger digest b)" ]
}

# ---- input that is not what it should be ----

@test "gpfs-parse: input that ends inside a line" {
	{ line 1 /gpfs/a; line 2 /gpfs/b; } >log
	head -c -1 log >complete
	head -c -20 log >incomplete
	for cut in complete incomplete; do
		run -3 --separate-stderr gpfs-parse -o out.rec $cut
		[[ $stderr == "gpfs-parse: $cut: the input ends inside line 2 (--allow-cut-end accepts that)" ]]
		[ ! -e out.rec ]
	done
	gpfs-parse -q -t --allow-cut-end complete >out
	[ "$(ledger entries out)" = 2 ]
	gpfs-parse -q -t --allow-cut-end --rejects rejects incomplete >out
	[[ $(ledger entries out) == 1 && $(ledger 'reject cut' out) == 1:2:incomplete ]]
	[[ $(cut -f 1-3 rejects) == $'incomplete\t2\tcut' ]]
	{ line 1 /gpfs/a; printf '[I] mess'; } | gpfs-parse -q -t --allow-cut-end >out
	[ "$(ledger skipped_message out)" = 1 ]
	{ line 1 /gpfs/a; printf '2'; } | gpfs-parse -q -t --allow-cut-end >out
	[ "$(ledger 'reject cut' out)" = 1:2:- ]
}

@test "gpfs-parse: empty input and input without a record" {
	: >empty
	run -3 --separate-stderr gpfs-parse -o out.rec empty
	[[ $stderr == "gpfs-parse: empty: is empty" ]]
	gzip empty
	run -3 --separate-stderr gpfs-parse -o out.rec empty.gz
	[[ $stderr == "gpfs-parse: empty.gz: is empty" ]]
	run -3 --separate-stderr gpfs-parse -o out.rec </dev/null
	[[ $stderr == "gpfs-parse: standard input: is empty" ]]
	printf '# a\n\n[I] b\n' >none
	run -3 --separate-stderr gpfs-parse -o out.rec none
	[[ $stderr == "gpfs-parse: no record in 3 lines" ]]
	line 1 /gpfs/a >log
	run -3 --separate-stderr gpfs-parse -o out.rec log empty.gz
	[ ! -e out.rec ]
	printf '\xef\xbb\xbf' >bom
	run -3 gpfs-parse bom
}

@test "gpfs-parse: too many rejects: exit 3, no trailer, reasons and a hint" {
	{ small_log; line 1 "/gpfs/$long" -x; printf '1\n2 3\nnoise\nnoise\n'; } >log
	run -3 --separate-stderr gpfs-parse --max-rejects 4 -o out.rec --rejects rejects log
	local reasons='no absolute path: 2 (first log:32); bad size: 1 (first log:31); unrecognised: 2 (first log:34)'
	local hint='--rejects FILE keeps rejected lines, --max-rejects changes the limit'
	[[ $stderr == "gpfs-parse: 5 lines are not records, and the limit is 4; $reasons; $hint" ]]
	[ ! -e out.rec ]
	[ "$(cut -f 2,3 rejects)" = $'31\tbad size\n32\tno absolute path\n33\tno absolute path' ]
	run -0 gpfs-parse --max-rejects 5 -o out.rec log
	run -3 gpfs-parse --max-rejects 0 -o /dev/null log
	run -0 gpfs-parse --max-rejects 15% -o /dev/null log
	run -3 gpfs-parse --max-rejects 14% -o /dev/null log
	run -0 gpfs-parse --max-rejects 14.5% -o /dev/null log
	run -0 gpfs-parse --max-rejects 1K -o /dev/null log
	# the default: 100 lines
	{ small_log; line 1 "/gpfs/$long"; for ((i = 0; i < 100; i++)); do echo noise; done; } >log
	run -0 gpfs-parse -o /dev/null log
	echo noise >>log
	run -3 --separate-stderr gpfs-parse -o /dev/null log
	[[ $stderr == "gpfs-parse: 101 lines are not records, and the limit is 100; unrecognised: 101 (first log:32); "* ]]
	# over all sources
	for s in 1 2 3; do { line $s "/gpfs/$s$long"; printf 'noise\n'; } >s$s; done
	run -3 gpfs-parse -q --max-rejects 2 -o /dev/null s1 s2 s3
	run -0 gpfs-parse -q --max-rejects 3 -o /dev/null s1 s2 s3
}

@test "gpfs-parse: --max-rejects N stops as soon as it is exceeded" {
	# yes(1) would never end
	run -3 --separate-stderr bash -c 'yes noise | gpfs-parse --max-rejects 1000 -o /dev/null'
	[[ $stderr == *"and the limit is 1000; unrecognised: "* ]]
}

@test "gpfs-parse: 0.01 % of many lines are more than 100" {
	slow
	# before any record: behind one they could be more of its name
	{ yes noise | head -n 110; big_log 1100000; } >log
	run -0 gpfs-parse -o /dev/null log
	run -3 gpfs-parse -o /dev/null <(echo noise; cat log)
}

@test "gpfs-parse: the rejects file: one line each, escaped, mode 0640, replaced only when complete" {
	{ line 1 "/gpfs/$long"; printf '1\t\\\r\n'; printf 'noise\n2\n'; } >log
	echo old >rejects
	gpfs-parse -q --rejects rejects -o /dev/null log
	[ "$(cat rejects)" = $'log\t2\tno absolute path\t1\\t\\\\\\r\nlog\t4\tno absolute path\t2' ]
	rm rejects
	gpfs-parse -q --rejects rejects -o /dev/null log
	[ "$(stat -c %a rejects)" = 640 ]
	line 1 /gpfs/a | gpfs-parse -q --rejects rejects -o /dev/null
	[[ -e rejects && ! -s rejects ]]
	run -4 --separate-stderr gpfs-parse -q --rejects /dev/full -o /dev/null log
	gpfs-parse -q --source $'a\tb' --rejects rejects -o /dev/null <log
	[ "$(head -n 1 rejects | cut -f 1)" = 'a\tb' ]
	gpfs-parse -q --rejects - -o /dev/null log >out
	[ "$(cut -f 2 out)" = $'2\n4' ]
	run -2 gpfs-parse --rejects - log
	run -2 gpfs-parse --rejects - -o x -o - log
}

@test "gpfs-parse: sums that pass 2^63-1 are refused; only lengths of files saturate" {
	{ line 1 /gpfs/a 1 9007199254740000; line 2 /gpfs/b 1 9007199254740000; } >log
	run -3 --separate-stderr gpfs-parse -q log -o /dev/null
	[[ $stderr == *"more than 2^63-1 bytes" ]]
	{ line 1 /gpfs/a 1 9007199254740000; long_line 530000; printf '\n'; line 2 /gpfs/b 1 9007199254740000; } >log
	run -3 gpfs-parse -q log -o /dev/null
	{ line 1 /gpfs/a 9223372036854775807 8; line 2 /gpfs/b 9223372036854775807 8; } | gpfs-parse -q -t >out
	[ "$(ledger apparent out)" = 9223372036854775807 ]
}

@test "gpfs-parse: a log without a directory line gets one warning" {
	line 1 /gpfs/a/f >log
	run -0 --separate-stderr gpfs-parse -t log
	[[ $stderr == "gpfs-parse: no line is about a directory "* && $stderr != *$'\n'* ]]
	run -0 --separate-stderr gpfs-parse -q -t log
	[[ -z $stderr ]]
	line 2 /gpfs/a 4096 4 0 0 drwxr-xr-x >>log
	run -0 --separate-stderr gpfs-parse -t log
	[[ -z $stderr ]]
}

# ---- options and output ----

@test "gpfs-parse: help, version, usage errors" {
	run -0 --separate-stderr gpfs-parse --help
	[[ $output == "usage: gpfs-parse "* && -z $stderr && ${#lines[@]} -le 30 ]]
	[ "$(wc -L <<<"$output")" -le 80 ]
	run -0 --separate-stderr gpfs-parse -V
	[[ $output == "gpfs-parse (treetally) "[0-9]*.[0-9]*.[0-9]* && -z $stderr ]]
	small_log >log
	local bad
	for bad in --bogus -Z -S1 '-S 4X' '-S 2.5G' -j0 -j65 -jx '-f a/b' '-f .' '-f .x' --filesystem= $'-f\x01' \
		--scan-date=2026-02-30 --scan-date=26-01-01 --scan-date= --source= --escape=x --max-rejects=x --max-rejects= \
		--max-rejects=-1 --max-rejects=% --max-rejects=101% --max-rejects=1e1% --max-rejects=0x1% --max-rejects=5%%; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr gpfs-parse $bad log
		[[ -z $output && $stderr == *"try 'gpfs-parse --help'" ]] || { echo "$bad: $stderr"; return 1; }
	done
	run -2 gpfs-parse --source x log log
	run -2 --separate-stderr gpfs-parse - - <log
	[[ $stderr == *"standard input can be read only once"* ]]
	run -4 --separate-stderr gpfs-parse -o out.rec log nowhere
	[[ $stderr == "gpfs-parse: cannot open nowhere: No such file or directory" && ! -e out.rec ]]
	run -4 --separate-stderr gpfs-parse .
	[[ $stderr == *": it is a directory" ]]
	run -0 gpfs-parse -T nowhere -o out.rec log
}

@test "gpfs-parse: several outputs get the same bytes; a full disk is exit 4" {
	small_log >log
	gpfs-parse log >want
	gpfs-parse -o a -o b -o - log >c
	for out in a b c; do cmp want $out; done
	gpfs-parse -o /dev/fd/3 log 3>&1 >/dev/null | cmp want -
	run -4 --separate-stderr bash -c 'gpfs-parse log >/dev/full'
	[[ $stderr == "gpfs-parse: cannot write standard output: No space left on device" ]]
	run -4 gpfs-parse -o d -o /dev/full log
	[ ! -e d ]
	run -4 gpfs-parse -o nowhere/x log
}

@test "gpfs-parse: refuses to write binary to a terminal" {
	needs_terminal
	small_log >log
	run script -qec 'gpfs-parse log' /dev/null
	[[ $status -eq 2 && $output == *"is a terminal and the stream is binary"* ]]
}

@test "gpfs-parse: a reader that goes away ends it by SIGPIPE" {
	big_log 30000 >log
	run -141 bash -c 'gpfs-parse log | true; exit "${PIPESTATUS[0]}"'
	[[ -z $output ]]
}

@test "gpfs-parse: progress in fields, verbose in a line" {
	big_log 5000 >log
	gpfs-parse --progress=progress log -o /dev/null
	[ "$(head -n 1 progress)" = $'gpfs-parse\treading\t0\t'"$(wc -c <log)"$'\tbytes\t0' ]
	gzip -k log
	gpfs-parse --progress=/dev/fd/3 log.gz log --force -o /dev/null 3>progress
	[ "$(head -n 1 progress | cut -f 4)" -eq "$(cat log log.gz | wc -c)" ]
	tail -n 1 progress | grep -qP '^gpfs-parse\tend\t\d+\t\d+\tms\t\d+$'
	gpfs-parse --progress=/dev/fd/3 log.gz - --force -o /dev/null 3>progress < <(cat log)
	[ "$(head -n 1 progress | cut -f 4)" -eq 0 ]
	# some time between: position in the compressed file, and lines
	{ cat log.gz; sleep 1.2; } | gpfs-parse --progress=progress2 -o /dev/null
	awk -F '\t' 'NF != 6 { exit 1 }' progress2
	run -0 --separate-stderr gpfs-parse -v -j2 -o /dev/null log
	[[ $stderr == "gpfs-parse: 5000 lines in "*" s "*": 5000 entries, 0 skipped, 0 rejected; format: ncar; threads: 2, "* ]]
	# as many as there are cores for it
	run -0 --separate-stderr taskset -c "$(taskset -cp $$ | grep -o '[0-9]*$')" gpfs-parse -v -o /dev/null log
	[[ $stderr == *"threads: 1, "* ]]
	run -0 --separate-stderr gpfs-parse -v -j8 -S 4M -o /dev/null log
	[[ $stderr == *"threads: 1, chunks: 1 "* ]]
}

@test "gpfs-parse: memory stays within -S, however long or many the lines are" {
	sanitized && skip "sanitizers need memory of their own"
	# one line of 5 MB, and 100,000 lines that are all kept as rejected
	{ big_log 20000; long_line 5000000; printf '\n'; yes 7 | head -n 100000; big_log 20000 2; } >log
	# Address space: the budget, and 12 MiB for the program and its libraries.
	bash -c 'ulimit -v 16384; gpfs-parse -S 4M -j4 -q --max-rejects 100% --rejects rejects -t log' >out
	[[ $(ledger entries out) == 40000 && $(wc -l <rejects) -eq 100001 ]]
}
