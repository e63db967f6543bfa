#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# depth-sort: tree order, each key once, whatever the memory. What every program must stand is in
# battery.bats; equal bytes for any -S and -j are in pipeline.bats.

load lib/helper

# A dir stream of rows `PATH HAS_LINE INODE GENERATION UID GID MODE ALLOCATED`, separated by blanks;
# a usage stream of rows `PATH UID GID AGE SIZE FILES TOTAL APPARENT ATIME MTIME`.
text_of() {
	printf '#treetally\tversion=4\tkind=%s\torder=none%s\n' "$1" "${2:-}"
	if [[ $1 == dir ]]; then
		echo 'path has_line inode generation uid gid mode allocated'
	else
		echo 'path uid gid age_bucket size_bucket file_count allocated apparent max_atime max_mtime nlink' \
			'snapshot inode generation link_allocated link_apparent lines name'
	fi | tr ' ' '\t'
	# Usage rows may come without the columns of links.
	sed -E 's/^([^ ]*( [^ ]*){9})$/\1        /' | tr ' ' '\t' >rows.tsv
	cat rows.tsv
	printf '#end\trecords=%s\tassumptions=unverified\n' "$(wc -l <rows.tsv)"
}

dirs() {
	text_of dir
}

usage() {
	text_of usage $'\tage_by=atime'
}

mention() {
	printf '%s 0      \n' "$@"
}

@test "depth-sort: a directory stands right before its subtree" {
	printf '%s\t0\t\t\t\t\t\t\n' '/a b' /a/z /a /ab '/a!' /a/b/c / /a- $'/a\\t' $'/a\\\\' /A /a. \
		/a/b $'/a\x01' $'/a\xff/x' /a/b- >rows
	sed 's/\t/ /g' rows | sed 's/ 0  *$//' >paths
	# By definition: components compared one by one, as bytes.
	perl -lne '
		$of{$_} = join "\0", split m{/}, s/\\t/\t/r =~ s/\\\\/\\/r;
		END { print for sort { $of{$a} cmp $of{$b} } keys %of }' paths >want
	{
		printf '#treetally\tversion=4\tkind=dir\torder=none\n'
		printf 'path\thas_line\tinode\tgeneration\tuid\tgid\tmode\tallocated\n'
		cat rows
		printf '#end\trecords=%s\n' "$(wc -l <rows)"
	} | depth-sort | rows | cut -f 1 | diff - want
}

@test "depth-sort: odd names, against perl" {
	make-log --seed 4 --lines 4000 | parse | dir-extract -o mentions
	rows mentions | cut -f 1 | perl -lne '
		my $path = s{\\(.)}{{t => "\t", n => "\n", r => "\r", "\\" => "\\"}->{$1}}ger;
		$of{$_} = join "\0", split m{/}, $path, -1;
		$of{$_} = "" if $_ eq "/";
		END { print for sort { $of{$a} cmp $of{$b} } keys %of }' >want
	depth-sort mentions | rows | cut -f 1 | cmp - want
	depth-sort --by-level mentions | rows | cut -f 1 >got
	perl -e '
		my %at;
		my @paths = map { chomp; $_ } <>;
		my @depth = map { $_ eq "/" ? 0 : tr{/}{} } @paths;
		print "$paths[$_]\n" for sort { $depth[$a] <=> $depth[$b] || $a <=> $b } 0 .. $#paths;
		' want | cmp - got
}

@test "depth-sort: of records of one directory the larger wins, field by field, in any order" {
	local -a rank=('/d 0      ' '/d 1 5 9 9 9 040000 9' '/d 1 6 1 9 9 041777 9' '/d 1 6 2 1 9 041777 9'
		'/d 1 6 2 2 1 041777 9' '/d 1 6 2 2 2 040000 9' '/d 1 6 2 2 2 040001 1'
		'/d 1 6 2 2 2 040001 2' '/d 1 300 0 0 0 040000 0' '/d 1 9223372036854775807 0 0 0 040000 0'
		'/d 1 9223372036854775808 0 0 0 040000 0' '/d 1 9223372036854775808 18446744073709551615 0 0 040000 0'
		'/d 1 18446744073709551615 0 0 0 040000 0')
	local i j
	# Every pair in either order, each under a name of its own.
	for ((i = 1; i < ${#rank[@]}; i++)); do
		for ((j = 0; j < i; j++)); do
			printf '/%s.%s%s\n' $i $j "${rank[i]#/d}" $i $j "${rank[j]#/d}" >&3
			printf '/%s.%sr%s\n' $i $j "${rank[j]#/d}" $i $j "${rank[i]#/d}" >&3
			printf '/%s.%s%s\n' $i $j "${rank[i]#/d}" $i ${j}r "${rank[i]#/d}" >&4
		done
	done 3>pairs 4>want
	dirs <pairs | depth-sort -t | words >out
	diff <(LC_ALL=C sort out) <(LC_ALL=C sort want)
	[[ $(printf '%s\n' "${rank[@]}" "${rank[@]}" | dirs | depth-sort -t | words) == "${rank[-1]}" ]]
}

@test "depth-sort: usage rows of one key are added up, others are not" {
	usage <<-'END' | depth-sort -t | words >out
		/d 1 1 0 0 1 10 100 -5 
		/d 1 1 0 0 2 20 200 -9 -7
		/d 1 1 0 0 4 40 400 -3 -9
		/d 1 1 0 1 1 1 1 1 1
		/d 1 1 1 0 1 1 1 1 
		/d 1 2 0 0 1 1 1 1 1
		/d 4294967295 0 0 0 1 1 1 1 1
		/d 256 0 0 0 1 1 1 1 1
		/d 2 1 0 0 1 1 1 1 1
		/c 9 9 9 9 1 1 1 1 1
		/d 1 1 1 0 1 1 1 1 
	END
	diff out - <<-'END'
		/c 9 9 9 9 1 1 1 1 1
		/d 1 1 0 0 7 70 700 -3 -7
		/d 1 1 0 1 1 1 1 1 1
		/d 1 1 1 0 2 2 2 1 
		/d 1 2 0 0 1 1 1 1 1
		/d 2 1 0 0 1 1 1 1 1
		/d 256 0 0 0 1 1 1 1 1
		/d 4294967295 0 0 0 1 1 1 1 1
	END
}

@test "depth-sort: link rows follow the usage rows of their directory, in the order of all their columns" {
	usage <<-'END' >text
		/d/e 1 1 0 1 1 2048 7 9 9
		/d 1 1 0 1      2 0 5 5 2048 7 2 b
		/d 1 1 0 1      2 0 5 5 2048 7 1 a
		/d 1 1 0 1      3 0 5 5 2048 7 1 a
		/d 1 1 0 1      2 0 5 5 2048 6 1 a
		/d 1 1 0 1      2 0 5 4 2048 7 1 z
		/d 1 1 0 1      2 0 4 18446744073709551615 2048 7 1 z
		/d 1 1 0 1      2 1 4 9 2048 7 1 z
		/d 0 1 0 1      2 1 4 9 2048 7 1 z\tz
		/d 1 1 0 1      2 0 5 5 2048 7 3 b
		/d 1 1 0 1 8 16384 56 9 9
		/d 0 1 0 1 1 2048 7 9 9
		/ 1 1 0 0       0 1 1 0 0 1 x
		/d-x 1 1 0 1      2 1 4 9 2048 7 1 z
		/d/e 1 1 0 1      2 0 5 5 2048 7 1 a
	END
	depth-sort -t text | words >out
	diff out - <<-'END'
		/ 1 1 0 0       0 1 1 0 0 1 x
		/d 0 1 0 1 1 2048 7 9 9
		/d 1 1 0 1 8 16384 56 9 9
		/d 0 1 0 1      2 1 4 9 2048 7 1 z\tz
		/d 1 1 0 1      2 0 4 18446744073709551615 2048 7 1 z
		/d 1 1 0 1      2 0 5 4 2048 7 1 z
		/d 1 1 0 1      2 0 5 5 2048 6 1 a
		/d 1 1 0 1      2 0 5 5 2048 7 1 a
		/d 1 1 0 1      2 0 5 5 2048 7 5 b
		/d 1 1 0 1      3 0 5 5 2048 7 1 a
		/d 1 1 0 1      2 1 4 9 2048 7 1 z
		/d/e 1 1 0 1 1 2048 7 9 9
		/d/e 1 1 0 1      2 0 5 5 2048 7 1 a
		/d-x 1 1 0 1      2 1 4 9 2048 7 1 z
	END
	# By level they stay with their directory; and any order, or part by part, gives the same.
	depth-sort --by-level -t text | words | cut -d ' ' -f 1 | uniq | diff - <(printf '%s\n' / /d /d-x /d/e)
	depth-sort text -o sorted
	sed '1,2d;$d' text | tr '\t' ' ' | shuf --random-source=<(yes) >rows
	usage <rows | depth-sort -S 4M | cmp - sorted
	usage < <(head -n 7 rows) | depth-sort -o one
	usage < <(tail -n +8 rows) | depth-sort -o two
	depth-sort --merge two one | cmp - sorted
	depth-sort -c sorted
	run -1 depth-sort -c text
}

@test "depth-sort: lengths of files stop at 2^63-1, allocated bytes and files must not get there" {
	local max=9223372036854775807
	printf '/d 1 1 0 0 1 1 %s 1 1\n/d 1 1 0 0 1 1 5 1 1\n' $max | usage >sizes
	[[ $(depth-sort -t sizes | words) == "/d 1 1 0 0 2 2 $max 1 1" ]]
	printf '/d 1 1 0 0 1 %s 1 1 1\n/d 1 1 0 0 1 0 1 1 1\n' $max | usage >sizes
	[[ $(depth-sort -t sizes | words) == "/d 1 1 0 0 2 $max 2 1 1" ]]
	printf '/d 1 1 0 0 1 %s 1 1 1\n/d 1 1 0 0 1 1 1 1 1\n' $max | usage >sizes
	run -3 --separate-stderr depth-sort -o out sizes
	[[ $stderr == "depth-sort: "*2^63-1* && ! -e out ]]
	printf '/d 1 1 0 0 %s 1 1 1 1\n/d 1 1 0 0 1 1 1 1 1\n' $max | usage >counts
	run -3 --separate-stderr depth-sort -o out counts
	[[ $stderr == "depth-sort: "*2^63-1* && ! -e out ]]
}

# Threads sort stretches of the records, and what was not spilled is merged with what was.
@test "depth-sort: the same bytes for any -j and -S, and those of perl" {
	local j memory shape by
	# Long beginnings in common, short names, paths that come thousands of times, one path only, and
	# all in order or the other way round.
	perl -e '
		my %of = (
			long => sub { sprintf "/%s/%s/f%d", "x" x 200, "y" x (1 + $_[0] % 9), $_[0] * 7919 % 50021 },
			short => sub { join "/", "", map { chr(97 + ($_[0] * $_ >> 3) % 5) } 1 .. 1 + $_[0] % 11 },
			many => sub { "/d/" . ($_[0] % 7 ? "same" : $_[0]) },
			same => sub { "/a/b/c" },
			up => sub { sprintf "/d/%08d", $_[0] },
			down => sub { sprintf "/d/%08d/e", 99999999 - $_[0] });
		while (my ($name, $path) = each %of) {
			open my $to, ">", "rows.$name";
			printf $to "%s 1 %d 0 1 1 040755 %d\n", $path->($_), $_ * 31 % 1009, $_ % 3 for 1 .. 40000;
		}'
	for shape in long short many same up down; do
		dirs <rows.$shape >text
		depth-sort -j 1 -S 256M text -o want
		# The largest line of each path, and paths in order once / is below all else.
		cmp <(rec-cat want | grep "^/" | tr "\t" " ") <(tr / '\1' <rows.$shape |
			perl -ane '$F[2] > ($of{$F[0]}[0] // -1) || $F[2] == $of{$F[0]}[0] && $F[7] > $of{$F[0]}[1]
				and $of{$F[0]} = [$F[2], $F[7]];
				END { print "$_ 1 $of{$_}[0] 0 1 1 040755 $of{$_}[1]\n" for sort keys %of }' |
			tr '\1' /)
		for by in '' --by-level; do
			depth-sort -j 1 -S 256M ${by:+"$by"} text -o want
			for j in 2 3 8 64; do
				for memory in $(quick_or_all '4M 6M 256M' '4M 5M 6M 7M 8M 12M 256M'); do
					depth-sort -j $j -S "$memory" -T . ${by:+"$by"} text | cmp - want
				done
			done
		done
	done
	# Some was spilled, and some was not.
	dirs <rows.long | depth-sort -v -j 4 -S 6M -T . -o out 2>log
	grep -Eq ' [1-9] runs, ' log
}

@test "depth-sort: what is sorted stays as it is" {
	make_stream dir sorted
	depth-sort sorted | cmp sorted
	depth-sort -m sorted | cmp sorted
	make_stream usage sorted
	depth-sort sorted -o again
	cmp <(rec-cat again | sed 1d) <(rec-cat sorted | sed 1d)
	depth-sort -m again | cmp again
	# By level and back.
	depth-sort --by-level again | depth-sort | cmp again
	rec-cat --info <(depth-sort --by-level again) | grep -qx order=level
	rec-cat --info again | grep -qx order=tree
}

@test "depth-sort: -c says yes or names the first disorder" {
	local kind
	for kind in dir usage; do
		make_stream $kind good
		run -0 --separate-stderr depth-sort -c good
		[[ -z $output && -z $stderr ]]
		depth-sort --by-level good -o level
		run -0 depth-sort -c --by-level level
		run -1 --separate-stderr depth-sort -c level
		[[ -z $output && $stderr == "depth-sort: level: record "[0-9]*": disorder: /"* ]]
	done
	{ mention /a /b /a/c; } | dirs >text
	run -1 --separate-stderr depth-sort --check text
	[[ $stderr == "depth-sort: text: record 3: disorder: /a/c" ]]
	run -0 depth-sort -c --by-level text
	# Equal keys are disorder too.
	{ mention /a /a; } | dirs >text
	run -1 --separate-stderr depth-sort -c text
	[[ $stderr == "depth-sort: text: record 2: disorder: /a" ]]
	printf '/d 1 1 0 0 1 1 1 1 1\n/d 1 1 0 0 1 1 1 1 1\n' | usage >text
	run -1 depth-sort -c text
	# Each operand for itself; stdin; and a stream that is cut is no order at all.
	make_stream dir good
	depth-sort --by-level good -o level
	run -0 depth-sort -c --force good good
	run -1 depth-sort -c --force good level
	run -0 depth-sort -c <good
	run -3 depth-sort -c <(head -c -1 good)
	run -2 depth-sort -c -o out good
	run -2 depth-sort -c -t good
	run -2 depth-sort -c -m good
	[[ ! -e out ]]
}

@test "depth-sort: -m refuses what is not in order" {
	{ mention /a /b /a/c; } | dirs >text
	run -3 --separate-stderr depth-sort -m -o out text
	[[ $stderr == "depth-sort: text: "*"not in order at /a/c; leave out --merge to sort it" ]]
	[[ ! -e out ]]
	make_stream usage usage.rec
	depth-sort --by-level usage.rec -o level
	run -3 depth-sort -m -o out level
	run -3 depth-sort -m -o out --force level usage.rec
	depth-sort -m --by-level level | cmp level
	{ mention /a /a; } | dirs >text
	run -3 depth-sort -m -o out text
}

@test "depth-sort: -m of more streams than are merged at a time" {
	perl -e '
		for my $i (0 .. 249) {
			my $j = $i % 10;
			open my $out, ">", "$i.tsv" or die;
			print $out "#treetally\tversion=4\tkind=dir\torder=none\n";
			print $out join("\t", qw(path has_line inode generation uid gid mode allocated)), "\n";
			print $out "$_\t0" . "\t" x 6 . "\n" for "/d", "/d/$j", "/d/$j/$i", "/e";
			print $out "#end\trecords=4\n";
		}'
	depth-sort -v -S 4M -T . -m -t ./*.tsv 2>log | words >out
	grep -q ' 250 runs, [1-9][0-9]* early merges' log
	[[ $(wc -l <out) == 262 && $(sort -u out | wc -l) == 262 && $(head -n 1 out) == '/d 0      ' ]]
	# The same without -m.
	depth-sort -v -t ./*.tsv | words | cmp out
}

@test "depth-sort: kinds do not mix, entries are sent elsewhere" {
	make_stream dir dir.rec
	make_stream usage usage.rec
	make_stream entry entry.rec
	run -3 --separate-stderr depth-sort --force -o out dir.rec usage.rec
	[[ $stderr == *"kind of records"* ]]
	run -3 --separate-stderr depth-sort entry.rec
	[[ $stderr == *"entry stream"*dir-extract*stats-accum* ]]
	run -3 depth-sort -c entry.rec
}

# 60,000 directories, more than 4M hold.
many() {
	perl -e 'printf "/d/%d/%d 0      \n", $_ % 1000, $_ for map { $_ * 7919 % 60013 } 1 .. 60000' |
		dirs
}

@test "depth-sort: where it spills, and what it says when it cannot" {
	many >text
	depth-sort text -o want
	mkdir here there
	# -T before TMPDIR before /var/tmp.
	TMPDIR=$PWD/there depth-sort -v -S 4M -T here text 2>log | cmp want
	grep -q ' bytes spilled to here,' log
	TMPDIR=$PWD/there depth-sort -v -S 4M text 2>log | cmp want
	grep -q " bytes spilled to $PWD/there," log
	TMPDIR='' depth-sort -v -S 4M text 2>log | cmp want
	grep -q ' bytes spilled to /var/tmp,' log
	[[ -z $(ls -A here) && -z $(ls -A there) ]]
	run -4 --separate-stderr depth-sort -S 4M -T nowhere -o out text
	[[ $stderr == "depth-sort: cannot create spill file in nowhere: No such file or directory" ]]
	run -4 depth-sort -S 4M -T want -o out text
	TMPDIR=nowhere run -4 depth-sort -S 4M -o out text
	# Who needs no disk asks for none.
	depth-sort -S 64M -T nowhere text | cmp want
	[[ ! -e out ]]
}

@test "depth-sort: a full disk is status 4, and nothing is left" {
	many >text
	mkdir spill
	# shellcheck disable=SC2317 # called by run
	limited() {
		trap '' XFSZ
		ulimit -f 100
		depth-sort "$@"
	}
	run -4 --separate-stderr limited -S 4M -T spill text
	[[ $stderr == "depth-sort: cannot write spill file in spill: File too large" ]]
	run -4 --separate-stderr limited -S 64M -o out text
	[[ $stderr == "depth-sort: cannot write out: File too large" ]]
	[[ -z $(ls -A spill) && ! -e out && $(echo out*) == 'out*' ]]
}

@test "depth-sort: memory that is refused is status 4" {
	! sanitized || skip "sanitizers reserve terabytes of addresses"
	many >text
	limited() {
		ulimit -v 100000
		depth-sort "$@"
	}
	run -4 --separate-stderr limited -S 1G -o out text
	[[ $stderr == "depth-sort: out of memory"* && ! -e out ]]
	run -0 limited -S 16M -j 1 -o out text
	run -4 --separate-stderr depth-sort -S 8191P -o out2 text
	[[ $stderr == "depth-sort: "* && ! -e out2 ]]
}

@test "depth-sort: a spill directory in memory gets a warning" {
	[[ -d /dev/shm && $(stat -f -c %T /dev/shm) == tmpfs ]] || skip "/dev/shm is no tmpfs"
	many >text
	run -0 --separate-stderr depth-sort -S 4M -T /dev/shm -o out text
	[[ $stderr == "depth-sort: /dev/shm: is a tmpfs: "*-T* ]]
	run -0 --separate-stderr depth-sort -S 64M -T /dev/shm -o out text
	[[ -z $stderr ]]
}

@test "depth-sort: long paths, deep paths, one record of each" {
	local long deep
	long=$(printf '%065534d' 0)
	deep=$(printf '/%.0sa' {1..32767})
	{ mention "/$long" "$deep/" "$deep" / "/${long%0}1" "/${long%00}"; } | sed 's|/ 0| 0|' >rows
	sed -i 's|^ 0|/ 0|' rows
	sort -u rows | dirs | depth-sort -S 4M -t | words >out
	sort -u rows | LC_ALL=C sort | cmp - <(LC_ALL=C sort out)
	[[ $(wc -l <out) == 5 && $(head -n 1 out) == '/ 0      ' ]]
	run -3 depth-sort <(mention "/0$long" | dirs)
}

@test "depth-sort: more runs than there is room for in the list of runs" {
	slow
	# Seven paths of 60,000 bytes fill the table of paths of stats-accum at 4M; written once each
	# they would be half a gigabyte, which front-coding spares the streams.
	perl -e '
		my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00 -- /d/" . "x" x 60000;
		print "$_ 1 0  $rest/$_/f\n" for map { $_ * 7919 % 8009 } 1 .. 8000;' | parse -o entry
	stats-accum -S 1G entry -o want
	stats-accum -v -S 4M -T . entry 2>log | cmp want
	grep -Eq ' 1[0-9]{3} runs, [1-9][0-9]* early merges' log
}

@test "depth-sort: -v and --progress" {
	many >text
	depth-sort -S 4M -T . --progress=progress text -o out
	sed '$d' progress | cut -f 1,2,4- | uniq |
		diff - <(printf 'depth-sort\t%s\t0\trecords\t0\n' reading writing)
	[[ $(head -n 1 progress | cut -f 3) == 0 ]]
	run -0 --separate-stderr depth-sort -v -o out text
	[[ $stderr == "depth-sort: 60000 records in, 60000 out, memory 268435456 bytes, 0 runs, "* ]]
}
