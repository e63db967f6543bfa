#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# dir-extract: the directories of an entry stream, each with what its line says, and every parent.
# What every program must stand is in battery.bats.

load lib/helper

# From an entry stream, by definition: directories that have a line, and the parents of all entries.
directories_of() {
	rows "$1" | perl -F'\t' -lane '
		$seen{$F[0]} = 1 if $F[1] eq "d";
		next if $F[0] eq "/";
		$F[0] =~ s{/[^/]*$}{};
		$seen{$F[0] || "/"} = 1;
		END { print for sort keys %seen }'
}

@test "dir-extract: a line for each that has one, and the parent of every entry" {
	{
		line 1 /d/a 4096 4 7 8 drwxr-sr-x
		line 2 /d/a/f 1 4 9 9
		line 3 /d/b/c/f 1 4 9 9
		line 4 /d/b/link 1 0 9 9 lrwxrwxrwx
	} >log
	parse log | dir-extract -t | tr '\t' ',' >out
	[[ $(head -n 1 out) == '#treetally,version=4,kind=dir,order=none,filesystem=fs1,scan_date=2026-01-15,'\
'source=log,program=dir-extract/0.4.0,program=gpfs-parse/0.4.0,format=ncar' ]]
	sed 1d out | diff - <(cat <<-'END'
		path,has_line,inode,generation,uid,gid,mode,allocated
		/d/a,1,1,1910420955,7,8,042755,4096
		/d,0,,,,,,
		/d/b/c,0,,,,,,
		/d/b,0,,,,,,
	END
	parse -t log | tail -n 1 | tr '\t' ',')
}

@test "dir-extract: the root, with and without a line" {
	line 1 / 4096 4 7 8 drwxr-xr-x | parse | dir-extract | rows | cut -f 1,2,5 >out
	diff out <(printf '/\t1\t7\n')
	line 1 /f | parse | dir-extract | rows | cut -f 1,2,5 >out
	diff out <(printf '/\t0\t\n')
	line 1 /d 1 1 5 5 drwxr-xr-x | parse | dir-extract | rows | cut -f 1,2,5 | sort >out
	diff out <(printf '/\t0\t\n/d\t1\t5\n')
}

@test "dir-extract: every line of a directory comes out, though they contradict each other" {
	{
		line 1 /d 4096 4 1 8 drwxr-xr-x
		line 1 /d 4096 4 2 8 drwxr-xr-x
		line 1 /d/ 4096 4 2 8 drwxr-xr-x
		line 1 //d 4096 4 3 8 drwxr-xr-x
	} >log
	parse log | dir-extract | rows | cut -f 1,2,5 | sort >out
	diff out <(printf '/\t0\t\n/d\t1\t1\n/d\t1\t2\n/d\t1\t2\n/d\t1\t3\n')
	# A mention and a line of the same directory, in either order.
	{ line 2 /d/f; line 1 /d 4096 4 1 8 drwxr-xr-x; } | parse | dir-extract | rows | cut -f 1,2,5 | grep -c '^/d' >n
	[[ $(<n) == [12] ]]
}

@test "dir-extract: odd logs, against the definition" {
	local seed
	for seed in 1 2 3; do
		make-log --seed $seed --lines 3000 | parse -o entry
		dir-extract entry | rows | cut -f 1 | sort -u >got
		directories_of entry | sort -u | cmp - got
		# As many with a line as the ledger says.
		[[ $(dir-extract -t entry | cut -f 2 | grep -c '^1$') == \
			$(rec-cat --info entry | sed -n 's/^directory_lines=//p') ]]
	done
}

@test "dir-extract: more directories than the table remembers" {
	# Twice around: each directory is long forgotten when it comes again.
	perl -e '
		my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00";
		for my $round (1, 2) {
			print "$_ 1 0  $rest -- /d/$_/f$round\n" for 1 .. 200000;
		}' | parse -o entry
	dir-extract entry -o out
	[[ $(rec-cat --info out | sed -n 's/^records=//p') -gt 250000 ]]
	rows out | cut -f 1 | sort -u | wc -l >n
	[[ $(<n) == 200000 ]]
	# The table is keyed by a secret of each run; that must not show.
	dir-extract entry | cmp out
	# Close together they are not repeated.
	perl -e '
		my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00";
		for my $i (1 .. 50000) {
			print "$i 1 0  $rest -- /d/$i/f$_\n" for 1, 2;
		}' | parse | dir-extract | rec-cat --info - | grep -qx records=50000
}

@test "dir-extract: several streams, one after the other" {
	line 1 /d/a/f | parse --source 1 -o a
	line 2 /d/b/f | parse --source 2 -o b
	line 3 /d/a/g | parse --source 3 | rec-cat -o c
	dir-extract a - c <b -o out
	diff <(rows out | cut -f 1,2,5) <(printf '/d/a\t0\t\n/d/b\t0\t\n')
	rec-cat --info out | grep -E '^(source|lines|entries|files)=' | diff - <(
		printf 'source=1\nsource=2\nsource=3\nlines=3\nentries=3\nfiles=3\n'
		for n in a b c; do rec-cat --info $n | tail -n 1; done
	)
}

@test "dir-extract: the ledger is handed on" {
	make-log --lines 3000 | parse -o entry
	dir-extract entry -o out
	cmp <(rec-cat entry | tail -n 1 | cut -f 3-) <(rec-cat out | tail -n 1 | cut -f 3-)
	rec-cat out | tail -n 1 | grep -q $'\treject bad uid='
}

@test "dir-extract: -v and --progress" {
	small_log | parse -o entry
	run -0 --separate-stderr dir-extract -v -o out entry
	[[ $stderr == 'dir-extract: 27 entries, '[0-9]*' directory records' && -z $output ]]
	dir-extract --progress=progress -o out entry
	[[ $(head -n 1 progress) == $'dir-extract\treading\t0\t0\trecords\t0' ]]
	run -0 --separate-stderr dir-extract --progress -o out entry
	[[ $stderr == 'dir-extract: reading: 0 records, '* && -z $output ]]
	run -4 dir-extract --progress=nowhere/progress entry
}
