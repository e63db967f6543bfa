#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# scan-tree: the log of a real tree holds every name, byte for byte, and what could not be read
# is never silent.

load lib/helper
load lib/faults

setup_file() {
	make_faults
}

setup() {
	common_setup
}

# A tree with the names that break scripts.
odd_tree() {
	mkdir -p tree/plain "tree/with blank" tree/$'line\nfeed' tree/-dash tree/$'tab\there'
	echo data >tree/plain/100%25.txt
	echo data >tree/plain/$'a\nb'
	echo data >tree/plain/$'caf\xe9'
	echo data >tree/plain/$'cr\r'
	echo data >"tree/with blank/ x -- y "
	echo data >tree/-dash/-n
	echo data >'tree/plain/back\slash'
	ln tree/plain/100%25.txt tree/hard
	ln -s nowhere tree/dangling
	mkfifo tree/pipe
	truncate -s 5M tree/sparse
}

# unprivileged COMMAND...: run it so that permission bits count, as root too.
unprivileged() {
	if ((EUID != 0)); then
		"$@"
	else
		local caps=-dac_override,-dac_read_search
		setpriv --bounding-set=$caps --inh-caps=$caps "$@"
	fi
}

# paths LIST: those of a list, decoded, NUL between them, in order.
paths() {
	grep -av '^#' "$1" | sed 's/^[^/]* -- //' |
		perl -0777 -pe 's/\n/\0/g; s/%([0-9A-F]{2})/chr hex $1/ge' | sort -z
}

# Is it a whole list, whose end line tells the number of records?
whole() {
	[[ $(tail -n 1 "$1") == "# treetally scan-tree end entries=$(grep -avc '^#' "$1") unseen="* ]]
}

# lines_of_find DIR...: what find says, as records; its fractions of seconds are longer.
lines_of_find() {
	local record='%i 0 0  s=%s a=%k u=%U g=%G p=%M'
	record+=' ac=%AY-%Am-%Ad %AH:%AM:%AS mt=%TY-%Tm-%Td %TH:%TM:%TS cr=%CY-%Cm-%Cd %CH:%CM:%CS'
	LC_ALL=C TZ=UTC find "$@" -xdev -printf "$record nl=%n -- %p\\0" |
		sed -Ez 's/%/%25/g; s/\n/%0A/g; s/(:[0-9]{2}[.][0-9]{6})[0-9]*/\1/g' | tr '\0' '\n' | sort
}

# agrees DIR [OPTION...]: the list of the tree is what find says.
agrees() {
	scan-tree -q "${@:2}" "$1" >list
	whole list
	diff -a <(grep -av '^#' list | sort) <(lines_of_find "$(realpath "$1")")
}

@test "scan-tree: help, version and usage errors" {
	run -0 --separate-stderr scan-tree --help
	[[ $output == "usage: scan-tree "* && -z $stderr ]]
	run -0 --separate-stderr scan-tree -V
	[[ $output == "scan-tree (treetally) "[0-9]*.[0-9]*.[0-9]* && -z $stderr ]]
	run -2 --separate-stderr scan-tree
	[[ -z $output && $stderr == *"try 'scan-tree --help'" ]]
	run -2 --separate-stderr scan-tree --bogus .
	[[ -z $output && $stderr == *"try 'scan-tree --help'" ]]
	run -2 scan-tree -q -v .
	run -2 scan-tree -f 'two words' .
	run -2 scan-tree -f a/b .
	run -2 scan-tree -E '' .
	run -2 scan-tree -E ./ .
	run -1 --separate-stderr scan-tree nowhere
	[[ -z $output && $stderr == "scan-tree: nowhere: no such directory" ]]
	touch file
	run -1 scan-tree file
}

@test "scan-tree: the first line tells escape, date and file system; the last one says that it is the last" {
	mkdir tree
	TZ=Pacific/Kiritimati scan-tree tree >log
	[[ $(head -n 1 log) == "# treetally scan-tree 2 escape=pct scan_date=$(date -u +%F) filesystem=tree" ]]
	[[ $(tail -n 1 log) == "# treetally scan-tree end entries=1 unseen=0 vanished=0" ]]
	scan-tree -f other tree >log
	[[ $(head -n 1 log) == *" filesystem=other" ]]
	mkdir -- '-odd %name'
	scan-tree ./'-odd %name' >log
	[[ $(head -n 1 log) == *" filesystem=_odd__name" ]]
	scan-tree -E '*' / >log
	[[ $(head -n 1 log) == *" filesystem=root" ]]
	[ "$(grep -c ' -- /$' log)" -eq 1 ]
	whole log
}

@test "scan-tree: odd names come back byte for byte" {
	odd_tree
	scan-tree tree >log
	whole log
	grep -q '100%2525.txt$' log
	grep -q 'a%0Ab$' log
	cmp <(paths log) <(find "$(realpath tree)" -print0 | sort -z)
}

@test "scan-tree: the records are what gpfs-parse expects, none is rejected" {
	odd_tree
	scan-tree tree | gpfs-parse --rejects rejects -t >entries
	[ ! -s rejects ]
	[ "$(grep -c '^/' entries)" -eq "$(find tree -printf x | wc -c)" ]
	grep -qF "$(realpath tree)/plain/a\\nb" entries
	grep -qF "/plain/100%25.txt" entries
	grep -qF "/plain/back\\\\slash" entries
}

@test "scan-tree: every field of every kind of file is find's, in UTC" {
	odd_tree
	echo hello >tree/f
	chmod 4750 tree/f
	chmod 2705 tree/-dash
	chmod 1777 tree/plain
	touch -a -d '2001-02-03 04:05:06.75 UTC' tree/f
	touch -m -d '1969-12-31 23:59:58.000001 UTC' tree/f
	touch -d '1901-12-14 00:00:00.999999999 UTC' tree/sparse
	touch -h -d '2400-02-29 23:59:59 UTC' tree/dangling tree/hard
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("tree/socket")) or die'
	if ((EUID == 0)); then
		mknod tree/block b 7 0
		mknod tree/char c 1 3
		touch tree/others
		chown 4294967294:4000000000 tree/others
	fi
	# what is read gets a new access time only once
	find tree >/dev/null
	TZ=Asia/Kolkata agrees tree
	grep -q ' ac=2001-02-03 04:05:06[.]75' list
	grep -q ' mt=1969-12-31 23:59:58[.]000001' list
	grep -q " p=-rwsr-x--- .* nl=1 -- $(realpath tree)/f$" list
	TZ=Asia/Kolkata agrees tree -j 1
	((EUID != 0)) || grep -q ' u=4294967294 g=4000000000 ' list
}

@test "scan-tree: a large real tree is find's, with one worker and with several" {
	local each
	find /usr/share -xdev >/dev/null
	for each in 1 4 16; do
		agrees /usr/share -j $each
	done
}

@test "scan-tree: allocated bytes are those of files, as the import says" {
	mkdir -p tree/a/b
	head -c 100000 /dev/zero >tree/a/one
	head -c 50000 /dev/zero >tree/a/b/two
	sync tree/a/one tree/a/b/two
	run -0 --separate-stderr scan-tree -o list tree
	local allocated=${stderr_lines[-1]#*, allocated }
	run -0 scan-import --db tree.db list
	[[ $output == *"  allocated    ${allocated%%;*}"$'\n'* ]]
}

@test "scan-tree: -o FILE appears when it is complete; counts go to stderr, unless -q" {
	odd_tree
	run -0 --separate-stderr scan-tree -o list tree
	[[ -z $output ]]
	[[ ${stderr_lines[-1]} =~ ^scan-tree:\ entries\ [0-9]+:\ directories\ 6,\ files\ [0-9]+,\ allocated\ .*unseen\ 0,\ vanished\ 0,.*\ s$ ]]
	whole list
	[ "$(stat -c %a list)" = 640 ]
	run -0 --separate-stderr scan-tree -q -o list2 tree
	[[ -z $output$stderr ]]
	cmp <(paths list) <(paths list2)
	run -1 scan-tree -o list3 nowhere
	[ ! -e list3 ]
}

@test "scan-tree: --progress tells how many entries there are so far" {
	odd_tree
	scan-tree -q --progress=report tree >list
	grep -qP "^scan-tree\\tscanning\\t$(grep -avc '^#' list)\\t0\\tentries\\t" report
	grep -qP '^scan-tree\tend\t' report
}

@test "scan-tree: several trees; overlap is refused, not counted twice" {
	mkdir -p a/sub ab
	scan-tree -q a ab >list
	[ "$(wc -l <list)" -eq 5 ]
	run -2 --separate-stderr scan-tree a a/sub
	[[ -z $output && $stderr == *"counted twice"* ]]
	run -2 scan-tree a/sub a
	run -2 scan-tree a ./a
	ln -s a link
	run -2 scan-tree a link
	scan-tree -q link >list
	grep -q " -- $(realpath a)\$" list
	run -2 scan-tree / a
}

@test "scan-tree: --exclude leaves out names, or paths below DIR, with all below them" {
	mkdir -p tree/.snapshots/1 tree/a/.snapshots tree/a/b/c tree/x/a/b tree/$'\xff'
	touch tree/.snapshots/1/f tree/a/b/c/f tree/x/a/b/f tree/a/snapshots tree/$'\xff'/f
	scan-tree -q -E .snapshots tree >list
	whole list
	[[ $(tail -n 1 list) == *" excluded=2" ]]
	cmp <(paths list) <(find "$PWD/tree" -name .snapshots -prune -o -print0 | sort -z)
	scan-tree -q -E ./a/b/ -E '*/.snapshots' -j 1 tree >list
	cmp <(paths list) <(find "$PWD/tree" \( -path '*/tree/a/b' -o -path '*/a/.snapshots' \) -prune \
		-o -print0 | sort -z)
	# one component matches one name, bytes are bytes
	scan-tree -q -E '*/f' -E '?' tree >list
	cmp <(paths list) <(find "$PWD/tree" -name '?' -prune -o -print0 | sort -z)
	run -0 --separate-stderr scan-tree -E a tree
	[[ $stderr == *"excluded 2;"* ]]
}

@test "scan-tree: a directory that cannot be read: listed, counted, exit 3, and there is no end line" {
	mkdir -p tree/open tree/closed tree/blind
	touch tree/open/f tree/closed/g tree/blind/h
	chmod 000 tree/closed
	chmod 400 tree/blind
	if unprivileged ls tree/closed 2>/dev/null; then skip "permissions do not bind here"; fi
	run -3 --separate-stderr unprivileged scan-tree tree
	[[ $stderr == *"/tree/closed: Permission denied"* && $stderr == *"/tree/blind/h: Permission denied"* ]]
	[[ $stderr == *"2 directories or files could not be read"* ]]
	unprivileged scan-tree -q tree >log 2>/dev/null || true
	run ! whole log
	run ! unprivileged scan-tree -o out.list tree
	[ ! -e out.list ]

	run -0 --separate-stderr unprivileged scan-tree --allow-unreadable tree
	[[ $stderr == *"/tree/closed: Permission denied"*"unseen 2,"* ]]
	unprivileged scan-tree --allow-unreadable -q tree >log 2>err
	[ ! -s err ]
	[[ $(tail -n 1 log) == "# treetally scan-tree end entries=5 unseen=2 vanished=0" ]]
	gpfs-parse -q -o out.rec log
	chmod -R u+rwX tree
}

@test "scan-tree: another user sees what that user may, and root sees all of it" {
	((EUID == 0)) || skip "only root can be somebody else"
	local place status=0
	place=$(mktemp -d)
	chmod 755 "$place"
	cp "$TREETALLY_BUILD/scan-tree" "$place"
	mkdir -p "$place"/tree/{open,closed}
	touch "$place"/tree/{open,closed}/f
	chmod 700 "$place/tree/closed"
	(cd / && setpriv --reuid 65534 --clear-groups -- "$place/scan-tree" -q "$place/tree") >list 2>err ||
		status=$?
	scan-tree -q "$place/tree" >all
	rm -rf "$place"
	((status == 3)) || skip "the program is out of reach for others: $(cat err)"
	grep -q '/tree/closed: Permission denied' err
	[ "$(grep -avc '^#' list)" -eq 4 ]
	run ! whole list
	[[ $(tail -n 1 all) == "# treetally scan-tree end entries=5 unseen=0 vanished=0" ]]
}

@test "scan-tree: of very many that cannot be read the first are listed, all with -v" {
	mkdir tree
	(cd tree && mkdir -m 000 {1..50})
	if unprivileged ls tree/1 2>/dev/null; then skip "permissions do not bind here"; fi
	run -3 --separate-stderr unprivileged scan-tree tree
	[ "$(grep -c 'Permission denied' <<<"$stderr")" -eq 20 ]
	[[ $stderr == *"--verbose lists all"*"50 directories or files could not be read"* ]]
	run -3 --separate-stderr unprivileged scan-tree -v tree
	[ "$(grep -c 'Permission denied' <<<"$stderr")" -eq 50 ]
	chmod -R u+rwX tree
}

# ---- what others do to the tree meanwhile ----

# spoil CALL NTH HOW: a scan in which a call fails; true when it was reached.
spoil() {
	rm -f mark
	status=0
	env FAULT_CALL="$1" FAULT_NTH="$2" FAULT_HOW="$3" FAULT_MARK=mark LD_PRELOAD=fault-shim.so \
		scan-tree -v -j "${workers:-1}" tree >list 2>err || status=$?
	[[ -e mark ]]
}

# Every name of the tree is in the list, or it is (or is below) one that was told. What was told is
# counted.
nothing_lost() {
	grep -E '^scan-tree: /.*: (vanished during the scan|[A-Z].*)$' err |
		sed -E 's/^scan-tree: (.*): [^:]*$/\1/' >told || true
	comm -23 all <(grep -ao '/.*' list | sort) | awk '
		NR == FNR { told[$0]; next }
		{
			for (path = $0; path != ""; sub(/\/[^\/]*$/, "", path))
				if (path in told) next
			print "lost: " $0; bad = 1
		}
		END { exit bad }' told -
}

small_tree() {
	mkdir -p tree/a/{b/c,d} tree/e
	touch tree/{a,a/b,a/b/c,a/d,e}/{f,g}
	find "$PWD/tree" | sort >all
}

@test "scan-tree: whatever call fails, all else is in the list, and what is not is told and counted" {
	! sanitized || skip "sanitizers want to be the first library"
	local call how n expected errors
	read -ra errors < <(quick_or_all 'EACCES EIO ENOENT' 'EACCES EPERM EIO ENOENT ENOTCONN ESTALE EOVERFLOW')
	small_tree
	for call in openat statx getdents; do
		for how in "${errors[@]}"; do
			case $how in
			ENOENT | ESTALE) expected=0 ;;
			*) expected=3 ;;
			esac
			for ((n = 1; n < 100; n++)); do
				spoil "$call" "$n" "$how" || break
				# the root itself
				if ((status == 4)) || grep -q '/tree: vanished' err; then
					[[ ($how != EACCES && $how != EPERM) || $call == statx ]]
					((n <= 2)) || { cat err; false; }
					run ! whole list
					continue
				fi
				((status == expected)) || { echo "$call $n $how: $status"; cat err; false; }
				nothing_lost || { echo "$call $n $how"; cat err; false; }
				if ((status == 0)); then
					whole list
					[[ $(tail -n 1 list) == *" unseen="[01]" vanished="[01] ]]
					[[ $(tail -n 1 list) != *" unseen=0 vanished=0" ]]
				else
					run ! grep -q 'scan-tree end' list
				fi
			done
			((n > 5)) || { echo "$call is never called"; false; }
		done
	done
}

@test "scan-tree: a directory that is exchanged for a file or a link is looked at again" {
	! sanitized || skip "sanitizers want to be the first library"
	local how n
	small_tree
	for how in ENOTDIR ELOOP; do
		for ((n = 1; n < 100; n++)); do
			spoil openat $n $how || break
			((status == 0))
			whole list
			cmp <(grep -ao '/.*' list | sort) all
		done
		((n > 5))
		# never a directory again: it has vanished
		spoil openat 2+ $how
		((status == 0))
		[[ $(tail -n 1 list) == *" unseen=0 vanished=2" ]]
	done
}

@test "scan-tree: no memory or no descriptors is exit 4, an interrupted call is tried again" {
	! sanitized || skip "sanitizers want to be the first library"
	local call n
	small_tree
	for call in openat statx getdents; do
		for ((n = 1; n < 100; n++)); do
			spoil $call $n EINTR || break
			((status == 0))
			cmp <(grep -ao '/.*' list | sort) all
		done
	done
	for n in 1 3; do
		spoil openat $n+ EMFILE
		((status == 4))
		grep -q 'Too many open files' err
		spoil openat $n ENOMEM
		((status == 4))
		spoil statx $n ENOMEM
		((status == 4))
		run ! grep -q 'scan-tree end' list
	done
	workers=4
	run ! spoil thread 100 EAGAIN
	spoil thread 2 EAGAIN
	((status == 4))
}

@test "scan-tree: directories are moved about: nothing else is ever missing" {
	local i p=tree/a/in
	mkdir -p tree/a/in tree/b tree/z
	for ((i = 0; i < 60; i++)); do p+=/d; mkdir -p $p/s1 $p/s2; touch $p/s1/f; done
	for ((i = 0; i < 100; i++)); do mkdir -p tree/b/$i/x tree/z/$i; touch tree/b/$i/x/f; done
	find "$PWD/tree/b" "$PWD/tree/z" | sort >want
	perl -e 'alarm 300; while (getppid() == $ARGV[0]) {
		rename "tree/a/in/d/d/d", "tree/moved"; rename "tree/moved", "tree/a/in/d/d/d";
		rename "tree/a/in", "tree/in"; rename "tree/in", "tree/a/in" }' $$ 3>&- &
	for ((i = 0; i < 100; i++)); do
		(ulimit -n $((i % 2 ? 16 : 256)); scan-tree -q -j $((i % 4 + 1)) tree >list)
		whole list
		comm -23 want <(grep -ao '/.*' list | sort) >lost
		[ ! -s lost ] || { cat lost; kill %1; false; }
	done
	kill %1
}

@test "scan-tree: directories are exchanged for others, files and links: always whole, and no link is followed" {
	local i
	mkdir -p tree/keep tree/x/y outside
	touch tree/keep/{1..20} outside/secret tree/x/y/f
	ln -s "$PWD/outside" link
	touch file
	mkdir -p other/y
	perl -e 'alarm 300; while (getppid() == $ARGV[0]) {
		for my $with ("link", "file", "other") {
			rename "tree/x", "old"; rename $with, "tree/x"; select undef, undef, undef, 0.0003;
			rename "tree/x", $with; rename "old", "tree/x"; select undef, undef, undef, 0.0003; } }' \
		$$ 3>&- &
	for ((i = 0; i < 100; i++)); do
		scan-tree -q -j $((i % 3 + 1)) tree >list
		whole list
		[ "$(grep -c '/keep/[0-9]*$' list)" -eq 20 ]
		if grep -q secret list; then kill %1; false; fi
	done
	kill %1
}

@test "scan-tree: a DIR that goes away meanwhile: exit 3" {
	! sanitized || skip "sanitizers want to be the first library"
	small_tree
	spoil openat 1 ENOENT
	((status == 3))
	grep -q '/tree: vanished during the scan' err
	run ! grep -q 'scan-tree end' list
}

# ---- shapes ----

@test "scan-tree: thousands of levels, far beyond PATH_MAX, with few descriptors" {
	# the list is as long as half the square of this
	local levels
	levels=$(quick_or_all 8000 20000)
	perl -e 'mkdir "tree"; chdir "tree"; for (1..$ARGV[0]) { mkdir "d" or die; chdir "d" or die }
		open F, ">", "last"' "$levels"
	(ulimit -n 20; scan-tree -q -j 4 tree | tail -n 3 >list)
	[[ $(tail -n 1 list) == "# treetally scan-tree end entries=$((levels + 2)) unseen=0 vanished=0" ]]
	grep -q '/d/d/d/last$' list
	rm -rf tree
}

@test "scan-tree: a path longer than any reader takes is unseen, and stops nobody" {
	perl -e 'mkdir "tree"; mkdir "tree/z"; chdir "tree"; $n = "%" x 200;
		for (1..120) { mkdir $n or die; chdir $n or die }'
	run -0 --separate-stderr scan-tree -o list tree
	[[ $stderr == *"%%%: File name too long"* ]]
	[[ $(tail -n 1 list) == *" unseen=1 vanished=0" ]]
	gpfs-parse -q -o out.rec list
	rm -rf tree
}

@test "scan-tree: many branches at every level, with descriptors for few of them" {
	perl -e 'mkdir "tree"; chdir "tree"; for (1..1500) { for my $s ("a", "b", "e") { mkdir $s;
		open F, ">", "$s/f" } mkdir "d" or die; chdir "d" or die }'
	local files
	for files in 16 20 64; do
		(ulimit -n $files; scan-tree -q -j 4 tree >list)
		[[ $(tail -n 1 list) == "# treetally scan-tree end entries=10501 unseen=0 vanished=0" ]]
		[ "$(grep -ao '/.*' list | sort -u | wc -l)" -eq 10501 ]
	done
	rm -rf tree
}

@test "scan-tree: a directory of more directories than fit into 4M" {
	slow
	mkdir tree
	local workers count
	count=$(quick_or_all 20000 200000)
	perl -e 'mkdir "tree/a_" . "long" x 50 . $_ or die for 1..$ARGV[0]' "$count"
	for workers in 1 4; do
		if sanitized; then
			scan-tree -q -S 4M -T . -j $workers tree >list
		else
			(ulimit -v 50000; scan-tree -q -S 4M -T . -j $workers tree >list)
		fi
		whole list
		[ "$(grep -ao '/a_.*' list | sort -u | wc -l)" -eq "$count" ]
	done
	rm -rf tree
}

# ---- other file systems ----

# Needs mount; everything in it is gone with the namespace.
mounted() {
	((EUID == 0)) || skip "only root can mount"
	unshare -m mount -t tmpfs none . 2>/dev/null || skip "mounts are not possible here"
	# shellcheck disable=SC2016
	unshare -m --propagation private bash -ec "$1"
}

@test "scan-tree: file systems below are entered with --cross only, bind mounts too" {
	mkdir -p tree/other tree/bind tree/plain outside
	touch tree/plain/f outside/g
	mounted '
		mount -t tmpfs none tree/other
		touch tree/other/in
		mount --bind outside tree/bind
		scan-tree tree >list 2>err
		scan-tree -q --cross tree >cross
		scan-tree -q tree tree/other >both
		status=0; scan-tree -q --cross tree tree/other 2>/dev/null || status=$?
		[ $status -eq 2 ]
	'
	[ "$(grep -avc '^#' list)" -eq 5 ]
	grep -q '/tree/other$' list
	[[ $(cat err) == *"not entered "[12]","* ]]
	[ "$(grep -c '/other/in$\|/bind/g$' cross)" -eq 2 ]
	[ "$(grep -c '/other/in$' both)" -eq 1 ]
	whole list
	whole cross
}

@test "scan-tree: another user's FUSE mount, alive or dead, stops nobody: listed, unseen, exit 0" {
	[[ -w /dev/fuse ]] || skip "FUSE cannot be mounted here (/dev/fuse)"
	mkdir -p tree/mount tree/plain
	touch tree/plain/f
	mounted '
		exec 9<>/dev/fuse
		mount -i -t fuse -o fd=9,rootmode=40000,user_id=65534,group_id=65534 none tree/mount || exit 77
		for i in "" --cross; do scan-tree $i tree >list$i 2>err$i; done
		umount -l tree/mount
		exec 9>&-
		exec 9<>/dev/fuse
		mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none tree/mount
		exec 9>&-
		for i in "" --cross; do scan-tree $i tree >dead$i 2>deaderr$i; done
	' || { (($? == 77)) && skip "FUSE cannot be mounted here"; false; }
	local list
	for list in list list--cross dead dead--cross; do
		[[ $(tail -n 1 "$list") == "# treetally scan-tree end entries=3 unseen=1 vanished=0" ]]
	done
	grep -q '/tree/mount: Permission denied' err
	grep -q '/tree/mount: Transport endpoint is not connected' deaderr
}

# ---- the end ----

@test "scan-tree: a reader that goes away ends it by SIGPIPE; a full disk or no stdout is exit 4" {
	run -141 bash -c 'scan-tree -q /usr | true; exit "${PIPESTATUS[0]}"'
	[[ -z $output ]]
	run -4 --separate-stderr bash -c 'scan-tree -q /usr >/dev/full'
	[[ $stderr == "scan-tree: cannot write standard output: No space left on device" ]]
	mkdir tree
	run -4 --separate-stderr bash -c 'scan-tree -q tree >&-'
	[[ -n $stderr ]]
}

@test "scan-tree: killed, it leaves a list without end line, and no file under the name of -o" {
	local scan status
	mkfifo pipe
	# On a busy machine it can be done before it is killed.
	for _ in {1..20}; do
		rm -f done.list
		status=0
		scan-tree -q -o done.list /usr 3>&- &
		scan=$!
		kill -TERM "$scan"
		wait "$scan" || status=$?
		((!status)) || break
	done
	[ "$status" -eq 143 ]
	[ "$(echo done.list*)" = 'done.list*' ]
	scan-tree -q /usr >pipe 3>&- &
	scan=$!
	exec 4<pipe
	head -c 100000 <&4 >list
	kill -TERM "$scan"
	cat <&4 >>list
	exec 4<&-
	status=0
	wait "$scan" || status=$?
	[ "$status" -eq 143 ]
	run ! grep -q 'scan-tree end' list
}
