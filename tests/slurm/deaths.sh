#!/usr/bin/env bash
# What dies on a cluster: Slurm's daemon on a node, a node with all its processes, a rank. The study goes on, or is queued again by
# Slurm and goes on from its finished stages.
. "$SOURCE/tests/slurm/support.sh"
planted_study
restarts_of() { scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'; }
queued_again() { [ "$(restarts_of "$1")" -ge 1 ]; }
is_idle() { [ "$(sinfo -h -n "$1" -o %T)" = idle ]; }
node() { bash "$SOURCE/tools/slurm-cluster" "$@"; } # the side of the login node, on which this runs

# ---- the daemon of a node, which comes back: its rank has not noticed ----
submit daemon -w n1,n2 -N2 -n2 -c1 "$study_job" study/study.ini daemon
pauses_after daemon daemon read
kill -9 "$(pgrep -f '^slurmd -N n2$')" || fail "n2 has no daemon"
signal_ranks daemon CONT
nsenter --target "$(cat "$MIURA_CLUSTER/n2.pid")" --mount --uts --net --pid slurmd -N n2 || fail "the daemon does not start again"
ends_as "$job" COMPLETED 0:0 daemon.log
same_as_whole daemon

# ---- a node loses its power in the middle of a stage: Slurm queues the job again, here once the node is back ----
submit power -w n1,n2 -N2 -n2 -c1 "$study_job" study/study.ini power
pauses_after power power pca
node end_node n2 || fail "n2 does not end"
until_it 60 "Slurm notices the dead node" queued_again "$job"
[ ! -e power/study.h5ad ] || fail "a study that lost a node publishes a result"
# held until the node is back for good: what Slurm has to tell it of the job's first life would revoke the second one's credential
scontrol hold "$job" || fail "the job cannot be held"
node start_again 2 || fail "n2 does not start again"
until_it 60 "the node is back" is_idle n2
sleep 2
scontrol release "$job"
ends_as "$job" COMPLETED 0:0 power.log
grep -q '^pca: taken from its checkpoint' power.log || fail "after the node's death the study begins again: $(cat power.log)"
same_as_whole power

# ---- a rank on another node than the launcher, under either: the job ends at once, and the same command goes on ----
for launcher in srun mpirun; do
  MIURA_LAUNCHER=$launcher submit killed_$launcher -w n1,n2 -N2 -n2 -c1 "$study_job" study/study.ini killed_$launcher
  pauses_after killed_$launcher killed_$launcher read
  kill -9 "$(ranks_of killed_$launcher | tail -n 1)"
  signal_ranks killed_$launcher CONT
  until_it 60 "$launcher ends a job that has lost a rank" has_ended "$job"
  [ "$(state_of "$job")" = FAILED ] || fail "a job that lost a rank is $(state_of "$job")"
  submit again_$launcher -n3 -c1 "$study_job" study/study.ini killed_$launcher
  ends_as "$job" COMPLETED 0:0 again_$launcher.log
  grep -q '^read: taken from its checkpoint' again_$launcher.log || fail "$launcher: begins again: $(cat again_$launcher.log)"
  same_as_whole killed_$launcher
done
echo passed
