#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who may read, write or plant what: modes, owners, groups and ACLs of files that are made and
# replaced, spill files, symbolic links, and directories where anybody may put files.

load lib/helper
load lib/faults

LOG=20260115_fs1_asp.list.log

setup_file() {
	make_faults
}

# It must be possible to be somebody else, so nothing lies in the private directories of bats.
setup() {
	common_setup
	place=$(mktemp -d)
	chmod 755 "$place"
	cd "$place" || return
	small_log >"$LOG"
	line 9 not/absolute >>"$LOG"
	make_stream dir good.dir
	chmod 644 "$LOG" good.dir
}

teardown() {
	local status=0
	sound_databases "$place" || status=$?
	cd / && rm -rf "$place"
	return $status
}

import() {
	scan-import -q -S 64M -j 1 "$@" "$LOG"
}

# whole.db and good.entry, of the same log as good.dir.
finish_database() {
	make_stream entry good.entry
	stats-accum -o good.usage good.entry
	dir-load whole.db good.dir
	stats-load --no-names whole.db good.usage
}

# A nobody who belongs to no group of ours.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}

needs_nobody() {
	((EUID == 0)) || skip "only root can be somebody else"
	as_nobody test -x "$TREETALLY_BUILD/dir-load" ||
		skip "the programs are out of reach for others"
}

needs_acl() {
	: >probe
	needs setfacl
	setfacl -m u:1234:r probe 2>/dev/null || skip "$PWD takes no ACLs"
	rm probe
}

# rights FILE: owner, group, mode and ACL in one line.
rights() {
	echo "$(stat -c '%u %g %a' -- "$1")" "$(getfacl -cnp -- "$1" | tr '\n' ' ')"
}

# is MODE FILE...
is() {
	local mode=$1 file
	shift
	for file; do
		[[ $(stat -Lc %a -- "$file") == "$mode" ]] || { echo "$file: not $mode"; ls -l; return 1; }
	done
}

# ---- new files -------------------------------------------------------------------------------------

@test "rights: what has names in it is new with 0640 less the umask: databases, streams, rejects, answers" {
	local mask at masks=(000:640 022:640 077:600 027:640)
	finish_database
	# A file of mode 000 is of use to nobody else.
	((EUID)) || masks+=(777:0)
	for mask in "${masks[@]}"; do
		umask "${mask%:*}"
		at=at$mask
		dir-load "$at.db" good.dir
		gpfs-parse -q --rejects "$at.rejects" -o "$at.entry" -o "$at.second" "$LOG"
		dir-extract -o "$at.unsorted" good.entry
		depth-sort -o "$at.dir" good.dir
		stats-accum -o "$at.usage" good.entry
		rec-cat -o "$at.tsv" good.dir
		rec-cat -b -o "$at.rec" good.dir
		dir-query -o "$at.dirs" whole.db
		dir-query --format csv -o "$at.csv" whole.db
		stats-query -o "$at.stats" whole.db
		dir-export --ncdu -o "$at.ncdu" whole.db
		is "${mask#*:}" "$at".*
	done
	umask 000
	import --rejects rejects
	is 640 asp.db rejects
	umask 077
	import --db private.db --rejects private
	is 600 private.db private
}

@test "rights: --mode is what new files have, whatever the umask; those replaced keep theirs" {
	umask 077
	import --mode 0644 --rejects rejects
	dir-load --mode 664 t.db good.dir
	is 644 asp.db rejects
	is 664 t.db
	import --mode 600 --rejects rejects
	dir-load --replace --mode 600 t.db good.dir
	is 644 asp.db rejects
	is 664 t.db
	local mode
	for mode in '' 8 rw 0x1 -1 1777 07777 01000 00644 ' 644' '644 '; do
		run -2 scan-import --mode "$mode" "$LOG"
		run -2 dir-load --mode "$mode" new.db good.dir
		run -2 gpfs-parse --mode "$mode" --rejects new -o /dev/null "$LOG"
	done
	[[ ! -e new.db && ! -e new ]]
}

@test "rights: without files that have no name, nobody reads what is not finished" {
	! sanitized || skip "sanitizers want to be the first library"
	mkfifo stream
	local -x FAULT_CALL=tmpfile FAULT_NTH=1+ FAULT_HOW=EOPNOTSUPP
	LD_PRELOAD=fault-shim.so dir-load t.db stream 3>&- &
	exec {feed}>stream
	head -c -100 good.dir >&"$feed"
	local i names
	for ((i = 0; i < 400; i++)); do
		names=$(compgen -G 't.db.*' || :)
		[[ ! $names ]] || break
		sleep 0.05
	done
	[[ $names == t.db.?????? ]]
	is 600 "$names"
	tail -c 100 good.dir >&"$feed"
	exec {feed}>&-
	wait
	is 640 t.db
	[[ $(ls t.db*) == t.db ]]
}

@test "rights: setgid directories and default ACLs give what they give, within the mode" {
	needs_acl
	needs_nobody
	mkdir setgid open closed
	chgrp 4321 setgid
	chmod 2775 setgid
	setfacl -d -m u:65534:rwx,g::rwx,o::rwx open
	setfacl -d -m g::---,o::--- closed
	local dir
	for dir in setgid open closed; do
		import --db $dir/a.db --rejects $dir/rejects
		dir-load $dir/t.db good.dir
	done
	for dir in a.db rejects t.db; do
		[[ $(stat -c '%g %a' setgid/$dir) == '4321 640' ]]
		is 640 open/$dir
		as_nobody cat open/$dir >/dev/null
		[[ $(getfacl -cp open/$dir) != *other::r* ]]
		is 600 closed/$dir
	done
	umask 077
	dir-load open/mine.db good.dir
	import --db open/mine2.db
	if as_nobody cat open/mine.db || as_nobody cat open/mine2.db; then return 1; fi
	is 600 open/mine.db open/mine2.db
}

# ---- files that are replaced -----------------------------------------------------------------------

@test "rights: what replaces a file has its owner, group, mode and ACL" {
	needs_acl
	needs_nobody
	import --rejects rejects
	dir-load t.db good.dir
	local file i before
	for i in 1 2 3; do
		for file in asp.db rejects t.db; do
			setfacl -b $file
			chown 1234:4321 $file
			case $i in
			1) chmod 604 $file ;;
			2) setfacl -m u:65534:r,g:77:rw,g::---,m::rwx $file ;;
			3) setfacl -m u:65534:rw,g::r,m::--- $file ;;
			esac
			declare "before_${file%.db}=$(rights $file)"
		done
		umask 077
		import --rejects rejects
		dir-load --replace t.db good.dir
		for file in asp.db rejects t.db; do
			before=before_${file%.db}
			[[ $(rights $file) == "${!before}" ]] || { echo "$i $file: $(rights $file)" "${!before}"; return 1; }
		done
	done
}

@test "rights: a file without ACL gets none from its directory when it is replaced" {
	needs_acl
	mkdir d
	import --db d/asp.db --rejects d/rejects
	dir-load d/t.db good.dir
	setfacl -d -m u:65534:rwx d
	import --db d/asp.db --rejects d/rejects
	dir-load --replace d/t.db good.dir
	[[ $(getfacl -cp d/asp.db d/rejects d/t.db) != *nobody* ]]
	is 640 d/asp.db d/rejects d/t.db
}

@test "rights: a group or an ACL that cannot be given is nobody's, not another group's" {
	needs_acl
	needs_nobody
	chown 65534:4321 .
	chmod 777 .
	import --rejects rejects
	dir-load t.db good.dir
	local file
	for file in asp.db rejects t.db; do
		chown 65534:4321 $file
		setfacl -m u:1234:rw,g::r $file
	done
	run -0 as_nobody scan-import -S 64M --rejects rejects "$LOG"
	[[ $output == *"asp.db: it cannot keep its group"*": no group rights"* ]]
	as_nobody dir-load --replace t.db good.dir
	for file in asp.db rejects t.db; do
		[[ $(stat -c '%u %g %a' $file) == '65534 65534 600' ]]
	done
	# The mask of an ACL is not what the group had.
	dir-load --replace acl.db good.dir
	scan-import -q --db acl.db --replace "$LOG"
	setfacl -m u:1234:rw,g::---,m::rw acl.db
	# Sanitizers want to be the first library.
	! sanitized || return 0
	FAULT_CALL=setxattr FAULT_NTH=1+ FAULT_HOW=EOPNOTSUPP FAULT_PROGRAM=scan-import \
		LD_PRELOAD=fault-shim.so run -0 scan-import -S 64M --db acl.db "$LOG"
	[[ $output == *"acl.db: its ACL could not be copied"*": no group rights"* ]]
	is 600 acl.db
}

# ---- names -----------------------------------------------------------------------------------------

@test "rights: a symbolic link stays, and what it points to is made or replaced" {
	mkdir far
	ln -s far/x.db relative
	ln -s "$PWD/relative" chain
	ln -s loop loop
	local made
	# the second time there is something to replace
	for made in 1 2; do
		dir-load --replace chain good.dir
		gpfs-parse -q --rejects chain -o /dev/null "$LOG"
		rm far/x.db
		import --replace --db chain
		import --db relative
		[[ -L chain && -L relative && -f far/x.db && ! -L far/x.db ]]
		[[ $(ls far) == x.db ]]
		[[ $made == 2 ]] || rm far/x.db
	done
	run -4 dir-load loop good.dir
	run -4 scan-import --db loop "$LOG"
	run -4 gpfs-parse --rejects loop -o /dev/null "$LOG"
	[[ -L loop ]]
}

@test "rights: directories, devices and pipes are no databases; rejects may go to a pipe" {
	mkdir directory
	mkfifo fifo
	local name
	for name in directory fifo /dev/null /dev/full; do
		ln -sf "$(realpath "$name")" link
		run -2 scan-import --db "$name" "$LOG"
		run -2 scan-import --db link "$LOG"
		run -3 dir-load --replace "$name" good.dir
		run -3 dir-load --replace link good.dir
	done
	[[ -d directory && -p fifo && -c /dev/null && -c /dev/full ]]
	gpfs-parse -q --rejects >(cat >kept) -o /dev/null "$LOG"
	local i
	for ((i = 0; i < 200; i++)); do
		[[ ! -s kept ]] || break
		sleep 0.05
	done
	[[ $(cut -f 2 kept) == 31 ]]
}

# What somebody else may have put into a directory like /tmp, under the names that we use.
planted() {
	local what=$1
	rm -rf asp.db* outside
	case $what in
	file) import --db asp.db ;;
	link) ln -s "$place/outside" asp.db ;;
	journal) import --db asp.db; echo journal >asp.db-journal; chown 65534 asp.db-journal; return ;;
	directory) mkdir asp.db.import ;;
	import-link) mkdir ../elsewhere; ln -s ../elsewhere asp.db.import ;;
	import-file) : >asp.db.import ;;
	esac
	chown -h 65534 asp.db*
}

listing() {
	find . -mindepth 1 -printf '%p %y %m %U %s %T@ %l\n' | sort
}

@test "rights: in a directory where anybody may put files, what others have put there is refused" {
	needs_nobody
	mkdir tmp
	chmod 1777 tmp
	cp "$LOG" tmp
	cd tmp
	local what before
	for what in file link journal directory import-link import-file; do
		planted $what
		before=$(listing)
		run -4 scan-import --replace --db asp.db "$LOG"
		[[ $output == *"asp.db"*@(belongs to|cannot be made)* ]] || { echo "$what: $output"; return 1; }
		[[ $(listing) == "$before" && ! -e ../outside ]]
	done
	for what in file link; do
		planted $what
		run -4 dir-load --replace asp.db ../good.dir
		[[ $output == *"asp.db: belongs to another user"* && ! -e ../outside ]]
		mv asp.db rejects
		run -4 gpfs-parse -q --rejects rejects -o /dev/null "$LOG"
		[[ $output == *"rejects: belongs to another user"* && ! -e ../outside ]]
		rm rejects
	done
	mkfifo pipe
	chown 65534 pipe
	run -4 gpfs-parse -q --rejects pipe -o /dev/null "$LOG"
	# One's own files are no traps, nor are those of whom the directory belongs to.
	rm -f asp.db*
	as_nobody scan-import -q -S 64M "$LOG"
	as_nobody scan-import -q -S 64M "$LOG"
	chown 0 asp.db
	run -4 as_nobody scan-import -q -S 64M "$LOG"
	import
	import
	[[ $(stat -c %u asp.db) == 0 ]]
}

@test "rights: what is unfinished is out of reach for others" {
	needs_nobody
	needs_acl
	chmod 1777 .
	setfacl -d -m u:65534:rwx .
	mkfifo log
	scan-import -q -S 64M --db t.db --source "$LOG" log 3>&- &
	exec {feed}>log
	local i
	for ((i = 0; i < 200; i++)); do
		[[ ! -e $(compgen -G 't.db.import/run.*' || :) ]] || break
		sleep 0.05
	done
	is 700 t.db.import t.db.import/run.*
	if as_nobody ls t.db.import; then return 1; fi
	run -4 as_nobody scan-import --db t.db "$LOG"
	[[ $output == *"t.db.import: belongs to "*", whose import is running or was killed" ]]
	cat "$LOG" >&"$feed"
	exec {feed}>&-
	wait
	[[ -f t.db && ! -e t.db.import ]]
}

# ---- spill files -----------------------------------------------------------------------------------

# spilling COMMAND...: run it on $input, without an end, until it has a spill file; what it holds open
# there is printed as MODE LINKS.
spilling() {
	mkdir -p spill
	mkfifo "pipe$1"
	"$@" -S 4M -T spill "pipe$1" >/dev/null 3>&- &
	local pid=$! i found='' fd
	exec {feed}>"pipe$1"
	# all but the trailer
	head -c -300 "$input" >&"$feed"
	for ((i = 0; i < 400; i++)); do
		for fd in "/proc/$pid/fd"/*; do
			[[ $(readlink "$fd") != "$PWD/spill/"* ]] || found=$(stat -Lc '%a %h' "$fd")
		done
		[[ ! $found ]] || break
		sleep 0.05
	done
	[[ -z $(ls -A spill) ]] && echo "$found"
	exec {feed}>&-
	wait "$pid" || [[ $? == 3 ]]
}

@test "rights: spill files have no name and mode 0600, with O_TMPFILE and without" {
	umask 000
	big_log 100000 | gpfs-parse -q -f big --scan-date 2026-01-15 -o entries
	awk 'BEGIN { for (i = 0; i < 200000; i++) print "/a/long/path/of/a/directory/of/ours/" i "\t0\t\t\t\t\t\t" }' |
		rec-cat -q -b --unverified --kind dir -o dirs
	local shim
	for shim in '' fault-shim.so; do
		[[ ! $shim ]] || ! sanitized || continue
		local -x FAULT_CALL=tmpfile FAULT_NTH=1+ FAULT_HOW=EOPNOTSUPP
		local -x LD_PRELOAD=$shim
		input=dirs run -0 --separate-stderr spilling depth-sort
		[[ $output == "600 0" ]]
		input=entries run -0 --separate-stderr spilling stats-accum
		[[ $output == "600 0" ]]
		unset LD_PRELOAD
		rm pipe*
	done
}
