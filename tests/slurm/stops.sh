#!/usr/bin/env bash
# What Slurm does to a job: a warning before the time limit, the limit itself, requeue, scancel, Ctrl-C. The job ends with 75 or as
# Slurm says, keeps its finished stages, goes on where it is queued again, also with other ranks, and comes to the same bytes.
. "$SOURCE/tests/slurm/support.sh"
planted_study

restarts_of() { scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'; }
restarted() { [ "$(restarts_of "$1")" -ge 1 ] && [ "$(state_of "$1")" = PENDING ]; }
# goes_on OUT STAGE TASKS: the same command again takes the stage from its checkpoint and comes to the same result
goes_on() {
  submit "$1_again" -n"$3" -c1 "$study_job" study/study.ini "$1"
  ends_as "$job" COMPLETED 0:0 "$1_again.log"
  grep -q "^$2: taken from its checkpoint" "$1_again.log" || fail "$1 begins again: $(cat "$1_again.log")"
  same_as_whole "$1"
}

# ---- these two take their time, so they begin first: their ranks are held until Slurm acts (it may warn a minute early) ----
submit limit -N2 -n2 -c1 -t 1 --signal=B:CONT@1 "$study_job" study/study.ini limit
limit=$job
pauses_after limit limit pca
submit warned -N2 -n2 -c1 -t 3 --signal=B:USR1@120 "$study_job" study/study.ini warned
warned=$job
comes_to warned.log read
signal_ranks warned STOP
{
  until_it 150 "Slurm warns the job" has_usr1 warned
  signal_ranks warned CONT # none where the warning came before it was held
} &

# ---- a warning that somebody sends; the job goes on by itself on three ranks of one node instead of four of two ----
submit asked -N2 -n4 -c1 "$study_job" study/study.ini asked
pauses_after asked asked pca
scancel --batch --signal=USR1 "$job"
until_it 60 "the ranks hear of the warning" has_usr1 asked
signal_ranks asked CONT
until_it 60 "the warned job is queued again" restarted "$job"
scontrol update jobid="$job" numtasks=3 numnodes=1 || fail "other ranks for a queued job"
ends_as "$job" COMPLETED 0:0 asked.log
grep -q '^miura: stopped on request' asked.log || fail "asked did not stop: $(cat asked.log)"
grep -q '3 ranks x 1 threads' asked.log || fail "asked goes on with the same ranks: $(cat asked.log)"
grep -q '^pca: taken from its checkpoint' asked.log || fail "asked begins again: $(cat asked.log)"
same_as_whole asked

# ---- mpirun, which would kill its ranks at a TERM ----
MIURA_LAUNCHER=mpirun submit termed -N2 -n2 -c1 "$study_job" study/study.ini termed
pauses_after termed termed pca
scancel --batch --signal=TERM "$job"
until_it 60 "mpirun hands the stop on" has_usr1 termed
signal_ranks termed CONT
ends_as "$job" COMPLETED 0:0 termed.log
grep -q '^miura: stopped on request' termed.log || fail "termed did not stop: $(cat termed.log)"
grep -q '^pca: taken from its checkpoint' termed.log || fail "termed begins again: $(cat termed.log)"
same_as_whole termed

# ---- queued again by hand, without a warning ----
submit requeued -N2 -n2 -c1 "$study_job" study/study.ini requeued
pauses_after requeued requeued pca
scontrol requeue "$job"
until_it 60 "the job is queued again" restarted "$job"
ends_as "$job" COMPLETED 0:0 requeued.log
grep -q '^pca: taken from its checkpoint' requeued.log || fail "requeued begins again: $(cat requeued.log)"
same_as_whole requeued

# ---- cancelled: not queued again ----
submit cancelled -N2 -n2 -c1 "$study_job" study/study.ini cancelled
pauses_after cancelled cancelled pca
scancel "$job"
until_it 60 "the cancelled job ends" has_ended "$job"
[ "$(state_of "$job") $(restarts_of "$job")" = 'CANCELLED 0' ] || fail "the cancelled job is $(state_of "$job")"
[ ! -e cancelled/study.h5ad ] || fail "a cancelled job publishes a result"
goes_on cancelled pca 3

# ---- Ctrl-C at a terminal: srun asks for a second one within a second, mpirun takes the first ----
srun --mpi=pmix -K1 -N2 -n2 "$MIURA" run study/study.ini --out interrupted 2>interrupted.log &
srun=$!
pauses_after interrupted interrupted pca
kill -INT $srun
sleep 0.2
kill -INT $srun
wait $srun && fail "two Ctrl-C do not end srun"
until_it 60 "the ranks end" sh -c "! pgrep -f -- '--out interrupte[d]'"
[ ! -e interrupted/study.h5ad ] || fail "an interrupted run publishes a result"
goes_on interrupted pca 1

# ---- what was held from the beginning ----
ends_as "$warned" COMPLETED 0:0 warned.log
[ "$(restarts_of "$warned")" -ge 1 ] || fail "warned: $(cat warned.log)"
grep -q '^read: taken from its checkpoint' warned.log || fail "warned begins again: $(cat warned.log)"
same_as_whole warned

until_it 120 "Slurm ends the job at its limit" has_ended "$limit"
[ "$(state_of "$limit")" = TIMEOUT ] || fail "limit ends as $(state_of "$limit"): $(cat limit.log)"
[ ! -e limit/study.h5ad ] || fail "a job that ran out of time publishes a result"
goes_on limit pca 3
echo passed
