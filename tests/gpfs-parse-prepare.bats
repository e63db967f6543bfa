#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# gpfs-parse: the records of `mmapplypolicy -I prepare`. What SHOW says in them is tested with that of
# lists (gpfs-parse-formats.bats); here it is the frame: numbers, counted strings, ends of records.

load lib/helper

setup() {
	common_setup
	day=(--scan-date 2026-01-15)
}

# record NUMBERS PATH [SHOW]: without its end. Strings are counted and neither holds LF.
record() {
	printf '%s:%s!%s:6!system' "$1" "${#2}" "$2"
	[[ $# == 2 ]] || printf ';%s!%s' "${#3}" "$3"
}

# Inode 200 (c8), generation 1, 1024 (400) KiB.
numbers=0:bff0000000000000:c8:1:400:0:0:8000f

# said [OPTION...] FILE: paths, inodes, generations, lengths, allocated bytes; "reject: REASON" lines.
said() {
	gpfs-parse -q -t "${day[@]}" --max-rejects 100% --rejects rejects "$@" >out.tsv || return
	rows out.tsv | cut -f 1,3,4,9,10 | tr '\t' ' '
	cut -f 3 rejects | sed 's/^/reject: /'
}

@test "prepare: inode, generation and size are those of the record, in hexadecimal" {
	{
		record $numbers /gpfs/a 4096\ 1 && echo
		record 7FFFFFFF:0:FFFFffffFFFFffff:00000000ffffffff:0:2E:0:0 /gpfs/b 4096\ 2 && echo
	} >list
	run -0 said --format mmdu list
	[[ ${lines[0]} == '/gpfs/a 200 1 4096 1048576' ]]
	# nothing is allocated: the data is in the inode
	[[ ${lines[1]} == '/gpfs/b 18446744073709551615 4294967295 4096 4096' && ${#lines[@]} == 2 ]]
	# what SHOW says comes first, and no snapshot is told
	run -0 said --format '%n %k %s' <(record $numbers /gpfs/a '1 8 5' && echo)
	[[ $output == '/gpfs/a 200 1 5 8192' ]]
	[[ $(ledger assumptions out.tsv) != *prepare* && $(ledger snapshot_entries out.tsv) == 0 ]]
	# SIZE stands for all sizes if there is no SHOW
	run -0 said <(record $numbers /gpfs/a && echo)
	[[ $output == '/gpfs/a 200 1 1048576 1048576' ]]
	[[ $(ledger assumptions out.tsv) == 'allocated-from-prepare '*'size-from-allocated'* ]]
	gpfs-parse -q "${day[@]}" --require allocated -o out <(record $numbers /gpfs/a && echo)
	run -3 gpfs-parse -q "${day[@]}" --require uid -o out <(record $numbers /gpfs/a && echo)
	# as an answer says it
	gpfs-parse -q "${day[@]}" -f fs -o entry <(record $numbers /gpfs/a && echo)
	dir-extract entry | depth-sort | dir-load t.db
	stats-accum entry | stats-load -q t.db
	run -0 --separate-stderr dir-query t.db
	[[ $stderr == *"t.db: allocated sizes: taken from SIZE of the records in KiB, which is wrong if the rule had a SIZE clause"* ]]
}

@test "prepare: strings are as long as they say, whatever they hold, and a minus says what is escaped" {
	{
		record $numbers /gpfs/a:6!sys 7\ 1 && echo
		record $numbers '/gpfs/a;3!' 7\ 1 && echo
		record $numbers $'/gpfs/\na\n' 7\ 1 && echo
		record $numbers '/gpfs/\na\n' 7\ 1 | sed 's/:11!/:-11!/' && echo
		record $numbers '/gpfs/\\na\\x' 7\ 1 | sed 's/:13!/:-13!/' && echo
		record $numbers '/gpfs/a\n' 7\ 1 && echo
		printf '%s:-7!/gpfs/b:-2!\\n;3!7 1\n' $numbers
		printf '%s:0007!/gpfs/c:6!sy\nt\no;4!7 1 \n' $numbers
		# a record in a name
		record $numbers $'/gpfs/\n'"$(record $numbers /gpfs/no)"$'\n' 7\ 1 && echo
		printf '%s:7!/gpfs/d:6!sy\nt\no:3!7 1\n' $numbers
	} >list
	said --format mmdu list >got
	sed 's/ 200 1 7 1048576$//' got | diff - <(printf '%s\n' '/gpfs/a:6!sys' '/gpfs/a;3!' '/gpfs/\na\n' '/gpfs/\na\n' \
		'/gpfs/\\na\\x' '/gpfs/a\\n' /gpfs/b /gpfs/c "/gpfs/\n$(record $numbers /gpfs/no)\n" \
		'reject: missing field')
	[[ $(ledger skipped_unrecognised out.tsv) == 2 ]]
}

@test "prepare: names made of what records are made of come out as they are" {
	local frame seed=$RANDOM
	for frame in LF NUL; do
		perl -e 'my ($frame, $seed) = @ARGV;
			srand $seed;
			my @parts = ("\n", "\r\n", "\\", "\\n", ":", ";", "!", "-", "0:1:2:3:4:5:6:7:3!/gp:0!", ":6!system",
				";3!7 1", "#", "\t", " ", "\xe9", "a", "12", "7!/gpfs/");
			my $string = sub {
				my ($text) = @_;
				my $escaped = $frame eq "LF" && $text =~ /\n/ ? int rand 2 : 0;
				$text =~ s/\\/\\\\/g, $text =~ s/\n/\\n/g if $escaped;
				return ($escaped ? "-" : "") . length($text) . "!$text";
			};
			my $some = sub { join "", map { $parts[rand @parts] } 0 .. rand shift };
			open my $want, ">", "want";
			for my $i (1 .. 3000) {
				my $path = "/gpfs/" . $some->(8) =~ s{//+|/\z|/\.+(?=/|\z)}{/x}gr;
				$path =~ s{/+}{/}g, $path =~ s{/\z}{};
				printf "%x:0:%x:1:0:0:0:0:%s:%s;%s%s", $i, $i, $string->($path), $string->($some->(3)),
					$string->("$i 1"), $frame eq "LF" ? "\n" : "\0";
				$path =~ s/\\/\\\\/g, $path =~ s/\n/\\n/g, $path =~ s/\r/\\r/g, $path =~ s/\t/\\t/g;
				print $want "$path\t$i\t$i\n";
			}' $frame $seed >list
		gpfs-parse -q -t "${day[@]}" --format mmdu list >out.tsv
		rows out.tsv | cut -f 1,3,9 | diff want - >differences || { echo "$frame $seed"; head differences; return 1; }
		[[ $(ledger lines out.tsv) == 3000 ]]
	done
}

@test "prepare: a record that is wrong is rejected with its reason, and costs no other" {
	local wrong want end n=0 long
	long=$(printf '/%.0s' {1..65536})
	while IFS='|' read -r want wrong; do
		n=$((n + 1))
		sampled 3 || continue
		wrong=${wrong//NUMBERS/$numbers}
		for end in LF NUL; do
			{
				record $numbers /gpfs/first && echo
				printf '%s\n' "${wrong//LONG/$long}"
				record $numbers /gpfs/last && echo
			} >list
			[[ $end == LF ]] || { tr '\n' '\0' <list >nul && mv nul list; }
			said list >got
			printf '%s 200 1 1048576 1048576\n' /gpfs/first /gpfs/last | diff - <(grep -v ^reject got) ||
				{ echo "$wrong $end: others changed"; cat got; return 1; }
			[[ $(grep ^reject got) == "reject: $want" ]] || { echo "$wrong $end: $(grep ^reject got)"; return 1; }
		done
	done <<-'END'
		bad inode|0:bff0000000000000:c8x:1:400:0:0:0:7!/gpfs/a:6!system
		bad inode|0:bff0000000000000:10000000000000000:1:400:0:0:0:7!/gpfs/a:6!system
		bad inode|0:bff0000000000000::1:400:0:0:0:7!/gpfs/a:6!system
		bad generation|0:bff0000000000000:c8:-1:400:0:0:0:7!/gpfs/a:6!system
		bad generation|0:bff0000000000000:c8:10000000000000000:400:0:0:0:7!/gpfs/a:6!system
		bad allocated|0:bff0000000000000:c8:1:4 0:0:0:0:7!/gpfs/a:6!system
		bad allocated|0:bff0000000000000:c8:1:20000000000000:0:0:0:7!/gpfs/a:6!system
		bad allocated|0:bff0000000000000:c8:1:10000000000000000:0:0:0:7!/gpfs/a:6!system
		missing field|0:bff0000000000000:c8:1:400:0:0:7!/gpfs/a:6!system
		missing field|0:bff0000000000000:c8:1:400:0:g:0:7!/gpfs/a:6!system
		no absolute path|NUMBERS:x!/gpfs/a:6!system
		no absolute path|NUMBERS:!/gpfs/a:6!system
		no absolute path|NUMBERS:7/gpfs/a:6!system
		no absolute path|NUMBERS:+7!/gpfs/a:6!system
		no absolute path|NUMBERS:7!gpfs/ab:6!system
		no absolute path|NUMBERS:0!:6!system
		no absolute path|NUMBERS:-
		no absolute path|NUMBERS:18446744073709551623!/gpfs/a:6!system
		no absolute path|NUMBERS:69633!/gpfs/a:6!system
		missing field|NUMBERS:6!/gpfs/a:6!system
		missing field|NUMBERS:8!/gpfs/a:6!system
		missing field|NUMBERS:7!/gpfs/a
		missing field|NUMBERS:7!/gpfs/a:6!sys
		missing field|NUMBERS:7!/gpfs/a:6!systems
		missing field|NUMBERS:7!/gpfs/a:6!system;
		missing field|NUMBERS:7!/gpfs/a:6!system;3!ab
		missing field|NUMBERS:7!/gpfs/a:6!system;3!abcd
		missing field|NUMBERS:7!/gpfs/a:6!system;3!abc
		missing field|NUMBERS:7!/gpfs/a:6!system,3!abc
		bad escape|NUMBERS:-9!/gpfs/\ta:6!system
		bad escape|NUMBERS:-8!/gpfs/a\:6!system
		dot component|NUMBERS:8!/gpfs/..:6!system
		root is no directory|NUMBERS:1!/:6!system
		too long|NUMBERS:65536!LONG:6!system
	END
	[[ $n == 34 ]]
	# the longest path, and one byte more
	long=$(printf '/d%.0s' {1..32767})
	record $numbers "$long/" >list && echo >>list
	said list | grep -q '^/d/d.*/d 200 1 '
	record $numbers "$long/d" >list && echo >>list
	run -3 said list
	[[ $(cut -f 3 rejects) == 'too long' ]]
	# NUL is in no name; where records end with it, it is the end
	{ printf '%s:7!/gpfs\0a:6!system\n' $numbers; record $numbers /gpfs/last && echo; } >list
	run -0 said list
	[[ $output == '/gpfs/last '*$'\nreject: nul' ]]
	# a list behind such a source is one again, whose names may be cut
	printf '9 1 0  4096 1 -- /gpfs/cut\nrest\n' >list.too
	record $numbers /gpfs/a 4096\ 1 >list && echo >>list
	run -0 said --format mmdu list list.too
	[[ ${lines[1]} == '/gpfs/cut 9 1 4096 4096' && $(ledger skipped_continued out.tsv) == 1 ]]
	# lines of a list among them are not records here
	{ record $numbers /gpfs/a && echo; line 1 /gpfs/b; printf '\n# comment\n[I] message\n'; } >list
	said list >got
	[[ $(wc -l <got) == 1 && $(ledger skipped_unrecognised out.tsv) == 1 && $(ledger skipped_blank out.tsv) == 1 ]]
	[[ $(ledger skipped_comment out.tsv) == 1 && $(ledger skipped_message out.tsv) == 1 ]]
}

@test "prepare: input that ends inside a record is cut, and no name in it becomes a record" {
	local at size first
	record $numbers /gpfs/whole 4096\ 1 >list
	echo >>list
	first=$(stat -c %s list)
	record $numbers $'/gpfs/\n'"$(record $numbers /etc/shadow 7\ 1)"$'\nx' 7\ 1 >>list
	echo >>list
	said --format mmdu list >got
	[[ $(wc -l <got) == 2 && $(tail -n 1 got) == '/gpfs/\n0'* ]]
	size=$(stat -c %s list)
	for ((at = first + 1; at < size; at++)); do
		sampled 12 || ((at == size - 1)) || continue
		head -c $at list >cut.list
		run -3 --separate-stderr gpfs-parse -q "${day[@]}" --format mmdu -o out cut.list
		[[ $stderr == *"ends inside line 2"* ]] || { echo "$at: $stderr"; return 1; }
		said --format mmdu --allow-cut-end cut.list >got
		[[ $(grep -vc ^reject got) == $((1 + (at == size - 1))) ]] || { echo "$at:"; cat got; return 1; }
	done
}

@test "prepare: paths that are not absolute lie where the file system is mounted" {
	make-gpfs-list --frame prepare '%s %n' >absolute
	for frame in prepare prepare-nul; do
		make-gpfs-list --frame $frame --root /gpfs/fs '%s %n' >list
		run -2 --separate-stderr gpfs-parse "${day[@]}" --format mmdu -o out list
		[[ $stderr == "gpfs-parse: list: its paths are relative to the directory where the file system is mounted: --root says which it is" ]]
		said --format mmdu absolute >want
		for root in /gpfs/fs /gpfs/fs/ //gpfs//fs; do
			said --format mmdu --root $root list | diff want -
		done
	done
	run -2 gpfs-parse "${day[@]}" --root gpfs list
	# a path in SHOW is the whole one
	make-gpfs-list --frame prepare --root /gpfs/fs '%s %n "%N"' >list
	said --format '%s %n "%N"' --root /gpfs/fs list | diff want -
	run -3 said --format '%s %n "%N"' --root /gpfs/other list
	[[ $(cut -f 3 rejects | sort -u) == 'missing field' && $(wc -l <rejects) == 26 ]]
	# one among absolute ones is no absolute path, but with a root
	{ record $numbers /gpfs/a && echo && record $numbers ./b && echo; } >list
	run -0 said list
	[[ $output == '/gpfs/a '*$'\nreject: no absolute path' ]]
	run -0 said --root /gpfs list
	[[ $output == '/gpfs/a '*$'\n/gpfs/b '* ]]
}

@test "prepare: names that are encoded are decoded when an option says so" {
	make-gpfs-list --frame prepare --escape '' '|%s|%N|' >list
	make-gpfs-list --frame prepare-nul '|%s|%N|' >plain
	said --format '|%s|%N|' plain >want
	said --format '|%s|%N|' --escape pct list | diff want -
	# else no path is absolute
	run -2 said --format '|%s|%N|' list
	# the first line can say it as well; it ends with LF even where records end with NUL
	for frame in prepare prepare-nul; do
		{ echo '# treetally my-script 1 escape=pct'; make-gpfs-list --frame $frame --escape / '|%s|%N|'; } >list
		said --format '|%s|%N|' list | diff want -
	done
}

@test "prepare: chunks and threads do not change the bytes" {
	local frame
	for frame in prepare prepare-nul; do
		# four chunks, and names with LF at all their borders
		make-gpfs-list --frame $frame '|size=%s|path=%N|' >part
		perl -0777 -ne 'print $_ x 1000' part >list
		(($(stat -c %s list) > 3 * 524288))
		gpfs-parse -q -j 1 "${day[@]}" --format '|size=%s|path=%N|' --source list -o one list
		gpfs-parse -q -j 4 "${day[@]}" --format '|size=%s|path=%N|' --source list -o four list
		cmp one four
		(($(rows one | wc -l) == 1000 * 26))
		[[ $(rows one | cut -f 1 | sort -u | wc -l) == 26 ]]
		perl -e 'BEGIN { $| = 1; $/ = \4093 } open my $f, "<:raw", "list"; print while <$f>' |
			gpfs-parse -q "${day[@]}" --format '|size=%s|path=%N|' --source list -o piped
		cmp one piped
	done
}

@test "prepare: scan-import and the audit read such records" {
	make-gpfs-list --frame prepare-nul --root /gpfs/fs '%u:%s:%k' | gzip >list.gz
	scan-import -q --no-names -f fs "${day[@]}" --root /gpfs/fs --db t.db list.gz
	[[ $(query t.db 'SELECT format, total_files FROM scan_metadata') == 'mmoxi 26' ]]
	make-gpfs-list --frame prepare '%u:%s:%k' >list
	scan-import -q --no-names -f fs "${day[@]}" --db u.db list
	run -0 scan-audit u.db --log list
	[[ $output == *"accounts and digest"* ]]
	run -0 scan-audit t.db --log list.gz --root /gpfs/fs
	[[ $output == *"accounts and digest"* ]]
	diff <(reference --dump t.db | grep -v 'scan_metadata\|scan_sources') <(reference --dump u.db | grep -v 'scan_metadata\|scan_sources')
}
