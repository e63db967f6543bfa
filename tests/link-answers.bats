#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What dir-query, stats-query and dir-export say of files with several links: each answer against
# tests/oracle/link-sums, which goes from inode to inode with sets of paths.

load lib/helper

# scan_links NAME OPTION...: NAME.db of a scan with links; NAME.rows, what its lines mean; NAME.each and
# NAME.own, the sums of every directory with and without those below it.
scan_links() {
	local name=$1
	shift
	make-links "$@" >"$name.log"
	make-links --rows "$@" >"$name.rows"
	link-sums --each "$name.rows" >"$name.each"
	link-sums --each --own "$name.rows" >"$name.own"
	scan-import -q -f "$name" --scan-date 2026-01-11 --db "$name.db" --replace "$name.log"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	scan_links one
	scan_links two --seed 2 --inodes 300 --dirs 25
	# Enough directories for plans that do not read them all.
	scan_links wide --seed 3 --inodes 12000 --dirs 17500
}

setup() {
	common_setup
	cp -s "$BATS_FILE_TMPDIR"/*.{rows,each,own,db} .
}

sums=file_count,total_size,apparent_size,seen_files,seen_size,seen_apparent
sums+=,freed_files,freed_size,freed_apparent
sums_r=file_count_r,total_size_r,apparent_size_r,seen_files_r,seen_size_r,seen_apparent_r
sums_r+=,freed_files_r,freed_size_r,freed_apparent_r

# rows_of COMMAND...: its answer without the line of names.
rows_of() {
	"$@" --format tsv | tail -n +2
}


# by_class NAME KEYS [DIR...]: stats-query of NAME.db has the oracle's sums by these columns, of these
# directories and all below them.
by_class() {
	local name=$1 columns=$2 by dir in=() prefixes=()
	for dir in "${@:3}"; do
		in+=(--in "$dir")
		prefixes+=(-P "$dir")
	done
	link-sums --by "$columns" "${in[@]}" "$name.rows" | sort >want
	[[ -s want ]]
	by=${columns//uid/owner} by=${by//gid/group}
	columns=${columns//age/age_bucket} columns=${columns//size/size_bucket}
	# Classes without a file are shown, but the oracle does not know them.
	rows_of stats-query --links --by "$by" --columns "$columns,$sums" "${prefixes[@]}" "$name.db" |
		awk -F '\t' '$(NF - 5)' | sort >got
	diff want got
}

@test "links: every directory, in three numbers" {
	local name
	for name in one two wide; do
		rows_of dir-query --links --sort-by path --columns path,$sums_r $name.db | diff $name.each -
		rows_of dir-query --links --separate-dirs --sort-by path \
			--columns "path,${sums_r//_r/_nr}" $name.db | diff $name.own -
	done
	# There is something to see.
	[[ $(awk -F '\t' '$2 != $5 && $5 != $8 && $8 != $2' wide.own | wc -l) -gt 1000 ]]
}

@test "links: -l is what was seen, as every table says" {
	cut -f 1,5-7 one.each >want
	rows_of dir-query -l --sort-by path --columns path,file_count_r,total_size_r,apparent_size_r \
		one.db >got
	diff want got
	rows_of dir-query --count-links --sort-by size --columns path one.db >got
	query one.db "SELECT path FROM tree WHERE dir_id >= (SELECT scan_root_id FROM scan_metadata)
		ORDER BY total_size_r DESC, dir_id" | diff - got
	link-sums --by uid one.rows | cut -f 1,5-7 >want
	rows_of stats-query -l --by owner --sort-by key --columns uid,file_count,total_size,apparent_size \
		one.db | diff want -
	run -2 dir-query -l --links one.db
	run -2 stats-query -l --links one.db
	run -2 dir-query -l --sort-by shared one.db
}

@test "links: dir-query sorts by what counts once, and the first ones are the same" {
	local key column n name
	for name in one wide; do
		for key in files:2 size:3 apparent:4; do
			column=${key#*:} key=${key%:*}
			sort -s -t $'\t' -k "$column,${column}nr" $name.each | cut -f "1,$column" >want
			sort -s -t $'\t' -k "$column,${column}n" $name.each | cut -f "1,$column" >back
			for n in 1 7 50 0; do
				rows_of dir-query --sort-by "$key" -n "$n" "$name.db" | cut -f "1,$((column + 1))" >got
				head -n "$((n ? n : 99999999))" want | diff - got
				rows_of dir-query --sort-by "$key" -n "$n" -r "$name.db" |
					cut -f "1,$((column + 1))" >got
				head -n "$((n ? n : 99999999))" back | diff - got
			done
		done
	done
}

@test "links: the largest of a part of the tree, by every plan" {
	local dir
	dir=$(rows_of dir-query --sort-by dirs -L 1 -n 2 --columns path wide.db | tail -n 1)
	awk -F '\t' -v dir="$dir" '$1 == dir || index($1, dir "/") == 1' wide.each |
		sort -s -t $'\t' -k 3,3nr | cut -f 1,3 >want
	[[ $(wc -l <want) -gt 1000 ]]
	rows_of dir-query -P "$dir" -n 20 --columns path,total_size_r wide.db | diff <(head -n 20 want) -
	rows_of dir-query -P "$dir" -L 2 --columns path,total_size_r wide.db >got
	awk -F '\t' -v dir="$dir" '{ rest = substr($1, length(dir) + 1) } gsub("/", "/", rest) <= 2' want |
		diff - got
	dir-query -v -n 5 --format tsv wide.db 2>&1 >/dev/null | grep -q 'plan index'
	dir-query -v -n 5 --sort-by files --format tsv wide.db 2>&1 >/dev/null | grep -q 'plan search'
}

@test "links: --sort-by shared lists where links count several times, and nothing else" {
	local name
	for name in one wide; do
		awk -F '\t' '$6 > $3 { printf "%s\t%.0f\n", $1, $6 - $3 }' $name.each |
			sort -s -t $'\t' -k 2,2nr >want
		rows_of dir-query --sort-by shared --columns path,shared_size_r $name.db | diff want -
		rows_of dir-query --sort-by shared -n 4 --columns path,shared_size_r $name.db |
			diff <(head -n 4 want) -
		awk -F '\t' '$6 > $3 { printf "%s\t%.0f\n", $1, $6 - $3 }' $name.each |
			sort -s -t $'\t' -k 2,2n >back
		rows_of dir-query --sort-by shared -r --columns path,shared_size_r $name.db | diff back -
		awk -F '\t' '$6 > $3 { printf "%s\t%.0f\n", $1, $6 - $3 }' $name.own |
			sort -s -t $'\t' -k 2,2nr >want
		rows_of dir-query --sort-by shared_nr --separate-dirs --columns path,shared_size_nr \
			$name.db | diff want -
	done
	awk -F '\t' '$6 > $3 { print gsub("/", "/", $1) "\t" $1 }' one.each |
		awk -F '\t' '$1 <= 3 { print $2 }' | sort >want
	rows_of dir-query --sort-by shared -L 1 --columns path one.db | sort | diff want -
}

@test "links: limits of sizes and counts are about what counts once" {
	local condition options
	while IFS='|' read -r options condition; do
		# shellcheck disable=SC2086
		rows_of dir-query $options --sort-by path --columns path one.db >got
		awk -F '\t' "$condition { print \$1 }" "$([[ $options == *separate* ]] && echo one.own || echo one.each)" |
			diff - got
	done <<'END'
--min-size 20G|$3 >= 20 * 2 ^ 30
--max-size 20G|$3 <= 20 * 2 ^ 30
--min-files 60|$2 >= 60
--max-files 60|$2 <= 60
--min-files 20 --max-files 60|$2 >= 20 && $2 <= 60
--min-avg-size 200M|$2 && $3 >= $2 * 200 * 2 ^ 20
--max-avg-size 200M|$2 && $3 <= $2 * 200 * 2 ^ 20
--separate-dirs --min-size 2G|$3 >= 2 ^ 31
--separate-dirs --max-files 9|$2 <= 9
-l --min-size 50G|$6 >= 50 * 2 ^ 30
-l --max-files 60|$5 <= 60
END
}

@test "links: files that match count once" {
	local options match own
	while IFS='|' read -r options match; do
		for own in '' --own; do
			# shellcheck disable=SC2086
			link-sums --each $own $match one.rows | cut -f 1-3 | awk '$(NF - 1)' >want
			# shellcheck disable=SC2086
			rows_of dir-query $options ${own:+--separate-dirs} --sort-by path \
				--columns path,matching_files,matching_size one.db | diff want -
			# shellcheck disable=SC2086
			link-sums --each $own $match one.rows | cut -f 1,5,6 | awk '$(NF - 1)' >want
			# shellcheck disable=SC2086
			rows_of dir-query -l $options ${own:+--separate-dirs} --sort-by path \
				--columns path,matching_files,matching_size one.db | diff want -
		done
	done <<'END'
--older 1yr|--match age=4-9
--younger 2yr|--match age=0-4
--larger-than 1M|--match size=3-9
--older 2yr --smaller-than 1M|--match age=5-9 --match size=0-2
--files-of 1001|--match uid=1001-1001
--files-of-group 100 --older 1yr|--match gid=100-100 --match age=4-9
END
	link-sums --each --match age=5-9 wide.rows | cut -f 1-3 | awk '$(NF - 1)' |
		sort -s -t $'\t' -k 3,3nr >want
	rows_of dir-query --older 2yr -n 30 --columns path,matching_files,matching_size wide.db |
		diff <(head -n 30 want) -
	rows_of dir-query --older 2yr --columns path,matching_files,matching_size wide.db | diff want -
}

@test "links: stats-query by every key" {
	local keys
	for keys in uid gid age size uid,gid age,size gid,age,size,uid; do
		by_class one $keys
		by_class one $keys /gpfs/fs1/a
	done
	link-sums one.rows >want
	rows_of stats-query --links --columns $sums one.db | diff want -
	link-sums --match age=4-9 --match uid=1001-1001 --by gid one.rows | cut -f 1-3 >want
	rows_of stats-query -u 1001 --older 1yr --by group --sort-by key \
		--columns gid,matching_files,matching_size one.db | diff want -
}

@test "links: a set of directories that is no subtree counts an inode once" {
	local -a dirs
	local x y
	mapfile -t dirs < <(awk -F '\t' '$2 > 20 { print $1 }' one.each)
	((${#dirs[@]} > 8))
	for x in "${dirs[@]}"; do
		sampled 3 || continue
		# A subtree, and all but it.
		link-sums --in "$x" one.rows >want
		rows_of stats-query --links -P "$x" --columns $sums one.db | diff want -
		[[ $x == /gpfs/fs1 ]] && continue
		link-sums --by uid --not "$x" one.rows >want
		rows_of stats-query --links -E "$x" --by owner --sort-by key --columns uid,$sums one.db |
			diff want -
		y=${dirs[RANDOM % ${#dirs[@]}]}
		echo "$x" "$y"
		by_class one age,size "$x" "$y"
		link-sums --in "$x" --in "$y" --not /gpfs/fs1/ab --match size=2-9 one.rows | cut -f 1-3 >want
		rows_of stats-query -P "$x" -P "$y" -E /gpfs/fs1/ab --larger-than 10K \
			--columns matching_files,matching_size,matching_size one.db | cut -f 1,2 >got
		cut -f 1,2 want | sed 's/^$/0\t0/' | diff - <(sed 's/^$/0\t0/' got) || [[ ! -s want ]]
	done
}

@test "links: a few directories of many, and large ones of which the database has sums" {
	local -a dirs
	local x y
	mapfile -t dirs < <(rows_of dir-query --max-files 300 --min-files 20 --sort-by dirs --outermost \
		-n 12 --columns path wide.db)
	for x in 0 2 4 6 8; do
		sampled 3 || continue
		y=${dirs[x + 1]} x=${dirs[x]}
		by_class wide uid,age "$x" "$y"
		link-sums --in "$x" --in "$y" wide.rows >want
		rows_of dir-query --links -P "$x" -P "$y" --outermost --total --columns $sums_r wide.db |
			tail -n 1 | diff want -
	done
	mapfile -t dirs < <(ask wide.db "SELECT path FROM tree WHERE dir_id IN (SELECT dir_id FROM link_usage_r)
		AND dir_id > (SELECT scan_root_id FROM scan_metadata)")
	((${#dirs[@]} > 2))
	for x in "${dirs[@]}"; do
		for y in uid gid,size age; do
			sampled 3 || continue
			by_class wide $y "$x"
		done
	done
}

@test "links: above the scan root there is what the root has" {
	local above
	for above in /gpfs /; do
		link-sums one.rows >want
		rows_of dir-query --links -P $above -L 0 --columns $sums_r one.db | diff want -
		rows_of stats-query --links -P $above --columns $sums one.db | diff want -
		link-sums --by gid one.rows >want
		rows_of stats-query --links -P $above --by group --sort-by key --columns gid,$sums one.db |
			diff want -
	done
	rows_of dir-query --from-root --older 2yr -n 1 --columns path,matching_files one.db >got
	diff <(printf '/\t%s\n' "$(link-sums --match age=5-9 one.rows | cut -f 1)") got
}

@test "links: rows of directories, and their total" {
	local levels path
	for levels in 1 2 3; do
		rows_of stats-query --links --by dir:$levels -E '/gpfs/fs1/ab/ab' --columns path,$sums one.db |
			sort >got
		while IFS=$'\t' read -r path _; do
			local deep=${path//[!\/]/} own=()
			# Less deep than the levels: files directly in it.
			((${#deep} - 2 < levels)) && own=(--own)
			link-sums --in "$path" "${own[@]}" --not /gpfs/fs1/ab/ab one.rows | sed "s|^|$path\t|"
		done <got | sort >want
		diff want got
		link-sums --not /gpfs/fs1/ab/ab one.rows >want
		rows_of stats-query --links --by dir:$levels -E '/gpfs/fs1/ab/ab' --total \
			--columns $sums one.db | tail -n 1 | diff want -
	done
	# By class in each: the sums of a directory without the key.
	rows_of stats-query --links --by dir,owner --columns path,uid,$sums one.db >got
	[[ -s got ]]
	while read -r path; do
		[[ $path == /gpfs/fs1 ]] && continue
		link-sums --in "$path" --by uid one.rows | sort |
			diff - <(awk -F '\t' -v path="$path" '$1 == path' got | cut -f 2- | sort)
	done < <(cut -f 1 got | sort -u)
}

@test "links: a cross table has the sums of its rows, and right totals" {
	link-sums --by age one.rows | cut -f 1,3 >want
	rows_of stats-query --by owner,age --cross --total one.db | tail -n 1 | cut -f 3-12 |
		tr '\t' '\n' | awk '{ print NR - 1 "\t" $1 }' | awk '$2 > 0' | diff want -
	rows_of stats-query --by dir,age --cross --total one.db | tail -n 1 | cut -f 2-11 |
		tr '\t' '\n' | awk '{ print NR - 1 "\t" $1 }' | awk '$2 > 0' | diff want -
	link-sums one.rows | cut -f 2 >want
	rows_of stats-query --by dir,age --cross --total one.db | tail -n 1 | cut -f 12 | diff want -
}

@test "links: directory filters of stats-query choose by what counts once, and add up once" {
	local -a sets
	rows_of dir-query --max-size 8G --outermost --columns path one.db |
		sed 's/^/--in\n/' >sets
	mapfile -t sets <sets
	((${#sets[@]} > 10))
	link-sums "${sets[@]}" --by uid one.rows >want
	rows_of stats-query --links --dir-max-size 8G --by owner --sort-by key --columns uid,$sums one.db |
		diff want -
}

@test "links: --total counts once what several listed directories share" {
	local -a sets
	rows_of dir-query --max-files 30 --outermost --columns path one.db >list
	mapfile -t sets < <(sed 's/^/--in\n/' list)
	link-sums "${sets[@]}" one.rows >want
	rows_of dir-query --links --max-files 30 --total --columns $sums_r one.db | tail -n 1 | diff want -
	link-sums "${sets[@]}" one.rows --match age=5-9 | cut -f 1,2 >want
	rows_of dir-query --max-files 30 --older 2yr --total --columns matching_files,matching_size one.db |
		tail -n 1 | diff want -
	rows_of dir-query --links --total -n 3 --columns $sums_r one.db | tail -n 1 |
		diff <(link-sums one.rows) -
	# Of directories themselves.
	rows_of dir-query --max-files 14 --separate-dirs --columns path one.db >list
	[[ -s list ]]
	mapfile -t sets < <(sed 's/^/--in\n/' list)
	link-sums --own "${sets[@]}" one.rows >want
	rows_of dir-query --links --max-files 14 --separate-dirs --total --columns "${sums_r//_r/_nr}" \
		one.db | tail -n 1 | diff want -
}

@test "links: directories that match lie in others where nothing does, if lines of a file disagree" {
	local seed uid dir sum
	local -a match sets
	{
		line 5 /gpfs/fs1/a/x 10 8 1000 | sed 's/nl=1/nl=2/'
		line 5 /gpfs/fs1/b/c/y 10 8 1001 | sed 's/nl=1/nl=2/'
	} >disagree.log
	scan-import -q -f fs1 --scan-date 2026-01-11 --db disagree.db disagree.log
	rows_of dir-query --files-of 1001 --columns path,matching_files --total disagree.db >got
	printf '%s\t1\n' /gpfs/fs1/b /gpfs/fs1/b/c '(total)' | diff - got
	rows_of dir-query --files-of 1001 --columns path,matching_files --total --outermost disagree.db >got
	printf '%s\t1\n' /gpfs/fs1/b '(total)' | diff - got
	# The outermost are those that match and lie in no other that does; --total is about these.
	for seed in 6 25 53 82; do
		scan_links few --seed "$seed" --inodes 12 --dirs 15
		for uid in 1000 1001 1002; do
			match=(--match "uid=$uid-$uid")
			link-sums --each "${match[@]}" few.rows >each
			# Directories that hold none, and some below them.
			awk -F '\t' '{ files[$1] = $2 } $2 { for (d = $1; sub("/[^/]*$", "", d);)
				if (d in files && !files[d]) print d }' each | sort -u >around
			while read -r dir; do
				echo "$seed $uid $dir"
				awk -F '\t' -v dir="$dir/" 'BEGIN { last = "none" }
					index($1 "/", dir) == 1 && $2 && index($1, last "/") != 1 {
						print $1
						last = $1
					}' each >list
				rows_of dir-query -P "$dir" --files-of $uid --outermost --sort-by path \
					--columns path few.db | diff list -
				mapfile -t sets < <(sed 's/^/--in\n/' list)
				link-sums "${sets[@]}" "${match[@]}" few.rows | cut -f 1,2 >want
				for sum in -r --outermost; do
					rows_of dir-query -P "$dir" --files-of $uid "$sum" --total -n 1 \
						--columns matching_files,matching_size few.db | tail -n 1 | diff want -
				done
				echo "$dir" >>inner
			done <around
		done
	done
	[[ $(wc -l <inner) -gt 3 ]]
}

@test "links: several databases" {
	join -t $'\t' <(link-sums --by uid one.rows) <(link-sums --by uid two.rows) |
		awk -v OFMT=%.0f -v CONVFMT=%.0f -F '\t' -v OFS='\t' '{ for (i = 2; i <= 10; i++) $i += $(i + 9); NF = 10; print }' >want
	rows_of stats-query --links --by owner --sort-by key --columns uid,$sums one.db two.db | diff want -
	{
		cat one.each two.each
	} | cut -f 3 | sort -nr >want
	rows_of dir-query --columns total_size_r one.db two.db | diff want -
	awk -v OFMT=%.0f -v CONVFMT=%.0f -F '\t' -v OFS='\t' '{ for (i = 1; i <= 9; i++) sum[i] += $i } END {
		for (i = 1; i <= 9; i++) printf "%.0f%s", sum[i], i < 9 ? OFS : "\n" }' \
		<(link-sums one.rows) <(link-sums two.rows) >want
	rows_of dir-query --links --total --columns $sums_r one.db two.db | tail -n 1 | diff want -
}

@test "links: a tree as an outline, and tables that say seen, once, freed" {
	dir-query --tree --format table --bytes -n 0 --columns file_count_r one.db | sed 1,2d >got
	cut -f 2 one.each | diff - <(tr -d ' ,' <got)
	dir-query --links --format table one.db | head -n 1 >got
	[[ $(<got) == *'Files seen'*'Seen'*'Files freed'*'Freed'* ]]
	stats-query --links --format table one.db >got
	grep -q 'Files seen' got
	grep -q 'Freed' got
}

@test "links: an export with too many paths for an entry each counts files where they are first" {
	local path where
	# Rows of a second inode without end, in the directory of the first.
	cp --remove-destination "$BATS_FILE_TMPDIR/one.db" many.db
	ask many.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000)
		INSERT INTO links SELECT 1000000, i, (SELECT max(dir_id) FROM directories), 'x' || i, 0, 0, 0, 0,
			512, 5, 250000, 1, 0, 0, 9, 9 FROM n;
		UPDATE directory_stats SET file_count_nr = file_count_nr + 250000,
			total_size_nr = total_size_nr + 128000000, apparent_size_nr = apparent_size_nr + 1250000
			WHERE dir_id = (SELECT max(dir_id) FROM directories);
		UPDATE directory_stats SET file_count_r = file_count_r + 250000,
			total_size_r = total_size_r + 128000000, apparent_size_r = apparent_size_r + 1250000
			WHERE dir_id + dir_count_r = (SELECT max(dir_id) FROM directories)"
	run -0 --separate-stderr dir-export --ncdu -o out many.db
	[[ $stderr == *'files with several links count where their first path is; --min-size 0 shows all paths' ]]
	run ! grep -q hlnkc out
	# du of everything, in the order of the paths.
	while read -r where; do
		perl -F'\t' -lane 'BEGIN { $top = shift } next if @F < 10;
			push @all, [$F[0] =~ tr{/}{\0}r, $F[1], @F]; END {
			for (sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] } @all) {
				next if $_->[10] > 1 && $seen{$_->[11]}++;
				($size += $_->[8], $length += $_->[9]) if index("$_->[2]/", "$top/") == 0;
			} printf "%s\t%.0f\t%.0f\n", $top, $size, $length }' "$where" one.rows
	done < <(cut -f 1 one.each) >want
	path=$(tail -n 1 want | cut -f 1)
	awk -F '\t' -v OFS='\t' -v p="$path" 'index(p "/", $1 "/") == 1 { $2 = sprintf("%.0f", $2 + 512); $3 += 5 }
		{ print }' want | sort >sorted
	totals_in out | diff sorted -
	dir-export --ncdu --min-size 0 -q -o out many.db
	(($(grep -c hlnkc out) > 250000))
}

# totals_in FILE: what ncdu makes of an export: path, entries that count, bytes of each kind, of each
# directory; of those with an inode number, the first one in it counts.
totals_in() {
	perl -ne '
		push @path, $1 if /^\[\{"name":"(.*?)"/;
		if (/^\{.*"asize":(\d+),"dsize":(\d+)(?:,"ino":(\d+),"hlnkc":true)?/) {
			for my $i (0 .. $#path) {
				my $dir = join "/", @path[0 .. $i];
				next if $3 && $seen{$dir}{$3}++;
				$sum{$dir}[0] += $2;
				$sum{$dir}[1] += $1;
			}
		} elsif (/^\[/) {
			$sum{join "/", @path} //= [0, 0] if @path;
		}
		pop @path for 1 .. (/(\]+),?$/ ? length $1 : 0);
		END { print "$_\t$sum{$_}[0]\t$sum{$_}[1]\n" for sort keys %sum }' "$1"
}

@test "links: dir-export writes what ncdu needs to count them once, whatever is folded" {
	local size path
	cut -f 1,3,4 one.each | sort >want
	dir-export --ncdu --min-size 0 one.db >out
	totals_in out | diff want -
	grep -q '"ino":[0-9]*,"hlnkc":true,"nlink":[0-9]*}' out
	for size in 1G 10G 50G 1T; do
		dir-export --ncdu --min-size $size one.db >out
		totals_in out | cut -f 1,3 >got
		[[ -s got ]]
		# Where lines disagree, one in a folded directory may be before the one that counts.
		join -t $'\t' got <(cut -f 1,3 want) >both
		diff <(wc -l <got) <(wc -l <both)
	done
	dir-export --ncdu -l --min-size 0 one.db >out
	cut -f 1,6,7 one.each | sort | diff - <(totals_in out)
	run ! grep -q hlnkc out
	path='/gpfs/fs1/a b'
	dir-export --ncdu --min-size 0 -P "$path" one.db >out
	totals_in out | diff <(awk -F '\t' -v p="$path" '$1 == p || index($1, p "/") == 1' want) -
}

@test "links: the picture of treetally(7)" {
	{
		line 1 /gpfs/top/a/x 4096 4
		line 2 /gpfs/top/a/y 1024 1 | sed 's/nl=1/nl=2/'
		line 2 /gpfs/top/b/y 1024 1 | sed 's/nl=1/nl=2/'
		line 3 /gpfs/top/b/z 2048 2 | sed 's/nl=1/nl=2/'
	} >top.log
	scan-import -q -f top --scan-date 2026-01-11 --db top.db top.log
	rows_of dir-query --links --columns path,seen_size_r,total_size_r,freed_size_r top.db |
		awk -F '[\t/]' '{ print $(NF - 3), $(NF - 2) / 1024, $(NF - 1) / 1024, $NF / 1024 }' | sort >got
	man=$TREETALLY_TOP/man/treetally.7
	sed -n '/^       seen  once  freed$/,/^\.Ed/p' "$man" | awk 'NF > 4 { print $1, $2, $3, $4 }' | sort | diff - got
	[[ $(wc -l <got) == 3 ]]
}

@test "links: every directory of a real tree is as large as du says, and as much comes back" {
	local dir i all
	mkdir -p real/day1/{a,b/c,d}
	for i in {1..40}; do
		head -c $((RANDOM * 3)) /dev/zero | tr '\0' x >"real/day1/$(printf '%s\n' a b b/c d | sed -n "$((i % 4 + 1))p")/f$i"
	done
	ln real/day1/a/f4 real/day1/b/c/again
	ln real/day1/a/f8 real/day1/a/twin
	ln real/day1/b/f1 outside
	ln -s f4 real/day1/a/symbolic
	cp -al real/day1 real/day2
	rm real/day2/b/f5
	echo new >real/day2/b/f5
	cp -al real/day2 real/day3
	rm -r real/day3/d
	echo other >real/day3/a/mine
	sync real outside || true
	scan-tree -q real | scan-import -q -f real --db real.db
	while read -r dir; do
		echo "$dir" \
			"$(($(du -sB1 "$dir" | cut -f 1) - $(du_dirs %b "$dir")))" \
			"$(($(du -sb "$dir" | cut -f 1) - $(du_dirs %s "$dir")))" \
			"$(($(du -slB1 "$dir" | cut -f 1) - $(du_dirs %b "$dir")))" \
			"$(($(du -slb "$dir" | cut -f 1) - $(du_dirs %s "$dir")))"
	done < <(find "$PWD/real" -type d | LC_ALL=C sort) >want
	rows_of dir-query --links --columns path,total_size_r,apparent_size_r,seen_size_r,seen_apparent_r \
		real.db | tr '\t' ' ' | LC_ALL=C sort >got
	diff want got
	rows_of dir-query -l --columns path,total_size_r real.db | tr '\t' ' ' | LC_ALL=C sort |
		diff <(cut -d ' ' -f 1,4 want) -
	# What du misses when a directory is gone is what was told.
	all=$(du -sB1 real | cut -f 1)
	while read -r dir; do
		cp -al real gone
		rm -r "gone${dir#"$PWD/real"}"
		echo "$dir" "$((all - $(du -sB1 gone | cut -f 1) - $(du_dirs %b "$dir")))"
		rm -r gone
	done < <(find "$PWD/real" -mindepth 1 -type d | LC_ALL=C sort) >want
	rows_of dir-query --links -d "$(awk -F / '{ print NF }' <<<"$PWD/real")" \
		--columns path,freed_size_r real.db | tr '\t' ' ' | LC_ALL=C sort | diff want -
	[[ $(grep -vc ' 0$' want) -ge 3 ]]
}

@test "links: a scan without link counts says so below each table" {
	local said='list: the scan has no link counts, so each link counts'
	printf '%s\n' '7 1 0  100:1000:8 -- /gpfs/fs1/a' '7 1 0  100:1000:8 -- /gpfs/fs1/b/c' >list.log
	scan-import -q -f list --scan-date 2026-01-11 --format mmoxi --db list.db list.log
	while read -ra program; do
		run -0 --separate-stderr "${program[@]}" --format table list.db
		[[ ${lines[-1]} == "$said" ]]
		[[ $stderr == *'link counts: not in the log, so each link to a file counts'* ]]
		run -0 --separate-stderr "${program[@]}" --format table -l list.db
		[[ $output != *"$said"* ]]
		run -0 --separate-stderr "${program[@]}" --format table one.db
		[[ $output != *'link counts'* ]]
	done < <(printf '%s\n' dir-query stats-query 'stats-query --by owner,age --cross')
	rows_of dir-query --links --columns file_count_r,seen_files_r,freed_files_r -L 0 list.db >got
	diff <(printf '2\t2\t2\n') got
	# Unless equal inodes are taken for links.
	scan-import -q -f list --scan-date 2026-01-11 --format mmoxi --links assume --db list.db --replace list.log
	run -0 --separate-stderr dir-query --links -L 0 --format table --columns file_count_r,seen_files_r list.db
	[[ ${lines[-1]} =~ ^' '*1' '+2$ && $stderr == *'files of equal inodes are taken for links of one'* ]]
	run -2 scan-import --links count list.log
}

@test "links: tables that say nonsense end with status 3, or with numbers" {
	local table column value query count=0
	for table in links link_usage link_usage_r link_stats; do
		while read -r column; do
			for value in "'x'" -1 9223372036854775807 -9223372036854775807 NULL 1.5 "x'00'"; do
				sampled 8 || continue
				cp --remove-destination "$BATS_FILE_TMPDIR/two.db" bad.db
				# What a key or NOT NULL refuses is no harm.
				ask bad.db "UPDATE OR REPLACE $table SET $column = $value" 2>/dev/null || continue
				for query in 'dir-query --links --total' 'dir-query --older 2yr --total' \
					'dir-query --sort-by shared' 'stats-query --links --by owner' \
					'stats-query --links -E /gpfs/fs1/a' 'stats-query --by dir:2,age' \
					'dir-query --links --separate-dirs --min-size 1K' 'dir-export --ncdu'; do
					# shellcheck disable=SC2086
					run $query -q bad.db
					[[ $status == 0 || $status == 3 ]]
					((++count))
				done
			done
		done < <(ask "$BATS_FILE_TMPDIR/two.db" "SELECT name FROM pragma_table_info('$table')")
	done
	((count > 40))
}
