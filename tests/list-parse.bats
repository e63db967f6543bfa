#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# list-parse: what other scanners wrote becomes the same entries, and nothing else becomes an entry.

load lib/helper

forms=(lfs find find-lf ne2scan ne2scan-fid wrstat wrstat-11 mpistat gufi gufi-old pwalk polimor)
# whose names may hold line feeds
whole=(find wrstat wrstat-11 mpistat gufi gufi-old polimor)

lists() {
	list-parse -q -f lus --scan-date 2026-01-15 "$@"
}

# The format of a form of make-list.
format_of() {
	case $1 in
	find-lf) printf '%s\n' "find:$(list_default)\n" ;;
	ne2scan-fid) echo ne2scan ;;
	gufi-old) echo gufi ;;
	*) echo "$1" ;;
	esac
}

list_default() {
	echo '%i %n %y %m %U %G %s %b %A@ %T@ %C@ -- %p'
}

# Path, type, inode, uid, gid, lengths, times of an entry stream as text, sorted.
told() {
	awk -F '\t' -v OFS='\t' '
		NR == 2 { for (i = 1; i <= NF; i++) column[$i] = i }
		NR > 2 && !/^#end/ { print $1, $column["type"], $column["inode"], $column["uid"],
			$column["gid"], $column["apparent"], $column["allocated"], $column["atime"],
			$column["mtime"] }' "$1" | LC_ALL=C sort
}

# build NAME: NAME.entry into NAME.db.
build() {
	dir-extract "$1.entry" | depth-sort | dir-load "$1.db"
	stats-accum "$1.entry" | stats-load --no-names "$1.db"
}

# What all forms tell, of all rows of a database.
dump() {
	ask "$1" 'SELECT dir_id, parent_id, hex(name), depth, inode, uid, gid, allocated FROM directories;
		SELECT * FROM directory_stats; SELECT * FROM usage_nr; SELECT * FROM usage_r;
		SELECT * FROM owner_summary; SELECT * FROM access_histogram; SELECT * FROM size_histogram'
}

# ended OUTCOME [OPTION...] <LIST: what became of the list's /lus/last, "rec" or "reject: REASON".
ended() {
	local want=$1 got
	shift
	lists -t --max-rejects 100% "$@" >got.tsv
	got=$(grep -q '^/lus/last' got.tsv && echo rec
		tail -n 1 got.tsv | tr '\t' '\n' | sed -n 's/^reject \([^=]*\)=.*/reject: \1/p')
	[[ $got == "$want" ]] || { echo "$*: want: $want, got: $got"; return 1; }
	# the others are all there
	(($(told got.tsv | wc -l) == others + (${#want} == 3)))
}

@test "list-parse: one scan in all forms is one database, but for what a form cannot tell" {
	local form lf
	for lf in '' --lf; do
		make-list ${lf:+"$lf"} gpfs >gpfs.list
		parse -f lus -o gpfs.entry gpfs.list
		parse -f lus -t -o gpfs.tsv gpfs.list
		told gpfs.tsv >gpfs.told
		(($(wc -l <gpfs.told) > 45))
		build gpfs
		dump gpfs.db >gpfs.dump
		[[ $lf ]] && set -- "${whole[@]}" || set -- "${forms[@]}"
		for form; do
			sampled 3 || continue
			make-list ${lf:+"$lf"} "$form" >list
			lists -t -o "$form.tsv" list
			# pwalk leaves out control characters
			if [[ $form == pwalk ]]; then
				awk -F '\t' '$1 !~ /[\001-\037\\]/' gpfs.told >want
				diff want <(awk -F '\t' 'NR == FNR { known[$3]; next } $3 in known' want <(told pwalk.tsv)) ||
					{ echo pwalk; return 1; }
				(($(told pwalk.tsv | wc -l) == $(wc -l <gpfs.told)))
				continue
			fi
			diff gpfs.told <(told "$form.tsv") || { echo "$form $lf"; return 1; }
			lists -o "$form.entry" list
			build "$form"
			diff gpfs.dump <(dump "$form.db") || { echo "$form $lf: databases"; return 1; }
			rm "$form.db"
		done
		rm gpfs.db
	done
}

@test "list-parse: what a form does not tell is an assumption" {
	local form words
	while read -r form words; do
		make-list "$form" | lists -t >got.tsv
		[[ $(ledger assumptions got.tsv) == "$words" ]] || { echo "$form: $(ledger assumptions got.tsv)"; return 1; }
	done <<-'END'
		lfs links-unknown
		find
		ne2scan allocated-from-size links-unknown
		wrstat mode-unknown
		wrstat-11 allocated-from-size mode-unknown
		mpistat allocated-from-size mode-unknown
		gufi
		pwalk
		polimor allocated-from-size links-unknown mode-unknown
	END
	make-list lfs | lists --require mtime,allocated -o some
	run -3 --separate-stderr lists --require nlink -o none <(make-list lfs)
	[[ $stderr == *"no nlink"* ]]
	# lengths in whole blocks
	make-list mpistat | lists -t --block-size 4K >got.tsv
	told got.tsv | grep -qP '^/lus/dir/plain\t-\t\d+\t\d+\t\d+\t6144\t8192\t'
}

@test "list-parse: chunks and threads do not change the bytes" {
	local form
	for form in "${forms[@]}"; do
		sampled || continue
		make-list --lf --lines 20000 "$form" >list
		(($(stat -c %s list) > 2 * 524288))
		lists -j 1 --max-rejects 100% -o one list
		lists -j 4 --max-rejects 100% -o four list
		cmp one four || { echo "$form"; return 1; }
		# by a pipe, in odd pieces
		perl -e 'BEGIN { $| = 1; $/ = \4093 } open my $f, "<:raw", "list"; print while <$f>' |
			lists --source list --max-rejects 100% -o piped
		cmp one piped || { echo "$form by a pipe"; return 1; }
	done
}

@test "list-parse: a record without a field, or with a bad value, is rejected with its reason" {
	local form field bad reason
	others=$(($(make-list gpfs | wc -l) - 2))
	for form in lfs find ne2scan wrstat mpistat gufi pwalk polimor; do
		! sampled || make-list "$form" | ended rec --format "$form"
		while IFS='|' read -r field bad reason; do
			case $form:$field in
			mpistat:blocks | ne2scan:blocks | ne2scan:nlink | lfs:nlink | polimor:blocks) continue ;;
			polimor:nlink | polimor:mode | wrstat:mode | mpistat:mode | wrstat:blocks) continue ;;
			ne2scan:type | pwalk:type) continue ;;
			lfs:inode) [[ $bad == 0x* ]] || continue ;;
			polimor:inode) [[ $bad == 0x* || $bad == '[0x'* ]] || continue ;;
			ne2scan:atime) [[ $bad != y* ]] || continue ;;
			find:inode | pwalk:inode) [[ $bad != *x* ]] || continue ;;
			*:inode) [[ $bad != *0x* ]] || continue ;;
			esac
			sampled 12 || continue
			[[ $form:$field != gufi:mode ]] || bad=-1
			make-list --bad "$field=$bad" "$form" | ended "reject: $reason" --format "$form" ||
				{ echo "$form $field=$bad"; return 1; }
		done <<-'END'
			inode|18446744073709551616|bad inode
			inode|x|bad inode
			inode|0x0:0x1:0x0|bad inode
			inode|0x1:0x100000000:0x0|bad inode
			inode|0x10000000000000000:0x1:0x0|bad inode
			size|-1|bad size
			size|9223372036854775808|bad size
			size|1.5|bad size
			size|99999999999999999999999|bad size
			blocks|18014398509481984|bad allocated
			blocks|-1|bad allocated
			uid|4294967296|bad uid
			uid|-2|bad uid
			uid|root|bad uid
			gid|4294967296|bad gid
			mode|99|bad mode
			type|x|bad mode
			type|ff|bad mode
			atime|253402300800|bad time
			atime|-99999999999999|bad time
			atime|1.|bad time
			atime|yesterday|bad time
		END
		for field in size blocks uid gid type mode atime inode; do
			case $form:$field in
			mpistat:blocks | ne2scan:blocks | polimor:blocks | polimor:mode | wrstat:mode) continue ;;
			mpistat:mode | wrstat:blocks | ne2scan:type | pwalk:type) continue ;;
			# what follows takes the place of the column
			*:*)
				case $form in
				lfs | polimor) ;;
				*) continue ;;
				esac
				;;
			esac
			reason='missing field'
			[[ $form != polimor || $field != [ta]*e ]] || continue
			[[ $form != lfs || $field != inode ]] || continue
			[[ $form:$field != polimor:inode ]] || continue
			sampled || continue
			make-list --without $field "$form" | ended "reject: $reason" --format "$form" ||
				{ echo "$form without $field"; return 1; }
		done
	done
	# a column less is no record, wherever it is missing
	for form in ne2scan wrstat mpistat gufi pwalk find; do
		for field in size uid gid atime inode; do
			sampled 8 || continue
			make-list --without $field "$form" >list
			lists -t --max-rejects 100% --format "$form" list >got.tsv
			run -1 grep '^/lus/last' got.tsv
			(($(ledger rejected got.tsv) + $(ledger skipped_unrecognised got.tsv) >= 1)) || { echo "$form without $field"; return 1; }
		done
	done
}

# The last entry of the list once more, with another path.
@test "list-parse: what can be no path is rejected with its reason, in each form" {
	local form long
	long=$(printf 'x%.0s' {1..69000})
	for form in "${forms[@]}"; do
		sampled 8 || continue
		while IFS='|' read -r forms want path; do
			[[ $forms == all || " $forms " == *" $form "* ]] || continue
			make-list --last "${path/@LONG@/$long}" "$form" >list
			lists -t --max-rejects 100% --rejects rejects --format "$(format_of "$form")" list >got.tsv
			{ told got.tsv | cut -f 1 | sed -n 's/^\/LAST/rec \/LAST/p'; cut -f 3 rejects; } >got
			[[ $(<got) == "$want" ]] || { echo "$form $path: want: $want, got: $(<got)"; return 1; }
			(($(told got.tsv | grep -vc ^/LAST) == $(make-list gpfs | wc -l) - 2))
		done <<-'END'
			all|rec /LAST/a|/LAST/a
			all|rec /LAST/a|//LAST///a
			all|rec /LAST/a -- /b|/LAST/a -- /b
			all|dot component|/LAST/./a
			all|dot component|/LAST/..
			lfs find find-lf ne2scan ne2scan-fid wrstat wrstat-11 mpistat pwalk polimor|too long|/LAST/@LONG@
			lfs find-lf ne2scan ne2scan-fid polimor|nul|/LAST/a\0b
			wrstat wrstat-11 mpistat gufi gufi-old|nul|/LAST/a\0b
		END
	done
}

@test "list-parse: optional values that are bad are absent, and counted" {
	local form
	for form in lfs find ne2scan wrstat mpistat gufi pwalk polimor; do
		make-list --bad mtime=999999999999999 "$form" | lists -t --format "$form" >got.tsv
		(($(ledger bad_optional got.tsv) == 1)) || { echo "$form"; return 1; }
		(($(ledger rejected got.tsv) == 0))
		awk -F '\t' '$1 == "/lus/last" { found = $12 == "" } END { exit !found }' got.tsv
	done
}

@test "list-parse: a list that ends inside a record is cut, wherever" {
	local form size at
	for form in lfs find ne2scan wrstat mpistat gufi pwalk polimor; do
		make-list "$form" >list
		lists -t -o all.tsv list
		[[ $form != ne2scan ]] || sed -i '$d' list
		[[ $form != gufi ]] || sed -i '$d' list
		others=$(($(make-list gpfs | wc -l) - 2))
		size=$(stat -c %s list)
		for ((at = size - 1; at > size - 90; at -= 5)); do
			sampled 25 || continue
			head -c $at list >cut.list
			run -3 --separate-stderr lists -o none --format "$form" cut.list
			[[ $stderr == *"ends inside line"* || $form == ne2scan && $stderr == *"end line is missing"* ]]
			lists -t --allow-cut-end --max-rejects 100% --format "$form" cut.list >got.tsv
			(($(told got.tsv | wc -l) >= others - 1))
			# nothing but the true name, or a part of it
			[[ -z $(comm -13 <(told all.tsv | cut -f 1 | sort) <(told got.tsv | cut -f 1 |
				grep -vE '^/(l(u(s(/(l(as?)?)?)?)?)?)?$' | sort)) ]] || { echo "$form at $at"; return 1; }
		done
	done
}

@test "list-parse: no list passes for one of another form" {
	local form other
	for form in "${forms[@]}" gpfs; do
		make-list "$form" >list
		for other in lfs find ne2scan wrstat wrstat-11 mpistat gufi pwalk polimor; do
			[[ $(format_of "$form") != "$other" ]] && sampled 10 || continue
			run -3 lists --format $other -o none list
		done
	done
	# lists of GPFS are not for this program, and it knows
	make-list gpfs >list
	run -3 --separate-stderr lists -o none list
	[[ $stderr == *gpfs-parse* ]]
	small_log >list
	run -3 lists -o none list
}

@test "list-parse: the form shows in the first lines" {
	local form
	for form in "${forms[@]}"; do
		make-list "$form" >list
		run --separate-stderr -0 list-parse -v -o none --scan-date 2026-01-15 list
		[[ ${stderr_lines[0]} == "list-parse: list: format $(format_of "$form")" ]]
	done
}

@test "list-parse: --explain says what a list is, what it lacks, and shows a record" {
	local form
	for form in "${forms[@]}"; do
		sampled || continue
		make-list "$form" >list
		run -0 --separate-stderr list-parse --explain list
		[[ $output == *"format: $(format_of "$form")"$'\n'* && -z $stderr ]] || { echo "$form: $output"; return 1; }
		[[ $output == *$'\n  path         /lus\n'*$'\n  atime        2026-06-06 08:53:20'* ]]
		# the same, by a pipe
		diff <(printf '%s\n' "${output#* }") <(list-parse --explain < <(cat list) | sed '1s/^standard input: //')
	done
	make-list lfs >list
	run -0 list-parse --explain list
	[[ ${lines[1]} == '  lfs             49' && ${lines[2]} == '  find             0' ]]
	[[ $output == *$'\nfields: size allocated uid gid mode atime mtime ctime type\n  link counts: not in the log'* ]]
	[[ $output == *$'\nit reads 49 of the first 49 records\n'* ]]
	# one's own format
	find "$PWD" -maxdepth 1 -printf '%s,%T@,%p\n' >list
	run -3 --separate-stderr list-parse --explain list
	[[ $stderr == *"no records that are known"* && ${lines[1]} == '  lfs              0' ]]
	run -0 list-parse --explain --format 'find:%s,%T@,%p\n' list
	[[ $output == *$'\nfields: size mtime\n'*$'\n  path         '"$PWD"$'\n'* ]]
	run -1 list-parse --explain --format 'find:%s;%T@;%p\n' list
	[[ $output == *$'\nit reads 0 of the first '* ]]
	run -2 list-parse --explain list list
}

@test "list-parse: records of lfs that were cut at 1024 bytes lose themselves only" {
	local buffer deep
	deep=$(printf '/d%.0s' {1..600})
	for buffer in 1023 1024; do
		perl -e 'my ($buffer, $deep) = @ARGV;
			for my $i (1 .. 2000) {
				# some are long, and for longer than a chunk there is no short one among them
				next if $i % 4 == 0 && $i >= 300 && $i <= 1200;
				my $path = ("/short$i", "$deep/long$i", $deep, "$deep/x")[$i % 4];
				print substr "0x200000401:0x$i:0x0 s=1024 b=2 u=1 g=2 p=1 type=f perm=0644 " .
					"a=1760000000 m=1 c=1 -- /lus$path\n", 0, $buffer;
			}' $buffer "$deep" >list
		lists -t -j 1 list >got.tsv
		cmp got.tsv <(lists -t -j 4 list)
		run -0 grep -c '/short' got.tsv
		((output == 500 - 226))
		run -1 grep /d/d got.tsv
		[[ $(ledger 'reject too long' got.tsv) == 1500:* ]]
		(($(ledger rejected got.tsv) == 1500))
		(($(ledger skipped_unrecognised got.tsv) == 0))
	done
	# A list that was not cut may have longer records.
	printf '%s\n' "0x200000401:0x1:0x0 s=1024 b=2 u=1 g=2 p=1 type=f perm=0644 a=1 m=1 c=1 -- /lus$deep/long" >list
	lists -t list >got.tsv
	grep -q "^/lus$deep/long" got.tsv
}

@test "list-parse: names with line feeds, where a form cannot hold them, cost no other record" {
	local form
	for form in lfs find-lf ne2scan; do
		make-list --lf "$form" >list
		make-list "$form" | lists -t >want.tsv
		lists -t --format "$(format_of "$form")" list >got.tsv
		# names behind those have other inodes
		[[ -z $(comm -23 <(told want.tsv | cut -f 1,2,6,7) <(told got.tsv | cut -f 1,2,6,7)) ]]
		(($(ledger skipped_continued got.tsv) > 2))
	done
}

@test "list-parse: no two FIDs are one file" {
	local fid
	for fid in 0x1:0x1:0x0 0x1:0x0:0x1 0x100000001:0x0:0x0 0x1:0x2:0x0 0x2:0x1:0x0 \
		0xffffffffffffffff:0xffffffff:0xffffffff 0xffffffffffffffff:0xffffffff:0xfffffffe; do
		echo "$fid s=1 b=1 u=1 g=1 p=0 type=f perm=0644 a=1 m=1 c=1 -- /lus/f"
	done | lists -t | awk -F '\t' 'NR > 2 && !/^#end/ { print $3, $4 }' >identities
	(($(sort -u identities | wc -l) == 7))
	grep -qx '18446744073709551615 18446744073709551615' identities
	grep -qx '4294967296 1' identities
}

@test "list-parse: a list of ne2scan ends with its end line" {
	make-list ne2scan >list
	lists -t list >got.tsv
	(($(ledger unproved_sources got.tsv) == 0))
	# what the first line says
	list-parse -q -t list | head -n 1 | tr '\t' '\n' >words.txt
	grep -qx filesystem=lus words.txt
	grep -qx scan_date=2026-01-11 words.txt
	sed '$d' list >cut.list
	run -3 --separate-stderr lists -o none cut.list
	[[ $stderr == *"end line is missing"* ]]
	lists --allow-cut-end -o some cut.list
	# a name cannot take its place
	sed '20i\
#complete#1768093200' cut.list >faked
	run -3 lists -o none faked
	cat list list >twice
	lists --force -o some twice
}

@test "list-parse: the name of a list of lfs tells date and file system" {
	make-list lfs | gzip >20260111_lus1_scratch.lfs-scan.gz
	list-parse -q -t 20260111_lus1_scratch.lfs-scan.gz | head -n 1 >got
	grep -q 'filesystem=scratch.*scan_date=2026-01-11' got
}

@test "list-parse: # end rows=N must tell the number of records" {
	{ echo '# fields: all'; make-list lfs | grep ^0x; echo '# end rows=49'; } >list
	lists -t list >got.tsv
	(($(ledger unproved_sources got.tsv) == 0))
	sed 5d list >less
	run -3 --separate-stderr lists -o none less
	[[ $stderr == *"its end line tells of 49 entries, and there are 48"* ]]
	sed '$d' list >cut.list
	run -3 lists -o none cut.list
	sed 's/rows=49/rows=4x/' list >bad
	run -3 lists -o none bad
}

@test "list-parse: first and last lines of ours stand round any list" {
	{
		echo '# treetally my-script 2 scan_date=2026-01-11 filesystem=lus'
		make-list lfs | grep ^0x
		echo '# treetally my-script end entries=49 skipped=3'
	} >list
	list-parse -t list >got.tsv
	head -n 1 got.tsv | grep -q 'filesystem=lus.*scan_date=2026-01-11'
	[[ $(ledger assumptions got.tsv) == 'links-unknown skipped=3' ]]
	sed 7d list >less
	run -3 list-parse -o none less
}

# A tree with what find and scan-tree must agree on.
tree() {
	mkdir -p tree/a/b "tree/with  blanks" tree/$'line\nfeed' tree/empty
	echo x >tree/a/b/x
	ln tree/a/b/x tree/a/y
	ln -s nowhere tree/a/link
	mkfifo tree/a/fifo
	head -c 100000 /dev/zero >"tree/with  blanks/ -- "
	: >tree/$'line\nfeed'/$'\n'
	: >tree/$'caf\xe9'
	touch -d '1969-12-31 23:59:58.5' tree/a/y
	touch -a -d '2020-02-29 12:00:00.999' tree/empty
	chmod 1777 tree/empty
	: >"tree/-1 2 f 3"
}

@test "list-parse: what find prints of a tree is scan-tree's database" {
	local format
	tree
	scan-tree "$PWD/tree" | gpfs-parse -q --scan-date 2026-01-15 -f lus -o scan.entry
	build scan
	dump scan.db >scan.dump
	ask scan.db 'SELECT mode FROM directories' >scan.modes
	for format in "$(list_default)\\0" '%p|%i|%n|%y|%m|%U|%G|%s|%b|%A@|%T@\0' \
		'%10s %-8U%5G[%M]%n,%i;%A@ %T@ %b %p%%\0' '%y%m\t%s\n%b\n%U:%G\n%n %i %A@ %T@\n%p\000'; do
		find "$PWD/tree" -printf "$format" >list
		lists --format "find:$format" -o find.entry list
		build find
		diff scan.dump <(dump find.db) || { echo "$format"; return 1; }
		diff scan.modes <(ask find.db 'SELECT mode FROM directories')
		rm find.db
	done
	# relative names, and those below the starting point, which is "" itself
	for format in '%i %n %y %m %U %G %s %b %A@ %T@ %P\0' '%i %n %y %m %U %G %s %b %A@ %T@ %p\0'; do
		(cd tree && find . -printf "$format") >list
		lists --root "$PWD/tree" --format "find:$format" -o find.entry list
		build find
		diff scan.dump <(dump find.db) || { echo "$format"; return 1; }
		rm find.db
		run -3 lists --format "find:$format" -o none list
	done
}

@test "list-parse: formats that cannot be read back are refused with advice" {
	local format want
	while IFS='|' read -r format want; do
		run -2 --separate-stderr lists --format "find:$format" /dev/null
		[[ $stderr == *"$want"* ]] || { echo "$format: $stderr"; return 1; }
	done <<-'END'
		%u %p\n|print %U
		%g %p\n|print %G
		%t %p\n|print %T@
		%Ac %p\n|print %A@
		%l %p\n|cannot be read back
		%s\n|no %p
		%s %p|does not end
		%p %p\n|twice
		%p\q\n|no escape
		%|cannot be read back
		%10|cannot be read back
		%A|print %A@
	END
	run -2 --separate-stderr lists --format nothing /dev/null
	run -2 --separate-stderr lists --root here /dev/null
}

@test "list-parse: text for people is refused with advice" {
	tree
	find "$PWD/tree" -ls >list
	run -3 --separate-stderr lists -o none list
	[[ $stderr == *"find -ls"*"-printf"* ]]
	printf '%s\n' '-rw-r--r-- bob staff  25.000 GB Jan  1 2026 10:00 /lus/a' >list
	run -3 --separate-stderr lists -o none list
	[[ $stderr == *"dwalk"* ]]
	ls -l tree >list
	run -3 --separate-stderr lists -o none list
	run -2 --separate-stderr lists --escape pct <(make-list lfs)
}

@test "list-parse: lists of formats, parts of one scan, rejects, compressed input" {
	run -0 list-parse --list-formats
	for form in lfs find ne2scan wrstat mpistat gufi pwalk polimor; do
		[[ $output == *"$form "* ]]
	done
	make-list --lines 20 lfs >all.lfs
	split -n l/3 all.lfs part.
	lists -t part.a? >parts.tsv
	lists -t all.lfs >all.tsv
	diff <(told all.tsv) <(told parts.tsv)
	# each source shows itself what it is
	gzip part.aa
	make-list gufi >gufi.list
	lists -t part.aa.gz gufi.list >both.tsv
	make-list --bad size=x lfs >bad
	lists --rejects rejects -o some bad
	[[ $(cut -f 3 rejects) == 'bad size' && $(<rejects) == *'s=x b=2'* ]]
}

@test "scan-import: the parser is the one that the first lines call for, or --format" {
	local form
	for form in "${forms[@]}" gpfs; do
		make-list "$form" >"$form.list"
		[[ $form == lfs ]] || sampled 3 || continue
		scan-import -q --no-names --db "$form.db" -f lus --scan-date 2026-01-15 "$form.list"
		[[ $form == pwalk ]] || diff <(dump lfs.db) <(dump "$form.db")
	done
	gzip -k lfs.list
	scan-import -v --no-names --db packed.db -f lus --scan-date 2026-01-15 lfs.list.gz 2>said
	grep -q 'list-parse: reading' said
	diff <(dump lfs.db) <(dump packed.db)
	scan-import -q --no-names --db stdin.db -f lus --scan-date 2026-01-15 <gufi.list
	diff <(dump lfs.db) <(dump stdin.db)
	# a pipe cannot be looked at, but the message says what to do
	run -3 --separate-stderr scan-import -q --no-names --db none.db -f lus --scan-date 2026-01-15 < <(cat lfs.list)
	[[ $stderr == *"its records are those of lfs, which list-parse reads: --format lfs"* && ! -e none.db ]]
	make-list lfs | scan-import -q --no-names --format lfs --db pipe.db -f lus --scan-date 2026-01-15
	diff <(dump lfs.db) <(dump pipe.db)
	# what a list tells of itself
	scan-import -q --no-names ne2scan.list
	# what the audit reads again, it reads as the import did
	scan-import -q --no-names --replace --db lines.db -f lus --scan-date 2026-01-15 find-lf.list
	[[ $(ask lines.db 'SELECT format FROM scan_metadata') == "$(format_of find-lf)" ]]
	scan-audit -q lines.db --log find-lf.list
	(mkdir tree && cd tree && : >a && find . -printf '%s;%T@;%P\n') >list
	scan-import -q --no-names --db own.db -f lus --scan-date 2026-01-15 --root /r --format 'find:%s;%T@;%P\n' list
	scan-audit -q own.db --log list --root /r
	run -3 scan-audit -q own.db --log list
	[[ $(ask lus.db 'SELECT assumptions FROM scan_metadata') == 'allocated-from-size links-unknown' ]]
	run -2 --separate-stderr scan-import --no-names --format 'find:%u%p\n' --db none.db -f lus --scan-date 2026-01-15 find.list
	[[ $stderr == *'list-parse: --format'*'print %U'* && ! -e none.db ]]
}
