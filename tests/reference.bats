#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The reference itself, on logs whose tables were worked out by hand; then the programs against the reference, on logs
# that tests/make/make-log makes. All ages are reckoned from 2026-01-11.

load lib/helper

reference() {
	command reference --scan-date 2026-01-11 "$@"
}

# table LOG TABLE [OPTION...]: the rows of one table, columns separated by blanks.
table() {
	reference "$1" "${@:3}" | awk -F '\t' -v OFS=' ' -v table="$2" '$1 == table { $1 = ""; print substr($0, 2) }'
}

# expect LOG TABLE [OPTION...]: the table has exactly the rows on stdin, in which columns may be aligned with blanks.
expect() {
	diff <(sed 's/^[ \t]*//; s/  */ /g') <(table "$@")
}

# A regular file of 1024 bytes in 8 KiB: file PATH [UID [GID]].
file() {
	line 7 "$1" 1024 8 "${2:-1000}" "${3:-100}"
}

dir() {
	line 7 "$1" 4096 4 "${2:-1000}" "${3:-100}" drwxr-xr-x
}

@test "reference: a small log, every table" {
	{
		line 10 /gpfs/fs1 4096 4 0 0 drwxr-xr-x
		line 11 /gpfs/fs1/a 4096 0 1000 100 drwxrwxrwt
		line 12 /gpfs/fs1/empty 4096 4 1002 100 drwxr-xr-x
		# One 30 days old, to the second, with its data in the inode; one a second younger.
		line 20 /gpfs/fs1/a/f1 1000 0 1000 100 -rw-r--r-- '2025-12-12 00:00:00' '2001-09-09 01:46:40'
		line 21 /gpfs/fs1/a/f2 1 1 1001 100 -rw-r--r-- '2025-12-12 00:00:01' '2001-09-09 01:46:39'
		# In directories without a line.
		line 22 /gpfs/fs1/b/c/g 99999999 12288 1000 101 -rw-r--r-- '1969-12-31 23:59:59' '1970-01-01 00:00:01'
		line 23 /gpfs/fs1/b/c/h 99999999 12288 1000 101 -rw-r--r-- '1969-12-31 23:59:58' never
		echo '[I] message'
		echo
		line 24 relative
	} >20260111_gpfs_fs1.list.log
	# dir_id parent_id name depth inode generation uid gid mode allocated
	expect 20260111_gpfs_fs1.list.log directories <<-'END'
		1 NULL /     0 NULL NULL       NULL NULL NULL  NULL
		2 1    gpfs  1 NULL NULL       NULL NULL NULL  NULL
		3 2    fs1   2 10   1910420955 0    0    16877 4096
		4 3    a     3 11   1910420955 1000 100  17407 0
		5 3    b     3 NULL NULL       NULL NULL NULL  NULL
		6 5    c     4 NULL NULL       NULL NULL NULL  NULL
		7 3    empty 3 12   1910420955 1002 100  16877 4096
	END
	# Directly: files, allocated, apparent, directories, atime, mtime; the same for the subtree; owner_uid owner_gid.
	expect 20260111_gpfs_fs1.list.log directory_stats <<-'END'
		1 0 0        0         1 NULL       NULL       4 25167848 200000999 6 1765497601 1000000000 NULL NULL
		2 0 0        0         1 NULL       NULL       4 25167848 200000999 5 1765497601 1000000000 NULL NULL
		3 0 0        0         3 NULL       NULL       4 25167848 200000999 4 1765497601 1000000000 NULL NULL
		4 2 2024     1001      0 1765497601 1000000000 2 2024     1001      0 1765497601 1000000000 NULL 100
		5 0 0        0         1 NULL       NULL       2 25165824 199999998 1 -1         1          1000 101
		6 2 25165824 199999998 0 -1         1          2 25165824 199999998 0 -1         1          1000 101
		7 0 0        0         0 NULL       NULL       0 0        0         0 NULL       NULL       -1   -1
	END
	# dir_id uid gid age_bucket size_bucket file_count total_size apparent_size
	expect 20260111_gpfs_fs1.list.log usage_nr <<-'END'
		4 1000 100 1 0 1 1000     1000
		4 1001 100 0 1 1 1024     1
		6 1000 101 9 5 2 25165824 199999998
	END
	expect 20260111_gpfs_fs1.list.log usage_r <<-'END'
		3 1000 100 1 0 1 1000     1000
		3 1000 101 9 5 2 25165824 199999998
		3 1001 100 0 1 1 1024     1
	END
	# id total_size apparent_size total_files seen_size seen_apparent seen_files directory_count directories_owned
	expect 20260111_gpfs_fs1.list.log owner_summary <<-'END'
		0    0        0         0 0        0         0 0 1
		1000 25166824 200000998 3 25166824 200000998 3 2 1
		1001 1024     1         1 1024     1         1 1 0
		1002 0        0         0 0        0         0 0 1
	END
	expect 20260111_gpfs_fs1.list.log group_summary <<-'END'
		0   0        0         0 0        0         0 0 1
		100 2024     1001      2 2024     1001      2 1 2
		101 25165824 199999998 2 25165824 199999998 2 1 0
	END
	expect 20260111_gpfs_fs1.list.log access_histogram <<-'END'
		1000 1 1 1000
		1000 9 2 25165824
		1001 0 1 1024
	END
	expect 20260111_gpfs_fs1.list.log size_histogram <<-'END'
		1000 0 1 1000
		1000 5 2 25165824
		1001 1 1 1024
	END
	expect 20260111_gpfs_fs1.list.log scan_metadata <<-'END'
		source_file 20260111_gpfs_fs1.list.log
		scan_timestamp 1768089600
		filesystem fs1
		scan_root /gpfs/fs1
		scan_root_id 3
		age_by atime
		assumptions 
		total_directories 7
		implied_directories 4
		total_files 4
		total_size 25167848
		apparent_size 200000999
		once_files 4
		once_size 25167848
		once_apparent 200000999
		linked_inodes 0
		links_outside 0
		links_disagree 0
		links_repeated 0
		lines 10
		skipped_blank 1
		skipped_comment 0
		skipped_message 1
		skipped_unrecognised 0
		skipped_continued 0
		rejected 1
		entries 7
		directory_lines 3
		directory_bytes 8192
		inline_files 1
		inline_bytes 1000
		multilink_files 0
		multilink_bytes 0
		snapshot_entries 0
		bad_optional 2
		unproved_sources 1
	END
	expect 20260111_gpfs_fs1.list.log scan_sources <<<'20260111_gpfs_fs1.list.log 10'
	expect 20260111_gpfs_fs1.list.log scan_rejects <<<'no absolute path 1 20260111_gpfs_fs1.list.log:10'
}

# link PATH INODE LINKS [KIB [UID [GENERATION [SNAPSHOT]]]]
link() {
	printf '%s %s %s  s=1 a=%s u=%s g=100 p=-rw-r--r-- ac=2026-01-10 00:00:00 nl=%s -- %s\n' "$2" "${6:-1}" \
		"${7:-0}" "${4:-4}" "${5:-7}" "$3" "$1"
}

@test "reference: links, by hand" {
	{
		# Two of two in one directory; three of three, in three; one of two; two of three.
		link /r/a/one 11 2 && link /r/a/two 11 2
		link /r/a/b/x 12 3 8 && link /r/a/c/x 12 3 8 && link /r/d/x 12 3 8
		link /r/d/lost 13 2 16
		link /r/a/e 14 3 32 && link /r/d/e 14 3 32
		# The same inode in a snapshot, or of another generation, is another one, and so are those without a number.
		link /r/d/snap 11 2 4 7 1 5 && link /r/d/old 11 2 4 7 2
		link /r/d/null1 0 2 && link /r/d/null2 0 2
		# A line that is there twice, and a path that is there with two sizes: each counts once, with the first.
		link /r/a/rep 15 2 4 && link /r/a/rep 15 2 4
		link /r/a/grown 16 2 64 && link /r/a/grown 16 2 128 8
	} >20260111_x_l.list
	expect 20260111_x_l.list links <<-'END'
		1  1 6 null1 7 100 0 1 4096   1 2 1 0 0 0 1
		2  1 6 null2 7 100 0 1 4096   1 2 1 0 0 0 1
		3  1 3 one   7 100 0 1 4096   1 2 1 0 0 11 1
		3  2 3 two   7 100 0 1 4096   1 2 1 0 0 11 1
		4  1 6 old   7 100 0 1 4096   1 2 1 0 0 11 2
		5  1 4 x     7 100 0 1 8192   1 3 1 0 0 12 1
		5  2 5 x     7 100 0 1 8192   1 3 1 0 0 12 1
		5  3 6 x     7 100 0 1 8192   1 3 1 0 0 12 1
		6  1 6 lost  7 100 0 2 16384  1 2 1 0 0 13 1
		7  1 3 e     7 100 0 2 32768  1 3 1 0 0 14 1
		7  2 6 e     7 100 0 2 32768  1 3 1 0 0 14 1
		8  1 3 rep   7 100 0 1 4096   1 2 2 0 0 15 1
		9  1 3 grown 7 100 0 2 65536  1 2 1 0 0 16 1
		9  2 3 grown 8 100 0 3 131072 1 2 1 1 0 16 1
		10 1 6 snap  7 100 0 1 4096   1 2 1 0 5 11 1
	END
	# dir_id uid gid age_bucket size_bucket, repeated files, allocated, apparent, kept likewise
	expect 20260111_x_l.list link_usage <<-'END'
		2 7 100 0 1 1 8192   1 -1 -8192 -1
		2 7 100 0 2 1 32768  1 0 0      0
		3 7 100 0 1 3 16384  3 3 12288  3
		3 7 100 0 2 0 0      0 2 98304  2
		3 8 100 0 3 1 131072 1 1 131072 1
		4 7 100 0 1 0 0      0 1 8192   1
		5 7 100 0 1 0 0      0 1 8192   1
		6 7 100 0 1 0 0      0 5 24576  5
		6 7 100 0 2 0 0      0 2 49152  2
	END
	expect 20260111_x_l.list link_usage_r <<-'END'
		2 7 100 0 1 4 24576  4 9 45056  9
		2 7 100 0 2 1 32768  1 4 147456 4
		2 8 100 0 3 1 131072 1 1 131072 1
	END
	# dir_id, repeated directly, repeated and kept in the subtree
	expect 20260111_x_l.list link_stats <<-'END'
		1 0 0      0 6 188416 6 14 323584 14
		2 0 0      0 6 188416 6 14 323584 14
		3 3 139264 3 4 147456 4 8 258048  8
		4 0 0      0 0 0      0 1 8192    1
		5 0 0      0 0 0      0 1 8192    1
		6 0 0      0 0 0      0 7 73728   7
	END
	[[ $(table 20260111_x_l.list scan_metadata | grep -e once -e link) == 'once_files 10
once_size 147456
once_apparent 10
linked_inodes 10
links_outside 8
links_disagree 1
links_repeated 2
multilink_files 16
multilink_bytes 335872' ]]
}

@test "reference: age is floored to whole days; a limit belongs to the bucket that it opens" {
	local uid=0 expected when
	while read -r expected when; do
		uid=$((uid + 1))
		line 7 /d/f 1024 8 $uid 100 -rw-r--r-- "$when"
		echo "$uid $expected" >&3
	done >log 3>want < <(age_borders)
	diff want <(table log usage_nr | cut -d ' ' -f 2,4)
}

@test "reference: times in seconds, before 1970 and with a leap second too" {
	local n=0 expected when
	while read -r expected when; do
		n=$((n + 1))
		[[ $when == *:60 || $when == *.* ]] || [[ $(date -u -d "$when" +%s) == "$expected" ]]
		line 7 "/d/$(printf %02d $n)/f" 1024 8 1000 100 -rw-r--r-- "$when"
		echo "$expected" >&3
	done >log 3>want <<-'END'
		0 1970-01-01 00:00:00
		-1 1969-12-31 23:59:59
		-1 1969-12-31 23:59:59.999999
		951782399 2000-02-28 23:59:59
		951782400 2000-02-29 00:00:00
		951868800 2000-03-01 00:00:00
		-2203977600 1900-02-28 00:00:00
		-2203891200 1900-03-01 00:00:00
		1483228799 2016-12-31 23:59:60
		2147483648 2038-01-19 03:14:08
		-62135596800 0001-01-01 00:00:00
		253402300799 9999-12-31 23:59:59
	END
	diff want <(table log directory_stats | awk '$6 != "NULL" { print $6 }')
}

@test "reference: size buckets go by allocated bytes; data in the inode counts as its size" {
	local uid=0 bucket allocated size kib mode
	while read -r bucket allocated size kib mode; do
		uid=$((uid + 1))
		line 7 /d/f "$size" "$kib" $uid 100 "${mode:--rw-r--r--}"
		echo "$uid $bucket $allocated $size" >&3
	done >log 3>want <<-'END'
		0 0 0 0
		0 1 1 0
		0 1023 1023 0
		1 1024 1024 0
		1 4096 4096 0
		0 0 4097 0
		0 0 1048576 0
		0 0 11 0 lrwxrwxrwx
		0 0 100 0 ?rw-r--r--
		0 0 0 0 prw-r--r--
		1 1024 0 1
		1 9216 1 9
		2 10240 1 10
		2 101376 1 99
		3 102400 1 100
		3 1047552 1 1023
		4 1048576 1 1024
		4 10484736 1 10239
		5 10485760 1 10240
		5 104856576 1 102399
		6 104857600 1 102400
		6 1073740800 1 1048575
		7 1073741824 1 1048576
		7 10737417216 1 10485759
		8 10737418240 1 10485760
		8 107374181376 1 104857599
		9 107374182400 1 104857600
		1 1024 1000 1
	END
	diff want <(table log usage_nr | cut -d ' ' -f 2,5,7,8)
	[[ $(table log scan_metadata | grep inline) == 'inline_files 5'$'\n''inline_bytes 6144' ]]
}

@test "reference: apparent sizes stop at 2^63 - 1" {
	{
		line 1 /d/f 9223372036854775807 8
		line 2 /d/g 1 8
		line 3 /d/e/h 9223372036854775806 8
		line 4 /d/e/i 1 8
	} >log
	[[ $(table log directory_stats | cut -d ' ' -f 1,4,10) == "1 0 9223372036854775807
2 9223372036854775807 9223372036854775807
3 9223372036854775807 9223372036854775807" ]]
}

@test "reference: a log without a file has sums of 0 and no time" {
	dir /d >log
	[[ $(table log directory_stats) == '1 0 0 0 1 NULL NULL 0 0 0 1 NULL NULL -1 -1
2 0 0 0 0 NULL NULL 0 0 0 0 NULL NULL -1 -1' ]]
	[[ $(table log scan_metadata | grep -e _size -e _files) == 'total_files 0
total_size 0
apparent_size 0
once_files 0
once_size 0
inline_files 0
multilink_files 0' ]]
	[[ -z $(table log usage_nr; table log usage_r; table log access_histogram; table log size_histogram) ]]
	expect log owner_summary <<<'1000 0 0 0 0 0 0 0 1'
}

@test "reference: an owner of a directory is -1 for none, NULL for several" {
	{
		dir /d 1
		dir /d/none 1
		dir /d/none/below 1
		file /d/one/x/f 2 20
		file /d/one/y/f 2 21
		file /d/two/f 2 20
		file /d/two/f 4294967294 20
		file /d/unsigned/f 4294967295 4294967295
	} >log
	expect log directories <<-'END'
		1 NULL /        0 NULL NULL       NULL NULL NULL  NULL
		2 1    d        1 7    1910420955 1    100  16877 4096
		3 2    none     2 7    1910420955 1    100  16877 4096
		4 3    below    3 7    1910420955 1    100  16877 4096
		5 2    one      2 NULL NULL       NULL NULL NULL  NULL
		6 5    x        3 NULL NULL       NULL NULL NULL  NULL
		7 5    y        3 NULL NULL       NULL NULL NULL  NULL
		8 2    two      2 NULL NULL       NULL NULL NULL  NULL
		9 2    unsigned 2 NULL NULL       NULL NULL NULL  NULL
	END
	diff <(table log directory_stats | cut -d ' ' -f 1,14,15) - <<-'END'
		1 NULL NULL
		2 NULL NULL
		3 -1 -1
		4 -1 -1
		5 2 NULL
		6 2 20
		7 2 21
		8 NULL 20
		9 4294967295 4294967295
	END
}

# scan_root PATH...: of a log of these entries; a path that ends in a slash is a directory's.
scan_root() {
	local path
	for path; do
		if [[ $path == */ ]]; then dir "$path"; else file "$path"; fi
	done >log
	table log scan_metadata | sed -n 's/^scan_root //p'
}

@test "reference: the scan root is or contains every entry" {
	[[ $(scan_root /a/b/f) == /a/b ]]
	[[ $(scan_root /a/b/) == /a/b ]]
	[[ $(scan_root /a/b/ /a/b/f) == /a/b ]]
	[[ $(scan_root /a/b/ /a/b/c/f) == /a/b ]]
	[[ $(scan_root /a/b/ /a/b/c/d/) == /a/b ]]
	[[ $(scan_root /a/b/c/f /a/b/d/f) == /a/b ]]
	[[ $(scan_root /a/b/c/f /a/b) == /a ]]
	[[ $(scan_root /a/bc/f /a/b/f) == /a ]]
	[[ $(scan_root /a/f /b/f) == / ]]
	[[ $(scan_root /f) == / ]]
	[[ $(scan_root /) == / ]]
	[[ $(scan_root /a/b/f /) == / ]]
}

@test "reference: a directory stands right before its subtree" {
	for name in 'a b' a- a. a0 A $'a\x01' $'a\xff' ab a; do
		dir "/$name/x"
	done >log
	diff <(table log directories | cut -d ' ' -f 1-3) - <<-'END'
		1 NULL /
		2 1 A
		3 2 x
		4 1 a
		5 4 x
		6 1 \text:6101
		7 6 x
		8 1 a
		9 8 x
		10 1 a-
		11 10 x
		12 1 a.
		13 12 x
		14 1 a0
		15 14 x
		16 1 ab
		17 16 x
		18 1 \blob:61FF
		19 18 x
	END
}

@test "reference: names are text when they are UTF-8, else blobs" {
	local expected name
	while read -r expected name; do
		dir "/$(printf '%b.' "$name")"
		printf '%s2E\n' "$expected" >&3
	done >log 3>want <<-'END'
		\text:09 \t
		\text:5C \\
		\text:7F \x7f
		\blob:80 \x80
		\blob:C0AF \xc0\xaf
		\blob:C1BF \xc1\xbf
		\blob:C3 \xc3
		\text:C3A9 \xc3\xa9
		\blob:E09F80 \xe0\x9f\x80
		\text:E0A080 \xe0\xa0\x80
		\text:ED9FBF \xed\x9f\xbf
		\blob:EDA080 \xed\xa0\x80
		\text:EFBFBF \xef\xbf\xbf
		\blob:F08F8080 \xf0\x8f\x80\x80
		\text:F0908080 \xf0\x90\x80\x80
		\text:F48FBFBF \xf4\x8f\xbf\xbf
		\blob:F4908080 \xf4\x90\x80\x80
		\blob:FF \xff
	END
	diff want <(table log directories | sed 1d | cut -d ' ' -f 3)
}

@test "reference: of several lines of a directory the largest counts" {
	{
		dir /d/a 5
		dir /d/a 6
		dir /d/a/ 4
		file /d/a/f
		line 9 /d/b 1 0 1 1 drwx------
		line 8 /d/b 1 9 9 9 drwxrwxrwx
	} >log
	diff <(table log directories | cut -d ' ' -f 1-3,5,7- | tail -n 3) - <<-'END'
		2 1 d NULL NULL NULL NULL NULL
		3 2 a 7 6 100 16877 4096
		4 2 b 9 1 1 16832 0
	END
	[[ $(table log owner_summary) == $'1 0 0 0 0 0 0 0 1\n6 0 0 0 0 0 0 0 1\n1000 8192 1024 1 8192 1024 1 1 0' ]]
	[[ $(table log scan_metadata | grep ^directory_) == $'directory_lines 5\ndirectory_bytes 21504' ]]
}

@test "reference: what is no record, and why" {
	local good
	good=$(show)
	{
		printf '\xef\xbb\xbf<0> 1 1 0  %s -- /d/f\n' "$good"
		echo ' ' && echo && echo '#' && echo '<3> [I] x -- /x' && echo '[W]'
		echo 'tail' && echo ' 1 1 0' && echo '<x> 1'
		printf '1 1 0  %s -- /d/\0\n' "$good"
		printf '1 1 0  %s -- /%70000d\n' "$good" 0
		echo "1 1 0  $good -- f" && echo "1 1 0  $good --" && echo '838 files'
		for key in s a u g p ac; do
			printf '1 1 0  %s -- /d/f\n' "${good/$key=/x=}"
		done
		echo '1 1 0   -- /d/f' && echo '1 1 0  _NULL_ -- /d/f'
		echo "1x 1 0  $good -- /d/f" && echo "18446744073709551616 1 0  $good -- /d/f"
		echo "1 -4 0  $good -- /d/f"
		echo "1 1 -7  $good -- /d/f"
		line 1 /d/f 9223372036854775808 && line 1 /d/f -1 8
		line 1 /d/f 1 9007199254740992
		line 1 /d/f 1 1 4294967296 && line 1 /d/f 1 1 -2
		line 1 /d/f 1 1 1 abc
		line 1 /d/f 1 1 1 1 -rw-r--r-
		line 1 /d/f 1 1 1 1 -rw-r--r-- '2025-02-29 00:00:00'
		echo "<0> 1 1 0  s=1 a=8 <1> 2 1 0  $good -- /d/f"
		line 1 /d/./f && line 1 /d/..
		line 1 // 1 1
		line 1 '/d/...%zz%2F'
	} >log
	diff <(table log scan_rejects | sed 's/ log:.*//') - <<-'END'
		bad allocated 1
		bad generation 1
		bad gid 1
		bad inode 2
		bad mode 1
		bad size 2
		bad snapshot 1
		bad time 1
		bad uid 2
		dot component 2
		interleaved 1
		missing field 8
		no absolute path 3
		nul 1
		root is no directory 1
		too long 1
	END
	diff <(table log scan_metadata | sed -n '/^lines/,/^entries/p') - <<-'END'
		lines 39
		skipped_blank 2
		skipped_comment 1
		skipped_message 2
		skipped_unrecognised 0
		skipped_continued 3
		rejected 29
		entries 2
	END
}

@test "reference: optional values may be missing or bad, keys may stand in any order" {
	{
		echo '1 1 7  nl=2 cr=x mt=2025-02-29 00:00:00 ac=2026-01-11 00:00:00 p=-rw-r--r-- g=1 u=1 a=1 s=1 -- /d/f'
		printf '1 1 0\tp=-rw-r--r--+\tg=1\tu=1\ta=1\ts=1\tac=2026-01-11\t00:00:00\t--\t/d/g -- /h\n'
		echo '1 1 0  xs=9 s=1 s=2 -- stray a=1 a=3 u=1 g=1 x=y z p=-rw-r--r-- ac=2026-01-11 00:00:00 nl=3 nl=x -- /d/i'
	} >log
	expect log usage_nr <<-'END'
		2 1 1 0 1 2 2048 2
		3 1 1 0 1 1 1024 1
	END
	[[ $(table log directories | cut -d ' ' -f 3-) == *$'\n''g --  2 '* ]]
	diff <(table log scan_metadata | tail -n 5) - <<-'END'
		multilink_files 2
		multilink_bytes 2048
		snapshot_entries 1
		bad_optional 2
		unproved_sources 1
	END
}

@test "reference: ages by modification and by the newer time" {
	{
		line 1 /d/f 1 1 1 1 -rw-r--r-- '2026-01-01 00:00:00' '2015-01-01 00:00:00'
		line 1 /d/f 1 1 2 1 -rw-r--r-- '2015-01-01 00:00:00' '2026-01-01 00:00:00'
		line 1 /d/f 1 1 3 1 -rw-r--r-- '2025-06-01 00:00:00' never
	} >log
	[[ $(table log access_histogram) == $'1 0 1 1024\n2 9 1 1024\n3 3 1 1024' ]]
	[[ $(table log access_histogram --age-by mtime) == $'1 9 1 1024\n2 0 1 1024\n3 3 1 1024' ]]
	[[ $(table log access_histogram --age-by newest) == $'1 0 1 1024\n2 0 1 1024\n3 3 1 1024' ]]
}

@test "reference: percent signs are decoded where the first line says so" {
	{
		file /d/%2541/f
		file /d/100%/f
		file /d/x%2Fy
		file /d/x%00
		file /d/%2e%2E/f
	} >log
	[[ $(table log directories | cut -d ' ' -f 3 | paste -sd ' ') == '/ d %2541 %2e%2E 100%' ]]
	sed -i '1i # treetally scan-tree 1 escape=pct scan_date=2026-01-11 filesystem=fs%1' log
	[[ $(table log directories | cut -d ' ' -f 3 | paste -sd ' ') == '/ d %41' ]]
	[[ $(table log scan_rejects | sed 's/ log:.*//' | paste -sd ,) == 'bad escape 1,dot component 1,nul 1,slash 1' ]]
	[[ $(table log scan_metadata | grep filesystem) == 'filesystem fs%1' ]]
}

# heavy N: a directory with children, another without one, each with N usage rows below, of 1000 owners.
heavy() {
	awk -v n="$1" -v show="$(show 1 1 %u 1)" 'BEGIN {
		for (i = 0; i < n; i++) {
			with = show; sub(/%u/, i % 1000, with)
			print "1 1 0  " with " -- /top/parent/" (i < 1000 ? "" : int(i / 1000) "/") "f"
			with = show; sub(/%u/, 5000 + i, with)
			print "1 1 0  " with " -- /top/leaf/f"
		}
	}'
}

@test "reference: a directory with a child answers for itself where that saves 4096 rows" {
	heavy 4095 >log
	[[ $(table log usage_r | cut -d ' ' -f 1 | uniq -c | xargs) == '5095 2' ]]
	heavy 4096 >log
	[[ $(table log usage_r | cut -d ' ' -f 1 | uniq -c | xargs) == '5096 2 1000 4' ]]
	[[ $(table log directories | sed -n 4p) == '4 2 parent '* ]]
}

@test "make-log: the same log for the same seed, and the parts are the whole" {
	make-log --lines 2000 --seed 5 >log
	[[ $(wc -l <log) == 2000 ]]
	make-log --lines 2000 --seed 5 | cmp log
	run -1 cmp -s log <(make-log --lines 2000 --seed 6)
	for part in 1/3 2/3 3/3; do
		make-log --lines 2000 --seed 5 --shard $part >"part.${part%/*}"
		[[ -s part.${part%/*} ]]
	done
	cmp <(sort log) <(sort part.?)
}

# Both branches by hand, with as little memory as they accept so that sorters spill: import LOG [AGE_BY].
import() (
	set -o pipefail
	gpfs-parse --scan-date 2026-01-11 "$1" | dir-extract -S 4M | depth-sort -S 4M | dir-load -S 4M db
	gpfs-parse --scan-date 2026-01-11 "$1" | stats-accum -S 4M --age-by "${2:-atime}" | stats-load -S 4M --no-names db
)

compare() {
	compare-db db "$1" --scan-date 2026-01-11 --age-by "${2:-atime}"
}

@test "compare-db: finds a difference in any table" {
	slow
	local change
	make-log --lines 1000 >log
	import log
	compare log
	cp db good
	while read -r change; do
		cp good db
		sqlite3 db "$change"
		run -1 compare log
		[[ $output == *" differ"* ]]
	done <<-'END'
		UPDATE directories SET name = CAST(name AS BLOB) WHERE dir_id = 2
		UPDATE directories SET generation = 1 WHERE dir_id = (SELECT max(dir_id) FROM directories WHERE inode)
		UPDATE directory_stats SET max_mtime_r = NULL WHERE dir_id = 1
		UPDATE usage_nr SET file_count = file_count + 1 WHERE dir_id = (SELECT max(dir_id) FROM usage_nr)
		DELETE FROM usage_r WHERE uid = 0
		UPDATE owner_summary SET directories_owned = 0
		UPDATE group_summary SET directory_count = 0
		UPDATE buckets SET upper = 31 WHERE kind = 'age' AND bucket_index = 0
		UPDATE scan_metadata SET multilink_bytes = 0
		UPDATE scan_sources SET lines = 1
		DELETE FROM scan_rejects
	END
}

@test "the programs agree with the reference: 10,000 lines" {
	make-log --lines 10000 --seed 1 >log
	import log
	compare log
}

@test "the programs agree with the reference: few directories, ages by modification" {
	make-log --lines "$(quick_or_all 5000 15000)" --dirs 60 --seed 2 >log
	import log mtime
	compare log mtime
}

@test "the programs agree with the reference: mostly directories, ages by the newer time" {
	slow
	make-log --lines 12000 --dirs 9000 --seed 3 --huge >log
	import log newest
	compare log newest
}

@test "the programs agree with the reference: percent-encoded names, one of them LF" {
	make-log --lines "$(quick_or_all 3000 10000)" --seed 4 --escape-pct >log
	import log
	compare log
}

@test "the programs agree with the reference: 100,000 lines" {
	slow
	make-log --lines 100000 --seed 5 >log
	import log
	compare log
}

@test "the programs agree with the reference: one owner per file, one file per directory, one directory" {
	slow
	for shape in owners singles wide; do
		make-log --shape $shape --lines 50000 >log
		rm -f db
		import log
		compare log
	done
}

@test "the programs agree with the reference: small logs" {
	dir /a/b >directory
	file /a/b/c >one_file
	file /f >file_in_root
	{
		file /a/b
		dir /a/b
		file /a/b/c 4294967295
		dir /
	} >same_name
	small_log >small
	for log in directory one_file file_in_root same_name small; do
		rm -f db
		import $log
		compare $log
	done
}

@test "the programs agree with the reference: the parts of a log" {
	local part lines
	lines=$(quick_or_all 3000 6000)
	for part in 1 2 3; do
		make-log --lines "$lines" --seed 6 --shard $part/3 >part$part
		gpfs-parse --scan-date 2026-01-11 part$part >entries$part
		dir-extract entries$part | depth-sort >dirs$part
	done
	depth-sort -m dirs[123] | dir-load db
	stats-accum entries[123] | stats-load --no-names db
	compare-db db part1 part2 part3 --scan-date 2026-01-11
	# As one log, but for what tells the sources apart.
	make-log --lines "$lines" --seed 6 >log
	local sources="source_file|scan_sources|scan_rejects|unproved_sources"
	diff <(reference log | grep -Ev "$sources") <(reference --dump db | grep -Ev "$sources")
}

@test "the programs agree with the reference: directories at the limit for rows of their own" {
	heavy 4095 >log
	import log
	compare log
	rm db
	heavy 4096 >log
	import log
	compare log
}

@test "the programs agree with the reference: a deep path" {
	slow
	make-log --shape deep --depth 1500 --lines 20 >log
	import log
	compare log
}
