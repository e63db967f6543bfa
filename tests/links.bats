#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Files with several links, from the log to the tables: against the reference, which goes through the
# paths of each inode, and against du(1) on real trees. What programs say of them is in
# link-answers.bats.

load lib/helper

export SCAN_DATE=2026-01-11

# link PATH INODE LINKS [KIB [UID [GENERATION [SNAPSHOT]]]]
link() {
	printf '%s %s %s  s=1 a=%s u=%s g=100 p=-rw-r--r-- ac=2026-01-10 00:00:00 nl=%s -- %s\n' "$2" "${6:-1}" \
		"${7:-0}" "${4:-4}" "${5:-7}" "$3" "$1"
}

# load_streams DB ENTRY...: both branches of entry streams into a database.
load_streams() {
	local db=$1
	shift
	dir-extract "$@" | depth-sort | dir-load --replace "$db"
	stats-accum "$@" | stats-load -q --no-names "$db"
}

# same_tables DB DB: rows of all tables but those that name sources, programs and times.
same_tables() {
	diff <(reference --dump "$1" | grep -av $'^scan_metadata\t\(source_file\|unproved\)\|^scan_sources\|^scan_rejects') \
		<(reference --dump "$2" | grep -av $'^scan_metadata\t\(source_file\|unproved\)\|^scan_sources\|^scan_rejects')
}

@test "links: the tables are those of the reference: random trees, and logs that nobody would wish for" {
	local seed
	for seed in 1 2 3 4 5 6; do
		make-links --seed $seed --inodes $((seed * 100)) --dirs $((10 + 20 * seed)) >20260111_x_fs1.list
		scan-import -q --replace --db t.db 20260111_x_fs1.list
		compare-db t.db 20260111_x_fs1.list
		scan-audit -q t.db --log 20260111_x_fs1.list
	done
	make-log --seed 7 --lines 4000 >20260111_x_fs1.list
	scan-import -q --replace --max-rejects 100% --db t.db 20260111_x_fs1.list
	compare-db t.db 20260111_x_fs1.list
}

@test "links: directories with rows in usage_r have rows in link_usage_r, one in the other" {
	slow
	# Thousands of rows with few keys, three levels of them; links from each to all others.
	perl -e '
		my $inode = 1;
		for my $dir ("a", "a/b", "a/b/c", "d") {
			for my $sub (1 .. 1200) {
				for my $file (1 .. 16) {
					my $id = $file == 1 ? 5 + $sub % 50 : ++$inode + 1000;
					my $links = $file == 1 ? 96 : $file == 2 ? 3 : 1;
					printf "%d 1 0  s=%d a=%d u=%d g=1 p=-rw-r--r-- ac=2025-12-0%d 00:00:00 nl=%d -- /r/%s/s%d/f%d\n",
						$id, $file, 4 ** ($file % 8), 7 + $file % 2, 1 + $file % 3, $links, $dir, $sub, $file;
				}
			}
		}' >20260111_x_fs1.list
	scan-import -q --db t.db 20260111_x_fs1.list
	(($(ask t.db 'SELECT count(DISTINCT dir_id) FROM link_usage_r') >= 4))
	compare-db t.db 20260111_x_fs1.list
	scan-audit -q t.db
}

@test "links: shards in any order and number give the same rows" {
	local k
	make-links --seed 11 --inodes 600 --dirs 60 >whole.list
	parse whole.list -o whole
	load_streams whole.db whole
	for k in 0 1 2 3 4; do
		awk -v k=$k 'NR % 5 == k' whole.list | parse --source "s$k" -o "part$k"
		stats-accum "part$k" -o "usage$k"
	done
	load_streams parts.db part3 part0 part4 part2 part1
	same_tables whole.db parts.db
	# Merged usage streams are the one of all, to the byte.
	depth-sort -m usage{2,0,1,4,3} | rows >merged
	stats-accum part{0,1,2,3,4} | rows | cmp - merged
	depth-sort -S 4M usage{4,1,3,0,2} | rows | cmp - merged
	shuf --random-source=<(yes) whole.list | parse --source s -o shuffled
	load_streams shuffled.db shuffled
	same_tables whole.db shuffled.db
}

@test "links: the same rows for any -S and -j" {
	local memory
	make-links --seed 12 --inodes 4000 --dirs 500 | parse -o entry
	load_streams want.db entry
	for memory in 4M 64M; do
		dir-extract entry | depth-sort | dir-load --replace t.db
		stats-accum -S $memory -T . entry | stats-load -q -S $memory -T . -j 1 --no-names t.db
		same_tables want.db t.db
	done
}

@test "links: one inode with 10^5 paths, and 10^6 linked inodes, at -S 64M" {
	local paths inodes
	paths=$(quick_or_all 20000 100000)
	inodes=$(quick_or_all 20000 1000000)
	perl -e '
		my ($paths, $inodes) = @ARGV;
		my $rest = "s=1 a=4 u=7 g=1 p=-rw-r--r-- ac=2026-01-10 00:00:00";
		printf "1 1 0  $rest nl=%d -- /r/d%d/e%d/f%d\n", $paths, $_ % 7, $_ % 1000, $_ for 1 .. $paths;
		for my $i (1 .. $inodes) {
			printf "%d 1 0  $rest nl=2 -- /r/%s%d/f%d\n", $i + 1, $_, $i % 5000, $i for "x", "y";
		}' "$paths" "$inodes" | parse -o entry
	dir-extract entry | depth-sort | dir-load t.db
	/usr/bin/env time -f %M -o accum.peak stats-accum -S 64M -T . entry -o usage
	/usr/bin/env time -f %M -o load.peak stats-load -q -S 64M -T . --no-names t.db usage
	# KiB; what the process needs beside -S.
	echo "peaks: $(tail -n 1 accum.peak) $(tail -n 1 load.peak)"
	(($(tail -n 1 accum.peak) < 96 * 1024 && $(tail -n 1 load.peak) < 96 * 1024))
	[[ $(ask t.db 'SELECT linked_inodes, links_outside, total_files - once_files, once_files FROM scan_metadata') == \
		"$((inodes + 1))|0|$((paths - 1 + inodes))|$((inodes + 1))" ]]
	[[ $(ask t.db "SELECT once_files_r, freed_files_r FROM tree WHERE path IN ('/r', '/r/x1', '/r/d1') ORDER BY path") == \
		"$((inodes + 1))|$((inodes + 1))"$'\n1|0\n'"$((inodes / 5000))|0" ]]
	run -0 scan-audit -q -S 64M t.db
}

@test "links: --links assume takes files of equal inodes for links, and says so" {
	{ link /r/a/x 5 2 && link /r/b/x 5 2 && link /r/c/y 6 2 && link /r/c/lone 7 2; } >with
	sed 's/ nl=2//' with | parse --source s -o entry
	dir-extract entry | depth-sort | dir-load t.db
	stats-accum entry | stats-load -q --no-names t.db
	[[ $(ask t.db 'SELECT once_files, linked_inodes, links_outside FROM scan_metadata') == '4|0|0' ]]
	dir-load --replace t.db <(dir-extract entry | depth-sort)
	stats-accum --links assume entry -o usage
	[[ $(rec-cat usage | tail -n 1) == *"assumptions="*links-assumed* ]]
	stats-load -q --no-names t.db usage
	[[ $(ask t.db 'SELECT once_files, linked_inodes, links_outside FROM scan_metadata') == '3|1|0' ]]
	[[ $(ask t.db 'SELECT count(*) FROM links') == 2 ]]
	[[ $(ask t.db 'SELECT assumptions FROM scan_metadata') == *links-assumed* ]]
	[[ $(ask t.db "SELECT freed_files_r FROM tree WHERE path = '/r/a' OR path = '/r' ORDER BY path") == $'3\n0' ]]
	scan-audit -q t.db
	# Where all counts are known it changes nothing.
	parse with -o entry
	stats-accum --links assume entry | cmp - <(stats-accum entry)
}

@test "links: a list with link counts but no inodes cannot tell links" {
	printf '%s\n' '2|f|1000|100|5|8|1768000000|1768000000|/r/'{a,b} >list
	list-parse -q --format 'find:%n|%y|%U|%G|%s|%b|%A@|%T@|%p\n' -f x --scan-date 2026-01-11 list -o entry
	[[ $(rec-cat entry | tail -n 1) == *"multilink_files=0"*"assumptions="*links-unknown* ]]
	load_streams t.db entry
	[[ $(ask t.db 'SELECT once_files, (SELECT count(*) FROM links) FROM scan_metadata') == '2|0' ]]
	# In a list of records that have one, 0 is none.
	{ link /r/a 0 2 && link /r/b 0 2; } | parse -o entry
	load_streams t.db entry
	[[ $(ask t.db 'SELECT once_files, linked_inodes, links_outside FROM scan_metadata') == '2|2|2' ]]
}

@test "links: paths that a log repeats are counted, named with -v, and not counted twice" {
	local n
	{
		link /r/a/x 5 2 && link /r/a/x 5 2 && link /r/b/x 5 2
		link $'/r/b/\e[31m' 6 2 && link $'/r/b/\e[31m' 6 2 64 && link $'/r/b/\e[31m' 6 2
	} | parse -o entry
	dir-extract entry | depth-sort | dir-load t.db
	stats-accum entry | stats-load -v --no-names t.db 2>said
	[[ $(grep -c 'more than once: ' said) == 2 ]]
	grep -qF 'stats-load: the log has this path more than once: /r/a/x' said
	grep -qF 'stats-load: the log has this path more than once: /r/b/\033[31m' said
	[[ $(ask t.db 'SELECT total_files, once_files, links_repeated, links_disagree, links_outside FROM scan_metadata') == \
		'6|2|3|1|1' ]]
	for n in {1..150}; do link "/r/$n" $((n + 9)) 2 && link "/r/$n" $((n + 9)) 2; done | parse -o entry
	dir-extract entry | depth-sort | dir-load --replace t.db
	stats-accum entry | stats-load -v --no-names t.db 2>said
	[[ $(grep -c 'more than once: ' said) == 100 ]]
	grep -qxF 'stats-load: and 50 more such paths' said
}

@test "links: link rows that are more than their directory has are refused" {
	{ link /r/a/x 5 2 && link /r/b/x 5 2; } | parse -o entry
	dir-extract entry | depth-sort -o dirs
	stats-accum entry -o usage
	rec-cat usage >text
	# A line more, other bytes; a directory without usage rows.
	awk -F '\t' -v OFS='\t' '$18 == "x" { $17 = 2 } 1' text >extra
	awk -F '\t' -v OFS='\t' '$18 == "x" { $15 = 8192 } 1' text >larger
	awk -F '\t' '!($1 == "/r/b" && $6)' text >lone
	for wrong in extra larger lone; do
		dir-load --replace t.db dirs
		run -3 stats-load -q --no-names t.db $wrong
		run -3 stats-load -q --unverified --no-names t.db $wrong
		[[ $output == *"the links of the directory with dir_id "*" are more than its files" ]]
	done
	# An owner who has no file.
	awk -F '\t' -v OFS='\t' '$18 == "x" { $2 = 99 } 1' text >stranger
	dir-load --replace t.db dirs
	run -3 stats-load -q --unverified --no-names t.db stranger
	[[ $output == *"t.db: the links below dir_id "*" have an owner or group, 99, that its files do not have" ]]
	# The ledger says how many there are.
	grep -av $'\tx$' text | sed 's/records=4/records=2/' >none
	run -3 rec-cat none
	[[ $output == *"multilink_files is 2, but the records add up to 0" ]]
	dir-load --replace t.db dirs
	run -3 stats-load -q --no-names t.db none
	[[ $output == *"multilink_files add up to 0, but the scan had 2" ]]
	# A link count that got lost.
	awk -F '\t' -v OFS='\t' '$18 == "x" && !lost++ { $11 = "" } 1' text >lost
	dir-load --replace t.db dirs
	run -3 stats-load -q --no-names t.db lost
	[[ $output == *"multilink_files add up to 1, but the scan had 2" ]]
}

# ---- against du ----

# tree_of_links DIR: a real tree with links of all kinds, in directories with blocks of their own.
tree_of_links() {
	mkdir -p "$1/src/a/deep/er" "$1/src/b" "$1/other"
	local n places=(a/deep/er b a a/deep/er a b)
	for n in {1..40}; do
		head -c $((n * n * 37 % 90000)) /dev/zero | tr '\0' x >"$1/src/${places[n % 6]}/f$n"
	done
	cp -al "$1/src" "$1/copy"
	cp -al "$1/src/a" "$1/other/a"
	ln "$1/src/b/f1" "$1/src/b/f1-again"
	ln "$1/src/b/f5" "$1/outside-of-both"
	head -c 50000 /dev/zero | tr '\0' y >"$1/src/a/f2.new"
	ln -s nowhere "$1/copy/symlink"
	ln -P "$1/copy/symlink" "$1/copy/symlink-too" || :
}

# numbers DB COLUMN...: of each directory of the scan, its path and these, those of directories
# themselves included as du has them: $self is their size in what is asked.
numbers() {
	local db=$1 columns=$2 self=$3
	ask -separator $'\t' "$db" "SELECT path, $columns + (SELECT sum($self) FROM directories AS d
		WHERE d.dir_id BETWEEN t.dir_id AND t.dir_id + t.dir_count_r) FROM tree AS t
		WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata) ORDER BY path"
}

# du_of TREE OPTION...: each directory asked alone, as TSV.
du_of() {
	local tree=$1
	shift
	find "$tree" -type d -exec du -s -B1 "$@" {} \; | awk -F '\t' -v OFS='\t' '{ print $2, $1 }' | sort
}

@test "links: du says the same of each directory, once and seen, and what rm -r frees is freed" {
	local dir before after freed
	tree_of_links "$PWD/tree"
	scan-tree -q -f t tree >t.list
	scan-import -q --scan-date 2026-01-11 --db t.db t.list
	numbers t.db once_size_r allocated | sort | diff - <(du_of "$PWD/tree")
	numbers t.db total_size_r allocated | sort | diff - <(du_of "$PWD/tree" -l)
	# Lengths of files: du adds those of directories, which a scan does not keep, as they are on the disk.
	diff <(ask -separator $'\t' t.db "SELECT path, once_apparent_r FROM tree
			WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata)" | sort) \
		<(du_of "$PWD/tree" --apparent-size | while IFS=$'\t' read -r dir bytes; do
			printf '%s\t%s\n' "$dir" $((bytes - $(du_dirs %s "$dir")))
		done | sort)
	for dir in tree/copy/a tree/src/b tree/other tree/src; do
		freed=$(numbers t.db freed_size_r allocated | awk -F '\t' -v dir="$PWD/$dir" '$1 == dir { print $2 }')
		cp -a tree again
		before=$(du -s -B1 again | cut -f 1)
		rm -r "again/${dir#tree/}"
		after=$(du -s -B1 again | cut -f 1)
		rm -r again
		[[ -n $freed ]]
		((before - after == freed)) || { echo "$dir: $before - $after, freed $freed"; false; }
	done
}

@test "links: du says the same of /usr" {
	[[ -d /usr/bin && -d /usr/share ]] || skip "no /usr here"
	[[ $(find /usr -xdev -links +1 ! -type d 2>/dev/null | head -n 1) ]] || skip "nothing in /usr has links"
	local dir
	dir=$(quick_or_all /usr/bin /usr)
	scan-tree -q -f usr "$dir" >usr.list || skip "$dir cannot be read"
	scan-import -q --scan-date 2026-01-11 --db usr.db usr.list
	numbers usr.db once_size_r allocated | sort | diff - <(du_of "$dir" -x)
	numbers usr.db total_size_r allocated | sort | diff - <(du_of "$dir" -x -l)
}
