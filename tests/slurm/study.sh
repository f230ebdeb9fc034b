#!/usr/bin/env bash
# jobs/miura-study.sbatch: both launchers, any layout, file system hints, and what Slurm is told of the end.
. "$SOURCE/tests/slurm/support.sh"
planted_study

submit two_nodes -N2 -n4 -c1 "$study_job" study/study.ini two_nodes
ends_as "$job" COMPLETED 0:0 two_nodes.log
grep -q '4 ranks x 1 threads' two_nodes.log || fail "four tasks are not four ranks: $(cat two_nodes.log)"
same_as_whole two_nodes
"$MIURA" inspect --verify two_nodes || fail "what another node wrote reads otherwise here"
grep -A3 '"hosts"' two_nodes/provenance.json | grep -q n2 || fail "the ranks were not on two nodes"

export MIURA_LAUNCHER=mpirun
submit three_nodes -N3 -n6 -c1 "$study_job" study/study.ini three_nodes
ends_as "$job" COMPLETED 0:0 three_nodes.log
grep -q '6 ranks x 1 threads' three_nodes.log || fail "six tasks are not six ranks: $(cat three_nodes.log)"
same_as_whole three_nodes

MIURA_IO=lustre submit striped -N1 -n2 -c2 "$study_job" study/study.ini striped
ends_as "$job" COMPLETED 0:0 striped.log
grep -q '2 ranks x 2 threads' striped.log || fail "-c is not the number of threads: $(cat striped.log)"
same_as_whole striped
unset MIURA_LAUNCHER

# the exit code of miura is the exit code of the job
submit bad -N2 -n2 -c1 "$study_job" study/study.ini bad --qc.min_counts 1000000
ends_as "$job" FAILED 65:0 bad.log
grep -q '^miura: .*no cell passes' bad.log || fail "the log does not say why: $(cat bad.log)"
[ "$(grep -c '^miura: ' bad.log)" -eq 1 ] || fail "the error is told more than once: $(cat bad.log)"

# another run on the same folder is refused, also from another node
submit first -w n1 -n1 -c1 "$study_job" study/study.ini shared
pauses_after first shared read
first=$job
submit second -w n2 -n1 -c1 "$study_job" study/study.ini shared
ends_as "$job" FAILED 73:0 second.log
grep -q 'another run is writing here' second.log || fail "a second run on a folder: $(cat second.log)"
signal_ranks shared CONT
ends_as "$first" COMPLETED 0:0 first.log
same_as_whole shared
echo passed
