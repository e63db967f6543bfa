# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# need - find what a script needs and is not there, and have the package manager install it.
# Sourced.
#
#   need [--install] THING...
#
# A THING is a program or a header of the table below. With nothing missing this is silent and
# touches no network. Root gets the packages installed and is told which. Anybody else is shown the
# one-line command, which brings all that pipelines/demo and tests/run need, so that one has to ask an
# administrator only once; where sudo is there they are asked. --install is the answer yes in advance;
# without sudo or a terminal to ask on, the line is all there is, and need exits 4.
#
# Only Debian's names have been tried. An unknown package manager gets a list of what is missing.

# THING, then its package with apt-get, dnf/yum, zypper.
need_packages() {
	cat <<-'END'
		cc          gcc+libc6-dev   gcc+glibc-devel     gcc+glibc-devel
		make        make            make                make
		sqlite3.h   libsqlite3-dev  sqlite-devel        sqlite3-devel
		xxhash.h    libxxhash-dev   xxhash-devel        xxhash-devel
		zstd.h      libzstd-dev     libzstd-devel       libzstd-devel
		sanitizers  gcc             libasan+libubsan    gcc
		sqlite3     sqlite3         sqlite              sqlite3
		bats-1.5    bats            bats                bats
		find        findutils       findutils           findutils
		awk         mawk            gawk                gawk
		mawk        mawk            mawk                mawk
		time        time            time                time
		perl        perl-base       perl                perl
		flock       util-linux      util-linux          util-linux
		pgrep       procps          procps-ng           procps
		script      bsdutils        util-linux          util-linux
		ncdu        ncdu            ncdu                ncdu
		tmux        tmux            tmux                tmux
		strace      strace          strace              strace
		setfacl     acl             acl                 acl
		gzip        gzip            gzip                gzip
		bzip2       bzip2           bzip2               bzip2
		xz          xz-utils        xz                  xz
		zstd        zstd            zstd                zstd
		lz4         lz4             lz4                 lz4
		clang       clang           clang               clang
		fuzzer      clang+libclang-rt-dev clang+compiler-rt   clang
		cppcheck    cppcheck        cppcheck            cppcheck
		shellcheck  shellcheck      ShellCheck          ShellCheck
		mandoc      mandoc          mandoc              mandoc
		codespell   codespell       codespell           python3-codespell
		debootstrap debootstrap     debootstrap         debootstrap
	END
}

# What the two scripts of the README want; --all of tests/run wants a compiler with libFuzzer as well.
NEED_DEMO=(cc make sqlite3.h xxhash.h zstd.h)
NEED_TESTS=("${NEED_DEMO[@]}" bats-1.5 sqlite3 find awk perl time flock pgrep script setfacl
	gzip bzip2 xz zstd lz4 mandoc ncdu tmux strace)

# need_has THING:  is it there, and does it work?
need_has() {
	case $1 in
	cc) need_compile stddef.h ;;
	*.h) need_compile "$1" ;;
	sanitizers) need_compile stddef.h -fsanitize=address,undefined ;;
	fuzzer)
		CC=clang need_compile stddef.h -fsanitize=fuzzer,address,undefined \
			-Dmain=LLVMFuzzerTestOneInput
		;;
	bats-*) printf '%s\n' "${1#*-}" "$(bats --version 2>/dev/null | grep -oE '[0-9.]+')" |
		sort -CV ;;
	*) type -P "$1" >/dev/null ;;
	esac
}

# need_compile HEADER [OPTION...]
need_compile() {
	printf '#include <%s>\nint main(void) { return 0; }\n' "$1" |
		"${CC:-cc}" "${@:2}" -x c -o /dev/null - 2>/dev/null
}

# Print one package per line for the THINGs, by the column of the manager.
need_names() {
	local column=$1 thing
	shift
	for thing; do
		need_packages | awk -v thing="$thing" -v column="$column" '
			$1 == thing { gsub(/\+/, "\n", $column); print $column }'
	done | sort -u
}

need_missing() {
	local thing
	for thing; do
		need_has "$thing" || printf '%s\n' "$thing"
	done
}

need() {
	local yes=0 missing how answer
	if [[ ${1:-} == --install ]]; then
		yes=1
		shift
	fi
	mapfile -t missing < <(need_missing "$@")
	((${#missing[@]})) || return 0

	if ((EUID == 0)); then
		need_command "${missing[@]}" || need_give_up "this machine's package manager is unknown"
		echo "$0: missing: ${missing[*]}; installing: $how" >&2
		sh -c "$how" >&2 || need_give_up "the installation failed; is the network there?"
	else
		mapfile -t answer < <(need_missing "$@" "${NEED_DEMO[@]}" "${NEED_TESTS[@]}")
		need_command "${answer[@]}" || need_give_up "this machine's package manager is unknown"
		echo "$0: missing: ${missing[*]}; as root:" >&2
		echo "  $how" >&2
		type -P sudo >/dev/null || need_give_up "sudo is not here: ask an administrator"
		if ((!yes)); then
			[[ -t 0 && -t 2 ]] || exit 4
			read -r -p "run this now with sudo? [y/N] " answer || exit 4
			[[ $answer == [yY]* ]] || exit 4
		fi
		sudo sh -c "$how" >&2 || need_give_up "the installation failed; is the network there?"
	fi
	hash -r
	mapfile -t missing < <(need_missing "$@")
	((!${#missing[@]})) || need_give_up "still missing after the installation: ${missing[*]}"
}

# The one line that installs the THINGs, in $how; false if no manager is known. awk may be among
# the missing: then the table cannot be read, but no machine with a package manager lacks it.
need_command() {
	local packages manager
	if type -P apt-get >/dev/null; then
		mapfile -t packages < <(need_names 2 "$@")
		how="apt-get -qq update; DEBIAN_FRONTEND=noninteractive"
		how+=" apt-get -qqy -o Dpkg::Use-Pty=0 install --no-install-recommends"
	elif manager=$(type -P dnf || type -P yum); then
		mapfile -t packages < <(need_names 3 "$@")
		how="${manager##*/} -qy install"
	elif type -P zypper >/dev/null; then
		mapfile -t packages < <(need_names 4 "$@")
		how="zypper -qn install"
	else
		return 1
	fi
	how+=" ${packages[*]}"
}

need_give_up() {
	echo "$0: missing: ${missing[*]}; $1" >&2
	exit 4
}

# need_build BUILD: can the programs be built there?
need_build() {
	mkdir -p -- "$1" 2>/dev/null && [[ -w $1 ]] && return
	echo "$0: cannot write to $1: name another directory for the programs, as in" >&2
	echo "  TREETALLY_BUILD=/var/tmp/treetally $0" >&2
	exit 4
}
