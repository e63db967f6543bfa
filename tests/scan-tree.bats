#!/usr/bin/env bats
# scan-tree: the log of a real tree holds every name, byte for byte, and what find could not read is
# never silent.

load lib/helper

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
	ln -s /nowhere tree/dangling
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

@test "scan-tree: help, version and usage errors" {
	run -0 --separate-stderr scan-tree --help
	[[ $output == "usage: scan-tree "* && -z $stderr ]]
	run -0 --separate-stderr scan-tree -V
	[[ $output == "scan-tree (treetally) "[0-9]*.[0-9]*.[0-9]* && -z $stderr ]]
	run -2 --separate-stderr scan-tree
	[[ -z $output && $stderr == *"no directory"*"try 'scan-tree --help'" ]]
	run -2 --separate-stderr scan-tree --bogus .
	[[ -z $output && $stderr == *"try 'scan-tree --help'" ]]
	run -2 scan-tree -q -v .
	run -2 scan-tree -f 'two words' .
	run -1 --separate-stderr scan-tree nowhere
	[[ -z $output && $stderr == "scan-tree: nowhere: no such directory" ]]
}

@test "scan-tree: the first line tells escape, date and file system" {
	mkdir tree
	TZ=Pacific/Kiritimati scan-tree tree >log
	[[ $(head -n 1 log) == "# treetally scan-tree 1 escape=pct scan_date=$(date -u +%F) filesystem=tree" ]]
	scan-tree -f other tree >log
	[[ $(head -n 1 log) == *" filesystem=other" ]]
	mkdir -- '-odd %name'
	scan-tree ./'-odd %name' >log
	[[ $(head -n 1 log) == *" filesystem=_odd__name" ]]
}

@test "scan-tree: odd names come back byte for byte" {
	odd_tree
	scan-tree tree >log
	[ "$(wc -l <log)" -eq "$(($(find tree -printf x | wc -c) + 1))" ]
	tail -n +2 log | sed 's/^.* -- \//\//; ' >paths
	grep -q '100%2525.txt$' paths
	grep -q 'a%0Ab$' paths
	# decode: what comes out is what find -print0 says
	perl -0777 -pe 's/\n/\0/g; s/%([0-9A-F]{2})/chr hex $1/ge' paths | sort -z >got
	find "$(realpath tree)" -print0 | sed -z 's/^.* -- \//\//' | sort -z >want
	cmp want got
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

@test "scan-tree: sizes, owners, modes and times are find's, in UTC" {
	mkdir tree
	echo hello >tree/f
	chmod 4750 tree/f
	touch -a -d '2001-02-03 04:05:06.75 UTC' tree/f
	touch -m -d '1969-12-31 23:59:58 UTC' tree/f
	TZ=Asia/Kolkata scan-tree tree >log
	grep -q ' s=6 ' log
	grep -q " u=$(id -u) g=$(id -g) p=-rwsr-x--- " log
	grep -q ' ac=2001-02-03 04:05:06[.]75' log
	grep -q ' mt=1969-12-31 23:59:58' log
	grep -q " nl=1 -- $(realpath tree)/f$" log
}

@test "scan-tree: several trees; overlap is refused, not counted twice" {
	mkdir -p a/sub ab
	run -0 scan-tree a ab
	[ "${#lines[@]}" -eq 4 ]
	run -2 --separate-stderr scan-tree a a/sub
	[[ -z $output && $stderr == *"counted twice"* ]]
	run -2 scan-tree a/sub a
	run -2 scan-tree a ./a
	ln -s a link
	run -2 scan-tree a link
	run -0 scan-tree link
	[[ ${lines[1]} == *" -- $(realpath a)" ]]
}

@test "scan-tree: a directory that cannot be read: listed, counted, exit 3, and the log ends inside a line" {
	mkdir -p tree/open tree/closed
	touch tree/open/f tree/closed/g
	chmod 000 tree/closed
	if unprivileged ls tree/closed 2>/dev/null; then skip "permissions do not bind here"; fi
	run -3 --separate-stderr unprivileged scan-tree tree
	[[ $stderr == *"/tree/closed': Permission denied"*"1 directories or files could not be read"* ]]
	unprivileged scan-tree tree >log 2>/dev/null || true
	[[ $(tail -c 1 log | od -An -c) != *'\n'* ]]
	run -3 gpfs-parse -o out.rec log
	[ ! -e out.rec ]

	run -0 --separate-stderr unprivileged scan-tree --allow-unreadable tree
	[[ $stderr == *"/tree/closed': Permission denied"*"1 directories or files could not be read"* ]]
	unprivileged scan-tree --allow-unreadable -q tree >log 2>err
	[ ! -s err ]
	gpfs-parse -o out.rec log
	[ "$(wc -l <log)" -eq 5 ]
}

# A find that says and does what the test wants.
fake_find() {
	mkdir -p fake
	{
		echo '#!/bin/sh'
		echo '[ "$2" = -maxdepth ] && exit 0'
		cat
	} >fake/find
	chmod +x fake/find
}

@test "scan-tree: a name that vanished is no failure; any other message is" {
	mkdir tree
	fake_find <<-'END'
		printf '\0001 0 0  s=1 -- /x'
		echo "find: '/x/y': No such file or directory" >&2
		exit 1
	END
	PATH=$PWD/fake:$PATH run -0 --separate-stderr scan-tree tree
	[[ $stderr == "scan-tree: 1 names vanished during the scan and are not in the log" ]]
	PATH=$PWD/fake:$PATH run -0 --separate-stderr scan-tree -q tree
	[[ -z $stderr ]]
	fake_find <<-'END'
		echo "find: '/x/y': Input/output error" >&2
		exit 1
	END
	PATH=$PWD/fake:$PATH run -3 --separate-stderr scan-tree tree
	[[ $stderr == *"'/x/y': Input/output error"* ]]
}

@test "scan-tree: a find that dies does not leave a log that looks whole" {
	mkdir tree
	fake_find <<-'END'
		printf '\0001 0 0  s=1 -- /x'
		kill -KILL $$
	END
	PATH=$PWD/fake:$PATH run -4 --separate-stderr scan-tree tree
	[[ $stderr == *"find: failed with status 137"* ]]
	PATH=$PWD/fake:$PATH scan-tree tree >log 2>/dev/null || true
	[[ $(tail -c 2 log) == /x ]]
}

@test "scan-tree: a reader that goes away ends it by SIGPIPE; a full disk is exit 4" {
	run -141 bash -c 'scan-tree /usr | true; exit "${PIPESTATUS[0]}"'
	[[ -z $output ]]
	run -4 --separate-stderr bash -c 'scan-tree /usr >/dev/full'
	[[ $stderr == *"the log could not be written" ]]
}

@test "scan-tree: killed, it takes find along and dies of the signal" {
	mkdir tree
	fake_find <<-'END'
		echo $$ >pid
		exec sleep 60
	END
	PATH=$PWD/fake:$PATH scan-tree tree >log 2>/dev/null 3>&- &
	local scan=$! status=0
	until [ -s pid ]; do sleep 0.05; done
	kill -TERM "$scan"
	wait "$scan" || status=$?
	[ "$status" -eq 143 ]
	run ! kill -0 "$(cat pid)"
	[[ $(tail -c 1 log | od -An -c) != *'\n'* ]]
}

@test "scan-tree: stays on one file system unless --cross" {
	[ -d /proc/self ] || skip "no /proc"
	[ "$(stat -c %d /)" != "$(stat -c %d /proc)" ] || skip "/proc is no mount point"
	# a tree of one mount point: the parent's scan must not descend into it
	fake_find <<-'END'
		printf '%s\n' "$@" >args
	END
	PATH=$PWD/fake:$PATH scan-tree / >/dev/null
	grep -qx -- -xdev args
	PATH=$PWD/fake:$PATH scan-tree --cross / >/dev/null
	run ! grep -qx -- -xdev args
	# and two trees on two file systems do not overlap without it
	PATH=$PWD/fake:$PATH run -0 scan-tree / /proc
	PATH=$PWD/fake:$PATH run -2 scan-tree --cross / /proc
}
