#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# rec-cat: streams as text, text as streams, what is in them; and the format itself, which a second
# reader (stream-tool) knows from the manual alone. What every program must stand is in
# battery.bats.

load lib/helper

export SCAN_DATE=2026-01-11

# A stream of rows separated by commas: text_of KIND <ROWS.
text_of() {
	{
		printf '#treetally,version=4,kind=%s,order=none' "$1"
		[[ $1 != usage ]] || printf ',age_by=atime'
		case $1 in
		entry) printf '\npath,type,inode,generation,uid,gid,mode,nlink,apparent,allocated' ;;
		dir) printf '\npath,has_line,inode,generation,uid,gid,mode,allocated\n' ;;
		usage) printf '\npath,uid,gid,age_bucket,size_bucket,file_count,allocated' ;;
		esac
		[[ $1 != entry ]] || printf ',atime,mtime,snapshot\n'
		[[ $1 != usage ]] || printf ',apparent,max_atime,max_mtime,nlink,snapshot,inode,generation,link_allocated%s\n' \
			,link_apparent,lines,name
		# Rows without the columns of links.
		case $1 in
		usage) sed -E 's/^([^,]*(,[^,]*){9})$/\1,,,,,,,,/' ;;
		*) cat ;;
		esac | tee rows.csv
	} | tr , '\t'
	printf '#end\trecords=%s\tassumptions=unverified\n' "$(wc -l <rows.csv)"
}

@test "rec-cat: each kind as text, column by column" {
	{
		line 5 /d 4096 4 7 8 drwxr-sr-t '1969-12-31 23:59:59' '2000-01-01 00:00:00'
		line 6 $'/d/a\tb\\c\r' 100 0 4294967295 0 '?rw-------' '2026-01-01 00:00:00' never
		line 7 /f 5 8 0 0 crw-rw---- '2026-01-01 00:00:00' | sed 's/ nl=1//'
	} >log
	parse log -o entry
	[[ $(rec-cat entry | head -n 1 | tr '\t' ,) == '#treetally,version=4,kind=entry,order=none,'\
'filesystem=fs1,scan_date=2026-01-11,source=log,program=gpfs-parse/0.4.0,format=ncar' ]]
	rec-cat entry | sed 1d | diff - <(cat <<-'END' | tr , '\t'
		path,type,inode,generation,uid,gid,mode,nlink,apparent,allocated,atime,mtime,snapshot
		/d,d,5,1910420955,7,8,043755,1,4096,4096,-1,946684800,0
		/d/a\tb\\c\r,?,6,1910420955,4294967295,0,000600,1,100,0,1767225600,,0
		/f,c,7,1910420955,0,0,020660,,5,8192,1767225600,1763200800,0
	END
	parse -t log | tail -n 1)
	dir-extract entry | depth-sort | rows | tr '\t' , | diff - <(cat <<-'END'
		/,0,,,,,,
		/d,1,5,1910420955,7,8,043755,4096
	END
	)
	stats-accum entry | rows | tr '\t' , | diff - <(cat <<-'END'
		/,0,0,0,1,1,8192,5,1767225600,1763200800,,,,,,,,
		/d,4294967295,0,0,0,1,0,100,1767225600,,,,,,,,,
	END
	)
}

@test "rec-cat: the manual describes the bytes: a second reader finds the same records" {
	local seed kind
	for seed in 1 2; do
		make-log --seed $seed --lines 3000 | parse -o entry
		dir-extract entry -o mentions
		depth-sort mentions -o dir
		stats-accum entry -o usage
		for kind in mentions dir usage; do
			stream-tool rows $kind | cmp - <(rows $kind)
		done
		# The blocks of rec-cat are not those of gpfs-parse.
		stream-tool rows entry | sort | cmp - <(rows entry | sort)
		rec-cat -b entry -o again
		stream-tool rows again | cmp - <(rows again)
		stream-tool rows entry | cmp - <(parse -t <(make-log --seed $seed \
			--lines 3000) | sed '1,2d;$d')
	done
}

@test "rec-cat: the extremes of every field" {
	local max=9223372036854775807 first=-62135596800 last=253402300799 all=18446744073709551615
	text_of entry >text <<-END
		/d,d,$all,$all,4294967295,4294967295,047777,4294967295,$max,$max,$last,$last,$all
		/d,d,0,0,0,0,040000,,0,0,$first,$first,0
		/a,-,9223372036854775808,$max,4294967295,4294967295,107777,4294967295,$max,$max,$first,$last,$all
		/b,s,0,0,0,0,140000,1,0,0,$last,,0
		/c,?,1,0,0,0,007777,,0,0,0,0,$all
		/e,l,0,0,0,0,120000,,0,0,-1,,0
		/f,p,0,0,0,0,010000,,0,0,0,,$all
		/g,b,0,0,0,0,060000,,0,0,0,,0
		/h,c,$max,0,4294967295,0,020000,,0,0,0,,$all
	END
	rec-cat --unverified -b text | rows | diff - <(sed '1,2d;$d' text)
	text_of dir >text <<-END
		/,0,,,,,,
		/d,1,$all,$all,4294967295,4294967295,047777,$max
		/e,1,0,0,0,0,040000,0
		/e,0,,,,,,
		/f,1,$max,0,4294967295,0,040000,0
	END
	rec-cat -b text | rows | diff - <(sed '1,2d;$d' text)
	text_of usage >text <<-END
		/,4294967295,4294967295,9,9,$max,$max,$max,$last,$last
		/,0,0,0,0,1,0,0,$first,$first
		/a,4294967295,0,9,0,1,0,0,$last,$first
		/a,0,4294967295,0,9,$max,0,0,$first,
		/b,0,0,0,0,1,0,0,-1,0
		/b,4294967295,4294967295,9,9,,,,,,4294967295,$all,$all,$all,$max,$max,$max,n
		/b,0,0,0,0,,,,,,,0,0,0,0,0,1,...
		/,0,0,0,1,,,,,,2,0,0,0,1024,0,1,\\t\\n\\r\\\\
	END
	rec-cat -b text | rows | diff - <(sed '1,2d;$d' text)
}

@test "rec-cat: one beyond the extremes is refused, naming the column" {
	local over=9223372036854775808 beyond=18446744073709551616 row column
	# A row, and what is wrong with it.
	while read -r row column; do
		text_of entry <<<"$row" >text
		run -3 --separate-stderr rec-cat --unverified text
		[[ $stderr == "rec-cat: text: line 3: not a row of a"*" column $column is wrong" ]]
	done <<-END
		/a,-,$beyond,0,0,0,100000,,0,0,0,,0 inode
		/a,-,0,$beyond,0,0,100000,,0,0,0,,0 generation
		/a,-,0,0,4294967296,0,100000,,0,0,0,,0 uid
		/a,-,0,0,0,4294967296,100000,,0,0,0,,0 gid
		/a,-,0,0,0,0,200000,,0,0,0,,0 mode
		/a,-,0,0,0,0,110000,,0,0,0,,0 mode
		/a,-,0,0,0,0,100008,,0,0,0,,0 mode
		/a,-,0,0,0,0,,,0,0,0,,0 mode
		/a,d,0,0,0,0,100000,,0,0,0,,0 type
		/a,-,0,0,0,0,040000,,0,0,0,,0 type
		/a,,0,0,0,0,100000,,0,0,0,,0 type
		/a,-,0,0,0,0,100000,4294967296,0,0,0,,0 nlink
		/a,-,0,0,0,0,100000,,$over,0,0,,0 apparent
		/a,-,0,0,0,0,100000,,0,$over,0,,0 allocated
		/a,-,0,0,0,0,100000,,0,0,,,0 atime
		/a,-,0,0,0,0,100000,,0,0,-62135596801,,0 atime
		/a,-,0,0,0,0,100000,,0,0,0,253402300800,0 mtime
		/,-,0,0,0,0,100000,,0,0,0,,0 type
		/a/../b,-,0,0,0,0,100000,,0,0,0,,0 path
		/a//b,-,0,0,0,0,100000,,0,0,0,,0 path
		a,-,0,0,0,0,100000,,0,0,0,,0 path
		/a,-,0,0,0,0,100000,,0,0,0,, snapshot
		/a,-,0,0,0,0,100000,,0,0,0,,$beyond snapshot
		/a,-,0,0,0,0,100000,,0,0,0,,-1 snapshot
	END
	while read -r row column; do
		text_of usage <<<"$row" >text
		run -3 --separate-stderr rec-cat text
		[[ $stderr == "rec-cat: text: line 3: not a row of a"*" column $column is wrong" ]]
	done <<-END
		/a,0,0,10,0,1,0,0,0, age_bucket
		/a,0,0,0,10,1,0,0,0, size_bucket
		/a,0,0,0,0,0,0,0,0, file_count
		/a,0,0,0,0,1,$over,0,0, allocated
		/a,0,0,0,0,1,0,0,, max_atime
		/a,0,0,0,0,1,0,0,0,,2,,,,,,, nlink
		/a,0,0,0,0,1,0,0,0,,,,,,,,,n nlink
		/a,0,0,0,0,,,1,,,2,0,1,1,0,0,1,n file_count
		/a,0,0,0,0,,,,,,1,0,1,1,0,0,1,n nlink
		/a,0,0,0,0,,,,,,4294967296,0,1,1,0,0,1,n nlink
		/a,0,0,0,0,,,,,,2,,1,1,0,0,1,n snapshot
		/a,0,0,0,0,,,,,,2,0,$beyond,1,0,0,1,n inode
		/a,0,0,0,0,,,,,,2,0,1,,0,0,1,n generation
		/a,0,0,0,0,,,,,,2,0,1,1,$over,0,1,n link_allocated
		/a,0,0,0,0,,,,,,2,0,1,1,0,-1,1,n link_apparent
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,0,n lines
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,$over,n lines
		/a,0,0,0,1,,,,,,2,0,1,1,1023,0,1,n size_bucket
		/a,0,0,0,0,,,,,,2,0,1,1,1024,0,1,n size_bucket
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,1, name
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,1,. name
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,1,.. name
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,1,b/c name
		/a,0,0,0,0,,,,,,2,0,1,1,0,0,1,b\\x name
	END
	while read -r row column; do
		text_of dir <<<"$row" >text
		run -3 --separate-stderr rec-cat text
		[[ $stderr == "rec-cat: text: line 3: not a row of a"*" column $column is wrong" ]]
	done <<-END
		/a,2,,,,,, has_line
		/a,,,,,,, has_line
		/a,0,1,,,,, has_line
		/a,1,,,,,, inode
		/a,1,1,1,1,1,100000,1 mode
		/a,1,1,1,1,1,040000, allocated
	END
}

@test "rec-cat: names of every byte, long ones and deep ones" {
	# All bytes but NUL, LF and the slash; those that are escaped stand among others.
	perl -e '
		my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00";
		my @bytes = map { chr } grep { $_ != 10 && $_ != 47 } 1 .. 255;
		print "1 1 0  $rest -- /d/", @bytes, "\n";
		print "1 1 0  $rest -- /d/x", $_, "y\n" for @bytes;
		print "1 1 0  $rest -- /", "n" x 65534, "\n";
		print "1 1 0  $rest -- ", "/n" x 32767, "\n";' | parse -o entry
	rec-cat entry | rec-cat -b -o again
	rec-cat -b entry | cmp again
	rows again | cut -f 1 | perl -ne '
		chomp; s/\\(.)/{t => "\t", n => "\n", r => "\r", "\\" => "\\"}->{$1}/ge;
		$total += length; $bytes{$_}++ for split //;
		END { print scalar(keys %bytes), " $total\n" }' >out
	# 2 + 253 + 1, 253 lines of 6 bytes, two of the longest
	[[ $(<out) == "254 $((3 + 253 + 253 * 6 + 65535 + 65534))" ]]
	# A line feed comes in percent-encoded only.
	{ echo '# treetally scan-tree 1 escape=pct'; line 1 /d/a%0Ab%5C%0D%09; } | parse -o entry
	[[ $(rows entry | cut -f 1) == '/d/a\nb\\\r\t' ]]
	rec-cat entry | rec-cat -b | cmp - <(rec-cat -b entry)
}

@test "rec-cat: several streams become one, in the order of the operands" {
	local n
	for n in 1 2 3; do
		line "$n" "/d/$((4 - n))/f" | parse --source s$n -o $n.entry
		dir-extract $n.entry | depth-sort -o $n.dir
	done
	rec-cat 1.entry 2.entry 3.entry | rows | cut -f 1 | diff - <(printf '/d/%s/f\n' 3 2 1)
	rec-cat -b 1.dir 2.dir 3.dir -o all
	# Each is in order; the whole is not.
	rec-cat --info 1.dir | grep -qx order=tree
	rec-cat --info all | grep -qx order=none
	rec-cat --info all | grep -Ex '(source|lines|entries|records)=.*' |
		sed 's/[0-9a-f]\{32\}/DIGEST/' | diff - <(
			printf 'source=s%s\n' 1 2 3
			printf 'records=3\nlines=3\nentries=3\n'
			printf 'source=DIGEST:1:s%s\n' 1 2 3
		)
	depth-sort all | cmp - <(depth-sort -m 1.dir 2.dir 3.dir | rec-cat -b)
	# It leaves no trace of itself.
	rec-cat -b 1.dir | cmp 1.dir
	rec-cat -b all | cmp all
}

@test "rec-cat: --info" {
	make_stream dir scan.dir
	rec-cat --info scan.dir >info
	diff info - <<-'END'
		stream=scan.dir
		format=binary
		version=4
		kind=dir
		order=tree
		filesystem=fs1
		scan_date=2026-01-15
		source=small.list
		program=depth-sort/0.4.0
		program=dir-extract/0.4.0
		program=gpfs-parse/0.4.0
		format=ncar
		records=10
		bytes=858
		blocks=1
		lines=30
		skipped_blank=1
		skipped_comment=1
		skipped_message=1
		skipped_unrecognised=0
		skipped_continued=0
		rejected=0
		entries=27
		directory_lines=8
		files=19
		allocated=125796056
		apparent=126612942
		directory_bytes=32768
		inline_files=1
		inline_bytes=3800
		multilink_files=2
		multilink_bytes=32768
		snapshot_entries=0
		bad_optional=0
		unproved_sources=1
		digest=18f59925cea2c3a1728373a897228ef9
		source=18f59925cea2c3a1728373a897228ef9:30:small.list
	END
	[[ $(stat -c %s scan.dir) == 858 ]]
	rec-cat --info <(rec-cat scan.dir) | grep -vE '^(stream|format|bytes|blocks)=' |
		diff - <(grep -vE '^(stream|format|bytes|blocks)=' info)
	# Several, each for itself.
	[[ $(rec-cat --info --force scan.dir scan.dir | grep -c '^stream=scan.dir$') == 2 ]]
	# Nothing that a source is called does anything to a terminal.
	line 1 /d/f | parse --source $'\e[31m\x7f' -o odd
	rec-cat --info odd | grep -qxF 'source=\033[31m\177'
	run -2 rec-cat --info -t scan.dir
	run -2 rec-cat --info -b scan.dir
	run -2 rec-cat --info -o out scan.dir
	run -2 rec-cat -b -t scan.dir
	[[ ! -e out ]]
}

@test "rec-cat: every byte is checked, whatever is printed" {
	make_stream usage good
	stream-tool edit --seal flip=1,-1,255 <good >bad
	run -3 rec-cat --info bad
	[[ $output != *records=* ]]
	run -3 rec-cat bad
	run -3 rec-cat -b -o out bad
	[[ ! -e out ]]
}

# Of an entry stream whose block 1 has a line and two rows: columns that cannot be, and the reason.
wrong_columns() {
	local wide=ffffffffff last64=ffffffffffffffffff01 n
	cat <<-END
		uid,9,00,$wide$wide$wide$wide	columns do not fit
		uid,255,00	columns do not fit
		name,0,80808080808080808002	columns do not fit
		dir,0,02	a number is out of range
		dir,1,01,0001	a number is out of range
		uid,0,8080808010	a number is out of range
		uid,4,01,00000000ffffffff	a number is out of range
		gid,5,00,00000000000000000001	a number is out of range
		allocated,0,80808080808080808001	a number is out of range
		apparent,8,01,0000000000000000ffffffffffffffff	a number is out of range
		apparent,8,$last64,00000000000000000100000000000000	a number is out of range
		atime,0,8090c6babe09	a number is out of range
		mtime,5,00,0000000000$wide	a number is out of range
		nlink,0,8080808010	a number is out of range
		mode,2,8080fc07,00000000	a number is out of range
		mode,0,ed8301	a file row has the mode of a directory
		mode,0,8060	a file row has the mode of a directory or none
		name,0,808004	a number is out of range
		name,0,06	names are longer than their section
		name,0,04	bytes are left
		name,1,00,0100	a file name is malformed
	END
}

# From the column on, `values` are the lines of the same name in the section of directories.
@test "rec-cat: columns of entries that cannot be" {
	{ line 1 /a 4096 4 1 1 drwxr-xr-x; line 2 /a/first; line 3 /b/other; } >log
	parse log -o good
	[[ $(stream-tool info good) == *"records=3 dirs=2 "*"lines=1"* ]]
	local column reason
	while IFS=$'\t' read -r column reason; do
		stream-tool edit --seal "column=1,3,$column" <good >bad
		run --separate-stderr rec-cat -o out bad
		[[ $status == 3 && ! -e out && $stderr == *"corrupt block: $reason"* ]] ||
			{ echo "$column: $status $stderr"; false; }
		run -3 rec-cat -b -o out bad
		[[ ! -e out ]]
		run -3 rec-cat --info bad
	done < <(wrong_columns)
	# Entries that take no bytes, of which a short block would have very many.
	stream-tool edit --seal section=1,2,"$(printf '0000%.0s' {1..11})00ed8301" section=1,3, \
		field=1,records,65536 field=1,lines,65536 <good >bad
	run -3 --separate-stderr dir-extract -o out bad
	[[ $stderr == *"corrupt block: record count is out of range" && ! -e out ]]
	# In lines the same rules hold, and nothing may stand behind them.
	for column in uid,9,00,000000000000000000 dir,0,02 uid,5,00,0000000001 mode,0,a48302 \
		mode,0,8080fc07 nlink,0,8080808010 mode,0,ed830100; do
		stream-tool edit --seal "column=1,2,$column" <good >bad
		run -3 rec-cat bad
		run -3 dir-extract bad
	done
}

@test "rec-cat: an entry block has so many records and paths, and no more" {
	{ line 1 /a 4096 4 1 1 drwxr-xr-x; line 2 /a/first; } >log
	parse log -o good
	perl -e '
		for my $n (4096, 4097) {
			print "records.$n\tsection=1,2,\tsection=1,3,0100", "00" x $n, "0000" x 10, "00a483020001",
				"78" x $n, "\tfield=1,records,$n\tfield=1,lines,0\n";
		}
		for my $n (4, 5) {
			print "paths.$n\tsection=1,1,00ffff0300", "78" x 65534, "ffff0300" x ($n - 1),
				"\tfield=1,records,5\tfield=1,dirs,$n\tfield=1,paths,", 65535 * $n, "\n";
		}' | stream-tool edits --seal good
	local program
	for program in rec-cat dir-extract stats-accum; do
		run -3 --separate-stderr "$program" -o out records.4097
		[[ $stderr == *"corrupt block: record count is out of range" ]]
		run -3 --separate-stderr "$program" -o out paths.5
		[[ $stderr == *"corrupt block: directory paths are too long" ]]
		# These are wrong for other reasons.
		run -3 --separate-stderr "$program" -o out records.4096
		[[ $stderr == *"ledger"* ]]
		run -3 --separate-stderr "$program" -o out paths.4
		[[ $stderr != *"too long"* ]]
	done
}

# Values between 0 and the largest of each field, so that columns have each width there can be.
@test "rec-cat: columns of every width, and the largest values, are read as the manual says" {
	perl -e '
		my ($u32, $u63, $u64) = (~0 >> 32, ~0 >> 1, ~0);
		my @most = ($u64, $u64, $u32, $u32, 0, $u32, $u63, $u63, (253402300799) x 2, $u64);
		my @least = ((0) x 8, (-62135596800) x 2, 0);
		for my $bits (0, 1, 7, 8, 9, 15, 16, 23, 24, 31, 32, 33, 39, 47, 48, 55, 56, 62, 63, 64) {
			open my $out, "|-", "sed s/^/@{[$bits]}:/ >>all" or die;
			for my $type ("d", "-") {
				for my $row (0 .. 2) {
					my $more = $bits < 64 ? (1 << $bits) - $row % 2 : $u64;
					my @v = $row ? map { $more < $most[$_] - $least[$_] ? $least[$_] + $more : $most[$_] }
						0 .. $#most : @least;
					@v[4, 5] = ($type eq "d" ? "040755" : "100644", $v[5] || "");
					print $out join(",", "/$type$row" . "x" x ($row * $bits * 3), $type, @v), "\n";
				}
			}
		}'
	local bits
	for bits in 0 1 7 8 9 15 16 23 24 31 32 33 39 47 48 55 56 62 63 64; do
		sed -n "s/^$bits://p" all | text_of entry >text
		rec-cat --unverified -b -o binary text
		rec-cat binary | sed '1,2d;$d' >rows
		sed '1,2d;$d' text | cmp - rows
		stream-tool rows binary | cmp - rows
	done
}

@test "rec-cat: text may lack nothing, not the last line feed, and have nothing more" {
	make_stream dir good
	rec-cat good >text
	head -c -1 text >unended
	run -3 --separate-stderr rec-cat unended
	[[ $stderr == *"truncated: the input ends inside a line" ]]
	{ cat text; tail -n 1 text; } >twice
	run -3 rec-cat twice
	sed 's/$/\r/' text >crlf
	run -3 rec-cat crlf
	{ printf '\xef\xbb\xbf'; cat text; } >bom
	run -3 rec-cat bom
	sed '2s/path/Path/' text >columns
	run -3 --separate-stderr rec-cat columns
	[[ $stderr == "rec-cat: columns: line 2: "* ]]
	sed '2s/$/\x00more/' text >columns
	run -3 rec-cat columns
	sed '$s/$/\x00more/' text >behind
	run -3 rec-cat behind
	sed '1s/$/\x00more/' text >first
	run -3 rec-cat first
	sed '$s/records=10/records=11/' text >count
	run -3 --separate-stderr rec-cat count
	[[ $stderr == *"the #end line counts 11 records, there are 10" ]]
}

# keeps_limits STREAM LONGEST: each block is within the limits of treetally-stream(5), and each but
# the last one is as full as one of them allows, give or take a record of LONGEST bytes.
keeps_limits() {
	stream-tool info "$1" | awk -v longest="$2" '
		$1 == "block" {
			for (i = 4; i <= NF; i++) { split($i, field, "="); value[field[1]] = field[2] }
			payload = $3 - 40
			if (value["records"] > 65536 || payload > 262144 || value["paths"] > 4194304)
				if (value["records"] > 1) { print "over: " $0; exit 1 }
			if (not_full) { print "not full: " not_full; exit 1 }
			not_full = value["records"] == 65536 || payload > 262144 - longest - 200 ||
				value["paths"] > 4194304 - longest ? "" : $0
			blocks++
		}
		END { exit blocks < 2 }'
}

@test "rec-cat: blocks keep to their limits, and use them" {
	# As many records as a block may have: names of three letters, most of which share two.
	perl -e 'my @l = ("0" .. "9", "A" .. "Z", "a" .. "z", "_", "=");
		for my $x (@l) { for my $y (@l) { print "/$x$y$_,0,,,,,,\n" for @l } }' | text_of dir >text
	rec-cat -b text -o records
	keeps_limits records 4
	[[ $(stream-tool info records | grep -c ' records=65536 ') == 4 ]]
	# Long paths that share almost everything: the decoded bytes are what there is too much of.
	perl -e 'my $long = "/" . "x" x 4000; print "$long/$_,0,,,,,,\n" for 1 .. 4000' | text_of dir >text
	rec-cat -b text -o paths
	keeps_limits paths 4006
	# Long paths that share nothing, one of the longest among them.
	perl -e 'print "/", chr(160 + $_), "x" x ($_ == 20 ? 65533 : 30000), ",0,,,,,,\n" for 1 .. 40' |
		text_of dir >text
	rec-cat -b text -o payload
	keeps_limits payload 65535
	local name
	for name in records paths payload; do
		stream-tool rows $name | cmp - <(rows $name)
		depth-sort -S 4M $name | rows | LC_ALL=C sort | cmp - <(rows $name | LC_ALL=C sort)
	done
	# Entries: a block's payload is reckoned with more than they take.
	perl -e 'my $rest = "s=1 a=8 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 00:00:00";
		print "$_ 1 0  $rest -- /d/$_\n" for 1 .. 9000;
		print "1 1 0  $rest -- /", chr(160 + $_), "x" x 30000, "/f\n" for 1 .. 40;' | parse -o entry
	rec-cat -b entry -o again
	stream-tool info again | awk '$1 == "block" && $3 - 40 > 262144 { exit 1 }'
	stream-tool rows again | cmp - <(rows again)
}

# assume STREAM WORDS: the stream with these assumptions in its trailer, on standard output.
assume() {
	# shellcheck disable=SC2094 # read twice
	stream-tool edit --seal "end=digest=(\\w+)/digest=$(digest_of "$1")\\tassumptions=$2" <"$1"
}

digest_of() {
	rec-cat --info "$1" | sed -n 's/^digest=//p'
}

@test "rec-cat: assumptions go through every program, and of several streams all are kept and added up" {
	make_stream entry entry
	assume entry 'unseen=3 unverified' >marked
	run -0 rec-cat --info marked
	[[ $output == *$'\nassumptions=unseen=3 unverified\nsource='* ]]
	[[ $(rec-cat marked | tail -n 1) == *$'\tassumptions=unseen=3 unverified\tsource='* ]]
	rec-cat marked | rec-cat -b | cmp marked
	dir-extract marked | depth-sort | rec-cat --info - | grep -qx 'assumptions=unseen=3 unverified'
	stats-accum marked | depth-sort -m | rec-cat --info - | grep -qx 'assumptions=unseen=3 unverified'
	assume entry unseen=4 >other
	rec-cat -b --force marked other entry | rec-cat --info - | grep -qx 'assumptions=unseen=7 unverified'
	rec-cat other | rec-cat --unverified | rec-cat --info - | grep -qx 'assumptions=unseen=4 unverified'
	run -0 rec-cat --info entry
	[[ $output != *assumptions* ]]
	assume entry unseen=9223372036854775807 >most
	rec-cat --info most | grep -qx assumptions=unseen=9223372036854775807
	run -3 rec-cat -b --force most other -o sum
	[[ $output == *"exceeds 2^63-1" ]]
}

@test "rec-cat: assumptions that no program writes are refused" {
	local words
	make_stream entry entry
	for words in '' ' ' unseen unseen= unseen=0 unseen=03 unseen=-1 unseen=x unseen=9223372036854775808 \
		unseen=99999999999999999999999 'unseen=1 ' ' unseen=1' 'unseen=1  unverified' \
		'unverified unseen=1' 'unverified unverified' 'unseen=1 unseen=2' unverified=1 \
		unverifie unverifiedx unverified,unseen guessed; do
		assume entry "$words" >wrong
		run -3 rec-cat wrong
		[[ $output == *"corrupt trailer: its text is not understood" ]] || { echo "'$words': $output"; false; }
	done
}

@test "rec-cat: entries that are not those of the ledger are refused, by digest and by count" {
	local change column
	make_stream entry entry
	rec-cat entry >text
	# Each field of one file, one more than it was.
	for column in 3 4 5 6 9 10 11 12; do
		awk -F'\t' -v OFS='\t' -v column=$column '$1 == "/gpfs/fs1/top.txt" { $column++ } { print }' text >wrong
		run -1 cmp -s text wrong
		run -3 --separate-stderr rec-cat wrong
		[[ $stderr == "rec-cat: wrong: corrupt ledger: "* ]]
		run -3 rec-cat --info wrong
		rec-cat --unverified wrong >/dev/null
	done
	for change in 's,^/gpfs/fs1/top.txt,&x,' 's,^(/gpfs/fs1/top.txt\t-.*\t100)644,\1600,'; do
		sed -E "$change" text >wrong
		run -1 cmp -s text wrong
		run -3 --separate-stderr rec-cat wrong
		[[ $stderr == "rec-cat: wrong: corrupt ledger: the digest is not that of the records" ]]
	done
	# The sums of usage rows too, in any order; and of a merge.
	make_stream usage usage
	run -3 --separate-stderr depth-sort <(rec-cat usage | sed 3d)
	[[ $stderr == *": corrupt ledger: files is 19, but the records add up to "* || $stderr == *counts* ]]
	rec-cat usage | awk -F'\t' -v OFS='\t' 'NR == 3 { $7 += 512 } { print }' >wrong
	for column in "rec-cat" "depth-sort" "depth-sort -m" "depth-sort -c"; do
		# shellcheck disable=SC2086 # a program and its options
		run -3 --separate-stderr $column wrong
		[[ $stderr == *": wrong: corrupt ledger: allocated is "*", but the records add up to "* ]]
	done
}
