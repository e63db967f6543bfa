# shellcheck shell=bash
#
# progress - messages, and one progress line on the terminal. Sourced by scan-import.
#
# The programs say where they are in machine lines, PROGRAM PHASE DONE TOTAL UNIT LINES, separated
# by TAB; TOTAL 0 is unknown. progress() takes them in, paint() draws. The sourcing script sets
# painting, verbose and width.

# While stages run, the shell's own stderr is shut ("line 99: 1234 Killed ..." is no message for
# people), so messages go to a descriptor of their own.
exec {err}>&2

painted=0
# Take the progress line off the terminal, so that a message can stand there.
unpaint() {
	((!painted)) || printf '\r\e[K' >&"$err"
	painted=0
}

say() {
	unpaint
	printf 'scan-import: %s\n' "$*" >&"$err"
}

# die STATUS MESSAGE
told=0
die() {
	local code=$1
	shift
	told=1
	say "$*"
	exit "$code"
}

hint() {
	echo "try 'scan-import --help'" >&"$err"
	exit 2
}

usage_error() {
	say "$*"
	hint
}

# Characters that only direct how others are shown: U+200B-200F, 2028-202E, 2060-206F, FEFF.
directing=$'\xe2\x80\x8b-\xe2\x80\x8f\xe2\x80\xa8-\xe2\x80\xae'
directing+=$'\xe2\x81\xa0-\xe2\x81\xaf\xef\xbb\xbf'

# A name for messages: what is no printable UTF-8 must not reach the terminal. (Where the locale is
# not there, what is no ASCII.)
shown() {
	local LC_ALL=C.UTF-8 text
	text=${1//[^[:print:]]/?}
	printf '%s' "${text//[$directing]/?}"
} 2>/dev/null

# Set REPLY to N bytes, seconds or things, for people: 1.5 GiB, 1:23:45, 2.1 M.
bytes() {
	scaled "$1" 1024 ' B' ' KiB' ' MiB' ' GiB' ' TiB' ' PiB' ' EiB'
}

count() {
	scaled "$1" 1000 '' ' K' ' M' ' G' ' T' ' P' ' E'
}

scaled() {
	local n=$1 base=$2 tenths=
	shift 2
	while ((n >= base && $# > 1)); do
		tenths=.$((n % base * 10 / base)) n=$((n / base))
		shift
	done
	REPLY=$n$tenths$1
}

# Milliseconds as seconds, one decimal.
tenths() {
	REPLY=$(($1 / 1000)).$(($1 / 100 % 10))
}

clock() {
	local hours=$(($1 / 3600)) minutes=$(($1 / 60 % 60)) seconds=$(($1 % 60))
	printf -v REPLY '%d:%02d:%02d' "$hours" "$minutes" "$seconds"
	REPLY=${REPLY#0:}
}

# The latest machine line of each program that is in a phase: PROGRAM PHASE DONE TOTAL UNIT LINES;
# when the phase began and when DONE last grew, in microseconds. The last line of each that ended
# well: its processor time, its life and the processor time of its children, in milliseconds.
declare -A report=() began=() moved=() times=()

progress() {
	local program=$1 phase=$2 before line now=${EPOCHREALTIME/./}
	if [[ $phase == end ]]; then
		phase_ended "$program"
		times[$program]="$3 $4 $6"
		return
	fi
	IFS=$'\t' read -r _ before _ <<<"${report[$program]:-}"
	if [[ $before != "$phase" ]]; then
		phase_ended "$program"
		began[$program]=$now
	fi
	printf -v line '%s\t' "$@"
	[[ ${report[$program]:-} == "$line" ]] || moved[$program]=$now
	report[$program]=$line
}

# Forget the phase that a program was in; with -v it gets its line. How far it came is told only
# when that is known: the last machine line came up to half a second before the end.
phase_ended() {
	local program=$1 phase all unit amount='' took
	[[ ${report[$program]:-} ]] || return 0
	IFS=$'\t' read -r _ phase _ all unit _ <<<"${report[$program]}"
	unset "report[$program]"
	((verbose)) || return 0
	took=$((${EPOCHREALTIME/./} - began[$program]))
	if [[ $unit == bytes ]]; then bytes "$all"; else count "$all"; REPLY+=" $unit"; fi
	((!all)) || amount=" $REPLY,"
	tenths $((took / 1000))
	say "$program: $phase:$amount $REPLY s"
}

# Where the time went: processor seconds, and the rest of each program's life. The bottleneck is
# the one that did not wait; with threads it may have worked more seconds than went by.
report_times() {
	local stage busy life children
	for stage in "${STAGES[@]}"; do
		[[ ${times[$stage]:-} ]] || continue
		read -r busy life children <<<"${times[$stage]}"
		# The child of stats-load asks for names; it is a part of it.
		if [[ $stage != gpfs-parse ]]; then
			busy=$((busy + children))
		elif ((children)); then
			report_time decompressor "$children" "$life"
		fi
		report_time "$stage" "$busy" "$life"
	done
}

# report_time NAME BUSY LIFE
report_time() {
	local waiting=$(($3 > $2 ? $3 - $2 : 0)) busy
	tenths "$2"
	busy=$REPLY
	tenths "$waiting"
	say "$1: $busy s busy, $REPLY s waiting"
}

# The one line on the terminal. While the log is read it is about gpfs-parse; later about the
# program furthest downstream among those that get ahead.
paint() {
	local program=starting stage phase='' at=0 all=0 unit=- lines=0 text now=${EPOCHREALTIME/./}
	for stage in "${STAGES[@]}"; do
		[[ ${report[$stage]:-} ]] || continue
		[[ $program == starting ]] || ((now - moved[$stage] < 3000000)) || continue
		program=$stage
		[[ $stage != gpfs-parse ]] || break
	done
	if [[ $program != starting ]]; then
		IFS=$'\t' read -r _ phase at all unit lines <<<"${report[$program]}"
	fi
	text="$program${phase:+: $phase}"
	if [[ $unit == bytes ]]; then
		text_of_reading
	elif ((all > 20)); then
		text+=" $((at * 100 / all)) %"
	elif ((all)); then
		text+=" $at/$all"
	elif ((at)); then
		count "$at"
		text+=" $REPLY $unit"
	fi
	clock "$SECONDS"
	text+="  [$REPLY]"
	printf '\r\e[K%s' "${text:0:width - 1}" >&"$err"
	painted=1
}

# Bytes, lines per second, share and time left; for paint, whose variables it uses.
text_of_reading() {
	local micros=$((now - began[$program])) seconds left
	bytes "$at"
	text+=" $REPLY"
	if ((all)); then
		bytes "$all"
		text+=" of $REPLY, $((at / (all / 100 + 1))) %"
	fi
	count $((lines * 1000000 / (micros + 1)))
	text+=", $REPLY lines/s"
	# Not before there is something to judge by.
	if ((micros >= 2000000 && all > at && at >= 1024)); then
		seconds=$((micros / 1000000)) left=$(((all - at) / 1024))
		clock $((seconds * left / (at / 1024)))
		text+=", $REPLY left"
	fi
}
