#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# demo, and the library with which demo and tests/run find what is missing on a bare machine.

load lib/helper

@test "demo: scan, import, and screens of directories, owners, ages and sizes" {
	mkdir -p "tree/big one" tree/small
	head -c 3000000 /dev/urandom >"tree/big one/f"
	echo x >tree/small/$'esc\e[31m'
	mkdir tree/$'dir\e[31m'
	run -0 --separate-stderr demo tree
	[[ $stderr == *"demo: scanning tree"*": done"*"directories"* ]]
	[[ $output == *"The largest directories"*"Owners"*"last access"*"Sizes of files"* ]]
	[[ $output == *"2."??" MiB"*" 1 "*"$(realpath tree)/big one"$'\n'* ]]
	[[ $output == *"$(id -un)"* ]]
	[[ $output == *"< 1 Month"*"7+ Years"* ]]
	[[ $output != *$'\e'* ]]
}

@test "demo: --db keeps the database, otherwise nothing stays" {
	mkdir tree temp
	echo x >tree/f
	TMPDIR=$PWD/temp demo tree >out 2>err
	[ -z "$(ls -A temp)" ]
	demo --db kept.db tree >out 2>err
	[ "$(sqlite3 kept.db 'SELECT total_files FROM scan_metadata')" = 1 ]
	run -2 demo tree tree
	run -2 demo --bogus
	run -0 demo --help
}

# ---- need ------------------------------------------------------------------------------------------

# ./bin with every program of the machine but those named, and a package manager that makes them.
machine_without() {
	# nobody must get there, which the directory of the test does not allow
	machine=$(mktemp -d)
	chmod 755 "$machine"
	cd "$machine" || return
	mkdir bin
	ln -s /usr/bin/* bin/
	[[ -L /bin ]] || ln -s /bin/* bin/ 2>/dev/null || true
	rm -f bin/apt-get bin/sudo "${@/#/bin/}"
	cat >bin/apt-get <<-END
		#!/bin/sh
		echo "apt-get \$*" >>$PWD/calls
		case "\$*" in
		*" install "*) [ -e $PWD/broken ] || for p in $*; do ln -sf /bin/true $PWD/bin/\$p; done ;;
		esac
	END
	chmod +x bin/apt-get
	chmod 777 . bin
}

teardown() {
	[ -z "${machine:-}" ] || rm -rf "$machine"
	common_teardown
}

# What a script that says `need ...` does there, without a terminal.
try_need() {
	{
		cat "$TREETALLY_TOP/pipelines/lib/need.sh"
		printf '%s\n' "$1" 'echo went on'
	} | PATH=$PWD/bin bash -s
}

# The same for somebody who is not root.
try_need_as_nobody() {
	((EUID == 0)) || { try_need "$1"; return; }
	{
		cat "$TREETALLY_TOP/pipelines/lib/need.sh"
		printf '%s\n' "$1" 'echo went on'
	} | PATH=$PWD/bin setpriv --reuid=65534 --regid=65534 --clear-groups bash -s
}

@test "need: with nothing missing it is silent and calls nothing" {
	machine_without nothing
	run -0 try_need 'need cc make sqlite3.h xxhash.h sqlite3'
	[[ $output == "went on" ]]
	[ ! -e calls ]
}

@test "need: root gets what is missing, and is told" {
	((EUID == 0)) || skip "only root can be somebody else"
	machine_without lz4 xz
	run -0 --separate-stderr try_need 'need sqlite3 xz lz4'
	[[ $output == "went on" ]]
	[[ $stderr == *"missing: xz lz4; installing: apt-get "*" lz4 xz-utils" ]]
	grep -q 'apt-get .*install .*lz4 xz-utils$' calls
	rm bin/lz4
	touch broken
	run -4 --separate-stderr try_need 'need lz4'
	[[ -z $output && $stderr == *"still missing after the installation: lz4" ]]
}

@test "need: others without a terminal get the one-line command and status 4" {
	machine_without lz4
	run -4 --separate-stderr try_need_as_nobody 'need lz4'
	[[ -z $output && ! -e calls ]]
	[[ $stderr == *"missing: lz4; as root:"*"apt-get "*" install "*" lz4"$'\n'* ]]
	[[ $stderr == *"missing: lz4; sudo is not here: ask an administrator" ]]
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	chmod +x bin/sudo
	run -0 --separate-stderr try_need_as_nobody 'need --install lz4'
	[[ $output == "went on" ]]
}

@test "need: on an unknown machine it names what is missing" {
	machine_without lz4 apt-get dnf yum zypper
	rm -f bin/apt-get
	run -4 --separate-stderr try_need 'need lz4'
	[[ $stderr == *"missing: lz4; this machine's package manager is unknown" ]]
}

@test "need: a compiler that cannot compile is missing" {
	machine_without cc
	printf '#!/bin/sh\nexit 1\n' >bin/cc
	chmod +x bin/cc
	run -4 --separate-stderr try_need_as_nobody 'need cc'
	[[ $stderr == *"missing: cc;"*" gcc libc6-dev"* ]]
}

@test "need: others are shown what both commands of the README want" {
	machine_without lz4 xz ncdu
	run -4 --separate-stderr try_need_as_nobody 'need xz'
	[[ $stderr == *"missing: xz; as root:"*" lz4 ncdu xz-utils"$'\n'* ]]
}

@test "need: a version that is too old is missing" {
	machine_without bats
	printf '#!/bin/sh\necho Bats 1.2.1\n' >bin/bats
	chmod +x bin/bats
	run -4 --separate-stderr try_need_as_nobody 'need bats-1.5'
	[[ $stderr == *"missing: bats-1.5;"* ]]
	printf '#!/bin/sh\necho Bats 1.11.0\n' >bin/bats
	run -0 try_need_as_nobody 'need bats-1.5'
}

@test "need: a checkout that cannot be written to" {
	((EUID != 0)) || mkdir -m 700 shut
	((EUID == 0)) || mkdir -m 500 shut
	machine_without nothing
	run -4 --separate-stderr try_need_as_nobody "need_build '$BATS_TEST_TMPDIR/shut/build'"
	[[ $stderr == *"cannot write to "*"/shut/build"*"TREETALLY_BUILD=/"* ]]
}
