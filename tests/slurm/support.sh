# Sourced by the tests that run on the cluster: a folder that all its nodes see, a planted study in it, and words to follow a job with.
# shellcheck shell=bash
mkdir -p "$MIURA_CLUSTER/work"
TMPDIR=$MIURA_CLUSTER/work . "$SOURCE/tests/app/support.sh"
export MIURA OMP_NUM_THREADS=1
export MIURA_BIND=none # the nodes pretend to have more cores than there are
study_job=$SOURCE/jobs/miura-study.sbatch

# planted_study: study/study.ini, and its result without Slurm in whole
planted_study() {
  "$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 0 --lots-ad 0 --lots-uc 1 --cells-per-lot 120 --genes 900 \
    --quiet >/dev/null || fail "simulate"
  "$MIURA" run study/study.ini --out whole --quiet || fail "the study without Slurm"
}
same_as_whole() { "$MIURA" inspect --diff whole "$1" || fail "$1 holds another result"; }

# submit NAME ARGUMENTS...: queues a job that logs to NAME.log; its number is left in $job
submit() {
  local name=$1
  shift
  job=$(sbatch --parsable --job-name="$name" --output="$name.log" "$@") || fail "$name is not accepted"
}

# until_it SECONDS WHAT COMMAND...: waits until the command succeeds
until_it() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt "$end" ] || fail "in time still not: $what: $(tail -n 5 ./*.log; squeue)"
    sleep 0.05
  done
}

state_of() { scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -n 1; }
# queued again, a job may be in no queue for a moment only
has_ended() { case $(state_of "$1") in PENDING | CONFIGURING | RUNNING | COMPLETING | REQUEUED | '') return 1 ;; esac; }
# ends_as JOB STATE CODE LOG: waits for the end of a job
ends_as() {
  until_it 400 "job $1 ends" has_ended "$1"
  local state code
  state=$(state_of "$1")
  code=$(scontrol show job "$1" | sed -n 's/.* ExitCode=\([0-9:]*\).*/\1/p' | head -n 1)
  [ "$state $code" = "$2 $3" ] || fail "job $1 ends as $state with $code, not $2 with $3: $(cat "$4")"
}

# The ranks that write to a folder, wherever they run: the login node sees the processes of all nodes.
ranks_of() { pgrep -f "^$MIURA run .*--out $1( |\$)"; }
# signal_ranks OUT SIGNAL: fails where there are none
signal_ranks() { ranks_of "$1" | xargs -r kill -"$2" && ranks_of "$1" >/dev/null; }
# comes_to LOG STAGE: waits for the end of a stage
comes_to() { until_it 240 "$2 in $1" grep -qE "^$2: (taken|.* s, peak)" "$1"; }
# pauses_after NAME OUT STAGE: stops the clock of a run, so that a test may take its time
pauses_after() {
  comes_to "$1.log" "$3"
  signal_ranks "$2" STOP || fail "$1 ended before it could be paused: $(cat "$1.log")"
}
# has_usr1 OUT: every rank, held as it is, has got a USR1 (bit 10 of its pending signals)
has_usr1() {
  local pid pending
  for pid in $(ranks_of "$1"); do
    pending=$(awk '/^ShdPnd/ { print $2 }' "/proc/$pid/status")
    (((0x$pending >> 9) & 1)) || return 1
  done
}
