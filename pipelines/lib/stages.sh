# shellcheck shell=bash
#
# stages - run the programs of a pipeline, note how each one ends and find the one to blame. Sourced
# by scan-import.
#
# Every process holds the pipe ends it uses and no others, or an end of file would never be seen.
# The shell itself never waits for one process alone: it listens to all of them for a moment, looks
# who has ended, and so on. The sourcing script sets STAGES, programs, tied, common, share, began_at
# and failed.

# Seconds that the other stages get to end by themselves when one has failed, then to heed SIGTERM.
readonly GRACE=2 PATIENCE=10

# Stages that were started: process id; exit status, once ended; set when it was us who ended it.
# The ends of pipes.
starting=''
declare -A pid=() status=() stopped=() from=() into=()

# make_pipe NAME: an anonymous pipe; its ends are descriptors in from[NAME] and into[NAME].
make_pipe() {
	local both reader writer
	exec {both}<> <(:)
	exec {reader}</dev/fd/"$both" {writer}>/dev/fd/"$both"
	exec {both}>&-
	from[$1]=$reader into[$1]=$writer
}

# close_pipes NAME...: both ends, as far as they are open.
close_pipes() {
	local fd name
	for name; do
		for fd in ${from[$name]:-} ${into[$name]:-}; do exec {fd}>&-; done
		unset "from[$name]" "into[$name]"
	done
}

# start STAGE STDIN STDOUT [ARGUMENT...]: STDIN and STDOUT are descriptors. gpfs-parse writes to
# /dev/fd/4 and 5, all stages report to /dev/fd/3, and nothing else of ours is open in them: neither
# pipe ends nor the lock.
start() {
	local stage=$1 input=$2 output=$3
	shift 3
	starting=$stage
	(
		trap - INT TERM HUP PIPE EXIT
		exec <&"$input" >&"$output" 3>&"${into[events]}"
		if [[ $stage == gpfs-parse ]]; then
			exec 4>&"${into[entries]}" 5>&"${into[counted]}"
		fi
		if ((painting)); then exec 2>&3; else exec 2>&"$err"; fi
		close_pipes "${!from[@]}"
		exec {lock}>&- {log}>&- {err}>&-
		exec "${tied[@]}" "$programs$stage" "${common[@]}" -S "${share[$stage]}" "$@"
	) &
	pid[$stage]=$! starting=''
}

# Wait a moment for what the stages have to say. Messages come this way only when there is a progress
# line in their way. The moment is a hundredth of the time gone by, 10 to 100 ms: nobody waits long
# for stats-load to start, and a long import is not disturbed.
heard='' last_paint=0
listen() {
	local text fields machine_line=$'^[a-z-]+\t[^\t]+\t[0-9]+\t[0-9]+\t[^\t]+\t[0-9]+$'
	local moment=$(((${EPOCHREALTIME/./} - began_at) / 100))
	((moment > 10000)) || moment=10000
	((moment < 100000)) || moment=100000
	printf -v moment 0.%06d "$moment"
	if IFS= read -r -t "$moment" -u "${from[events]}" text; then
		text=$heard$text heard=''
		if [[ $text =~ $machine_line ]]; then
			IFS=$'\t' read -r -a fields <<<"$text"
			progress "${fields[@]}"
		else
			unpaint
			printf '%s\n' "$text" >&"$err"
		fi
	else
		heard+=$text
	fi
	if ((painting && ${EPOCHREALTIME/./} - last_paint > 500000)); then
		paint
		last_paint=${EPOCHREALTIME/./}
	fi
}

# What is left to hear when all have ended.
hear_out() {
	while read -r -t 0 -u "${from[events]}"; do listen; done
}

running() {
	local stage
	for stage in "${!pid[@]}"; do
		[[ ! ${status[$stage]:-} ]] || continue
		return 0
	done
	return 1
}

# Has this child ended? In a trap a shell does not notice by itself, so the kernel is asked.
ended_process() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# Note the status of each stage that has ended.
reap() {
	local stage ended
	for stage in "${!pid[@]}"; do
		[[ ! ${status[$stage]:-} ]] || continue
		ended_process "${pid[$stage]}" || continue
		ended=0
		wait "${pid[$stage]}" || ended=$?
		status[$stage]=$ended
		((ended == 0)) || failed=1
		hear_out
		phase_ended "$stage"
	done
}

# End what still runs: politely, then not. A stage that was forked but has not taken its own signal
# handling up yet loses a signal, so they are sent until it is over; and one that was forked when the
# trap that calls this came in between is not noted yet.
stop_stages() {
	local stage victims signal=TERM until=$((SECONDS + PATIENCE))
	[[ ! $starting || ! ${!:-} ]] || pid[$starting]=$!
	while running; do
		victims=()
		for stage in "${!pid[@]}"; do
			[[ ! ${status[$stage]:-} ]] || continue
			stopped[$stage]=1
			victims+=("${pid[$stage]}")
		done
		((SECONDS <= until)) || signal=KILL
		kill -s "$signal" "${victims[@]}" || true
		listen
		reap
	done
}

# The stage whose failure is the cause of the others': a signal from outside before what only it can
# have done (2, 4), before what may come from its input (1, 3), before having lost its reader. Sets
# blamed and its rank.
find_blamed() {
	local stage rank best=9
	for stage in "${STAGES[@]}"; do
		[[ ! ${stopped[$stage]:-} ]] || continue
		case ${status[$stage]:-0} in
		0) continue ;;
		1 | 3) rank=3 ;;
		141) rank=4 ;;
		*) rank=$((status[$stage] > 128 ? 1 : 2)) ;;
		esac
		((rank >= best)) || { best=$rank blamed=$stage; }
	done
}

blame() {
	local blamed='' ended
	find_blamed
	ended=${status[$blamed]}
	((ended <= 128)) ||
		die "$ended" "$blamed failed: killed by signal $(kill -l "$ended" || echo "$ended"); $old_is"
	die "$ended" "$blamed failed with status $ended; $old_is"
}
