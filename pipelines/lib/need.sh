# shellcheck shell=bash
#
# need - find what a script needs and is not there, and have the package manager install it.
# Sourced.
#
#   need [--install] THING...
#
# A THING is a program or a header of the table below. With nothing missing this is silent and
# touches no network. Root gets the packages installed and is told which. Anybody else is shown the
# one-line command and asked; --install is the answer yes in advance; without a terminal to ask on,
# the line is all there is, and need exits 4.
#
# Only Debian's names have been tried. An unknown package manager gets a list of what is missing.

# THING, then its package with apt-get, dnf/yum, zypper.
need_packages() {
	cat <<-'END'
		cc          gcc+libc6-dev   gcc+glibc-devel     gcc+glibc-devel
		make        make            make                make
		sqlite3.h   libsqlite3-dev  sqlite-devel        sqlite3-devel
		xxhash.h    libxxhash-dev   xxhash-devel        xxhash-devel
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
	END
}

# need_has THING: is it there, and does it work?
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
	local yes=0 missing packages command answer
	if [[ ${1:-} == --install ]]; then
		yes=1
		shift
	fi
	mapfile -t missing < <(need_missing "$@")
	((${#missing[@]})) || return 0

	# awk may be among the missing: then the table cannot be read, but no machine with a package
	# manager lacks it.
	if command -v apt-get >/dev/null; then
		mapfile -t packages < <(need_names 2 "${missing[@]}")
		command="apt-get -qq update; DEBIAN_FRONTEND=noninteractive"
		command+=" apt-get -qqy -o Dpkg::Use-Pty=0 install --no-install-recommends"
		command+=" ${packages[*]}"
	elif command -v dnf >/dev/null || command -v yum >/dev/null; then
		mapfile -t packages < <(need_names 3 "${missing[@]}")
		command=$(command -v dnf >/dev/null && echo dnf || echo yum)
		command+=" -qy install ${packages[*]}"
	elif command -v zypper >/dev/null; then
		mapfile -t packages < <(need_names 4 "${missing[@]}")
		command="zypper -qn install ${packages[*]}"
	else
		echo "$0: missing: ${missing[*]}; this machine's package manager is unknown" >&2
		exit 4
	fi

	local run=(sh -c "$command")
	if ((EUID != 0)); then
		run=(sudo "${run[@]}")
		command="sudo sh -c '$command'"
		echo "$0: missing: ${missing[*]}; to install:" >&2
		echo "  $command" >&2
		if ((!yes)); then
			[[ -t 0 && -t 2 ]] || exit 4
			read -r -p "run this now? [y/N] " answer || exit 4
			[[ $answer == [yY]* ]] || exit 4
		fi
	else
		echo "$0: missing: ${missing[*]}; installing the packages ${packages[*]}" >&2
	fi
	if ! "${run[@]}" >&2; then
		echo "$0: the installation failed: $command" >&2
		exit 4
	fi
	hash -r
	mapfile -t missing < <(need_missing "$@")
	if ((${#missing[@]})); then
		echo "$0: still missing after the installation: ${missing[*]}" >&2
		exit 4
	fi
}
