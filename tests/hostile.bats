#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Anybody can create files, and so choose their names, sizes and times. Whatever they choose, the
# import ends, in bounded memory and time, nothing is executed, and the numbers of all others are
# right. tests/terminal.bats has what reaches a terminal.

load lib/helper

LOG=20260111_fs1_asp.list.log

setup() {
	common_setup
	mkdir work
	cd work || return
}

compare_db() {
	compare-db "$@"
}

# Names that somebody might choose, one after the other, ended by NUL; without `/`. $1 is what is put
# where a line feed would be.
names() {
	perl -e '
		my $lf = shift;
		my $record = "<0> 9 9 0  s=1 a=999999 u=1001 g=101 m=F p=-rw-r--r-- ac=2025-01-01 10:00:00 " .
			"mt=2025-01-01 10:00:00 cr=2025-01-01 10:00:00 nl=1 -- ";
		print "$_\0" for "-", "--", "-rf", "--db=x", " -- ", " -- x", "a -- b", " ", "  two  ", "*", "?", "[a]",
			"~", "\$(touch pwned)", "`touch pwned`", ";touch pwned;", "| touch pwned", "&& touch pwned",
			"\$HOME", "\${x}", "%", "%0", "%0A", "%25", "%s%n%d", "\\", "\\n", "\\t", "\\0", "x\\",
			"\x27", "\"", "\x27; DROP TABLE directories; --", "\"; DELETE FROM usage_nr; --", "NULL",
			"\t", "a\tb", "\r", "a\r", "\e[2J", "\e]0;pwned\a", "\x9b2J", "\xc2\x9b2J", "\x01", "\x7f",
			"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "caf\xe9", "caf\xc3\xa9",
			"\xe2\x80\xaetxt.exe", "x" x 255, "\xff" x 255, "%" x 255, "#treetally\tversion=4", "#end",
			"<0> 1 2 0  s=1 a=1 u=1001 g=101 p=-rw-r--r-- ac=2025-01-01 10:00:00 -- ", "[I] message",
			"$lf", "a${lf}b", "a$lf$lf", "a$lf$record", "a$lf# comment", "a$lf#end", "a${lf}[I] message"
		' "$1"
}

# villain LF HOW: a log of what names makes, encoded (pct) or not (none). In a directory and a file of
# each name, below a directory of the villain, who is 6666; beside them are files of others.
villain() {
	line 1 /gpfs/fs1 4096 4 0 0 drwxr-xr-x
	line 2 /gpfs/fs1/evil 4096 4 6666 6666 drwxr-xr-x
	line 3 /gpfs/fs1/good 4096 4 1001 101 drwxr-xr-x
	line 4 /gpfs/fs1/good/one 5000 8 1001 101
	names "$1" | perl -0ne '
		BEGIN { ($how, $dir, $file) = splice @ARGV, 0, 3 }
		chomp;
		s/([%\n])/sprintf "%%%02X", ord $1/ge if $how eq "pct";
		printf "<0> %d 1 0  %s -- /gpfs/fs1/evil/%s\n", 10 * $., $dir, $_;
		printf "<0> %d 1 0  %s -- /gpfs/fs1/evil/%s/%s\n", 10 * $. + 1, $file, $_, $_;
	' "$2" "$(show 4096 4 6666 6666 drwxr-xr-x)" "$(show 700 4 6666 6666)"
	line 5 /gpfs/fs1/good/two 7000 8 1001 101
}

# The good one's files are there, all of them, and no others.
others_are_right() {
	[[ $(ask "$1" 'SELECT total_files, total_size, apparent_size FROM owner_summary WHERE owner_uid = 1001') == \
		'2|16384|12000' ]]
}

nothing_was_executed() {
	[[ -z $(find "$BATS_TEST_TMPDIR" -name 'pwned*') ]]
	[[ $(ask "$1" 'PRAGMA integrity_check') == ok ]]
	run -0 scan-audit "$@"
}

@test "hostile: names in an encoded log forge nothing, break nothing and come back byte for byte" {
	villain $'\n' pct >"$LOG"
	scan-import -q -S 64M -j 2 --escape pct "$LOG"
	compare_db asp.db "$LOG" --escape pct
	nothing_was_executed asp.db --log "$LOG" --escape pct
	others_are_right asp.db
	[[ $(ask asp.db 'SELECT rejected, skipped_unrecognised FROM scan_metadata') == '0|0' ]]
	ask asp.db "SELECT hex(name) FROM directories WHERE parent_id =
		(SELECT dir_id FROM directories WHERE name = 'evil')" | sort >got
	names $'\n' | perl -0ne 'chomp; print uc unpack("H*", $_), "\n"' | sort >want
	cmp got want
	# And each can be asked for.
	names $'\n' | xargs -0 -n 1 sh -c 'dir-query -q -d 0 -P "/gpfs/fs1/evil/$1" asp.db | wc -l' sh >answers
	[[ $(sort answers | uniq -c | tr -s ' ') == " $(names $'\n' | tr -cd '\0' | wc -c) 2" ]]
}

@test "hostile: without ESCAPE a line feed cuts a name, and what follows is believed, as documented" {
	villain $'\n' none >"$LOG"
	run -0 --separate-stderr gpfs-parse -q --max-rejects 100% -o /dev/null "$LOG"
	scan-import -q -S 64M --max-rejects 100% "$LOG"
	compare_db asp.db "$LOG"
	nothing_was_executed asp.db
	# The forged record stands in the name of a directory; the slash behind it made it a record.
	[[ $(ask asp.db "SELECT total_files, total_size FROM owner_summary WHERE owner_uid = 1001") != '2|16384' ]]
	[[ $(ask asp.db 'SELECT skipped_continued > 0, skipped_unrecognised FROM scan_metadata') == '1|0' ]]
	local page
	for page in gpfs-parse.1 treetally.7; do
		sed -n '/^.Sh LIMITATIONS/,$p' "$TREETALLY_TOP/man/$page" | grep -q 'look like'
	done
}

@test "hostile: names on disk go through scan-tree, and the numbers are those of find" {
	mkdir tree tree/evil tree/good
	head -c 5000 /dev/zero >tree/good/one
	names $'\n' | perl -0ne 'chomp; mkdir "tree/evil/$_" or die; open my $f, ">", "tree/evil/$_/$_" or die;
		print $f "data\n"'
	# deeper than a path can be long
	perl -e 'chdir "tree/evil"; for (1 .. 400) { mkdir "d" x 200; chdir "d" x 200 or die } open my $f, ">", "f"'
	run -0 scan-tree -f asp tree
	scan-tree -q -f asp tree >tree.log
	scan-import -q -S 64M tree.log
	nothing_was_executed asp.db
	# Longest path that is kept: 65,535 bytes; what is longer is unseen, with all below it.
	local kept
	kept=$(find "$PWD/tree" -printf '%p\0' | perl -0ne 'chomp; $n++ if length() <= 65535; END { print $n }')
	[[ $(tail -n 1 tree.log) == *" entries=$kept unseen=1 vanished=0" ]]
	[[ $(ask asp.db 'SELECT entries, rejected, skipped_unrecognised FROM scan_metadata') == "$kept|0|0" ]]
	[[ $(ask asp.db "SELECT apparent_size_r FROM tree WHERE path = '$PWD/tree/good'") == 5000 ]]
	[[ $(ask asp.db 'SELECT total_files FROM scan_metadata') == \
		"$(find tree ! -type d -printf '\0' | tr -cd '\0' | wc -c | awk '{ print $1 - 1 }')" ]]
	rm -rf tree
}

@test "hostile: lengths of 8 EiB saturate, space is exact, and others keep their sums" {
	local d=drwxr-xr-x
	{
		line 1 /gpfs/fs1 4096 4 0 0 $d
		line 2 /gpfs/fs1/evil/a 9223372036854775807 0 6666 6666
		line 3 /gpfs/fs1/evil/b 9223372036854775807 8 6666 6666
		line 4 /gpfs/fs1/evil/c 9223372036854775806 0 6666 6666
		line 5 /gpfs/fs1/good/one 5000 8 1001 101
		line 6 /gpfs/fs1/good/two 7000 8 1001 101
	} >"$LOG"
	run -0 --separate-stderr scan-import -S 64M "$LOG"
	[[ $stderr == *"9223372036854775807"*"2^63-1"* || $stderr == *"add up to 2^63-1"* ]]
	others_are_right asp.db
	[[ $(ask asp.db 'SELECT total_size, apparent_size FROM owner_summary WHERE owner_uid = 6666') == \
		'8192|9223372036854775807' ]]
	[[ $(ask asp.db 'SELECT total_size, apparent_size FROM scan_metadata') == '24576|9223372036854775807' ]]
	[[ $(ask asp.db "SELECT apparent_size_r FROM tree WHERE path = '/gpfs/fs1/good'") == 12000 ]]
	compare_db asp.db "$LOG"
	nothing_was_executed asp.db --log "$LOG"
	local format
	for format in table tsv csv json; do
		dir-query --format $format asp.db >answer
		stats-query --format $format --by owner asp.db >answer
		run -1 grep -e '-[0-9]* *[KMGTPE]iB' -e 'nan' -e 'inf' answer
	done
}

@test "hostile: files with any time at all are counted; lines that anybody can cause stop no import" {
	local base=/dev/shm time
	[[ $(stat -fc %T $base 2>/dev/null) == tmpfs && -w $base ]] || base=.
	local tree
	tree=$(mktemp -d "$base/treetally.XXXXXX")
	for time in @4611686018427387904 @-4611686018427387904 0000-01-01 0001-01-01 0999-06-01 1969-12-31 \
		9999-12-31 10000-01-01 @1000000000000; do
		echo x >"$tree/$time"
		touch -d "$time" "$tree/$time" 2>/dev/null || touch "$tree/$time"
	done
	echo x >"$tree/ac=10000-01-01 00:00:00 mt=5-01-01"
	# as long as a file can be, where the file system lets it
	local long=0
	if truncate -s 9223372036854775807 "$tree/long" "$tree/longer" 2>/dev/null; then
		long=2
	else
		rm -f "$tree/long" "$tree/longer"
	fi
	scan-tree -f asp "$tree" >tree.log
	rm -r "$tree"
	grep -q " -- $(realpath "$base").*/ac=10000-01-01 00:00:00 mt=5-01-01$" tree.log
	scan-import -q -S 64M --max-rejects 0 tree.log
	[[ $(ask asp.db 'SELECT total_files, rejected, bad_optional FROM scan_metadata') == "$((10 + long))|0|0" ]]
	((!long)) || [[ $(ask asp.db 'SELECT apparent_size, total_size < 1000000 FROM scan_metadata') == \
		'9223372036854775807|1' ]]
	nothing_was_executed asp.db
	# In a log of another make.
	{
		villain X pct
		perl -e 'my $show = shift;
			for (1 .. 500) {
				my $odd = $_ % 2 ? "33658-09-27" : "-1199-02-15";
				print "<0> $_ 1 0  ", $show =~ s/ac=[0-9-]*/ac=$odd/r, " -- /gpfs/fs1/evil/time$_\n";
			}
			print "<0> $_ 1 0  $show -- /gpfs/fs1/evil/$_", "/p" x 32768, "\n" for 1 .. 110
		' "$(show 1 1 6666)"
	} >"$LOG"
	scan-import -q -S 64M --replace --escape pct "$LOG"
	others_are_right asp.db
	[[ $(ask asp.db 'SELECT reason, lines FROM scan_rejects ORDER BY reason') == $'bad time|500\ntoo long|110' ]]
	# What only a wrong log has still stops it.
	sed 's/ u=[0-9]*/ u=x/' "$LOG" >bad
	run -3 scan-import -S 64M --replace --escape pct --source "$LOG" bad
}

@test "hostile: a depth of 30,000 is asked, audited and exported like any other" {
	make-log --shape deep --scan-date 2026-01-11 >"$LOG"
	line 5 /gpfs/fs1/good/one 5000 8 1001 101 >>"$LOG"
	line 6 /gpfs/fs1/good/two 7000 8 1001 101 >>"$LOG"
	scan-import -q -S 64M "$LOG"
	run -0 dir-query -q --format ndjson -P /gpfs/fs1/good -d 0 asp.db
	[[ $output == *'"path":"/gpfs/fs1/good"'* && $output == *12000* && $output == *16384* ]]
	nothing_was_executed asp.db --log "$LOG"
	run -0 dir-query -q --sort-by depth -n 1 --format ndjson asp.db
	[[ $output == *'"depth":29999'* ]]
	dir-export --ncdu asp.db >asp.ncdu
	stats-query --by dir:3 asp.db >/dev/null
}

@test "hostile: scripts survive any name of a log, database, directory or file that they are given" {
	small_log >"$LOG"
	local odd
	for odd in '-q' '--' ' two  *' $'line\nfeed\n' '$(touch pwned)' "\"'\\n%s;touch pwned"; do
		mkdir -- "$odd"
		cp -- "$LOG" "./$odd/$odd"
		cd -- "./$odd"
		echo 'x:x:1000:1:X:/:/' >"./passwd$odd"
		mkdir -- "spill$odd" "tree$odd"
		scan-import -q -S 64M -f asp --scan-date 2026-01-15 --db "$odd.db" -T "spill$odd" \
			--rejects "rejects$odd" --passwd-file "passwd$odd" --source "$odd" -- "$odd"
		scan-import -q -S 64M -f asp --scan-date 2026-01-15 --db "$odd.db" --keep -- "$odd"
		[[ $(ask "$PWD/$odd.db" 'SELECT total_files FROM scan_metadata') == 19 ]]
		[[ -f rejects$odd && -f $odd.db.20260115 ]]
		run -1 scan-tree -- "$odd.db"
		scan-tree -q "tree$odd" >answer
		scan-tree -q -- "$PWD" | gpfs-parse -q -f x -o answer
		dir-query -q -- "./$odd.db" >answer
		cd .. && rm -rf -- "./$odd"
	done
	[[ $(ls) == "$LOG" && -z $(find "$BATS_TEST_TMPDIR" -name 'pwned*') ]]
}

# crowd N [together]: entries of N directories; together: their unkeyed hashes meet in a sixteenth of
# a table.
crowd() {
	"$TREETALLY_BUILD/crowd" "$@" | gpfs-parse -q -j 1 -f asp --scan-date 2026-01-11
}

@test "hostile: names made to collide in a hash cost what others cost" {
	local plain together
	make_tester crowd
	crowd 100000 >plain.entry
	crowd 100000 together >together.entry
	# 100,000 directories in 65,536 of the slots: without a key some 60 times as long
	plain=$(cpu stats-accum -q -j 1 -S 256M -o /dev/null plain.entry)
	together=$(cpu stats-accum -q -j 1 -S 256M -o /dev/null together.entry)
	echo "plain $plain, together $together"
	((together <= 5 * plain + 50))
}

@test "hostile: a million owners in one shard take no more memory than others" {
	slow
	! sanitized || skip "sanitizers reserve terabytes of addresses"
	{
		line 5 /gpfs/fs1/good/one 5000 8 1001 101
		perl -e 'for (1 .. 1000000) {
			printf "<0> %d 1 0  s=700 a=4 u=%d g=%d p=-rw-r--r-- ac=2025-01-01 10:00:00 -- /gpfs/fs1/evil/%d/f%d\n",
				$_, 100000 + $_, 4294967295 - $_, $_ % 1000, $_ }'
		line 6 /gpfs/fs1/good/two 7000 8 1001 101
	} >"$LOG"
	(
		ulimit -v $((96 * 1024))
		scan-import -q -S 64M -j 1 "$LOG"
	)
	others_are_right asp.db
	[[ $(ask asp.db 'SELECT count(*), min(total_files), max(total_files), sum(total_size) FROM owner_summary') == \
		'1000001|1|2|4096016384' ]]
	run -0 stats-query -q --by owner --top 3 --format tsv asp.db
	[[ ${#lines[@]} == 4 ]]
	run -0 scan-audit asp.db
}
