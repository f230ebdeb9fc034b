#!/usr/bin/env bash
# jobs/miura-study.sbatch without a Slurm: stand-ins for srun, mpirun, squeue and scontrol show the command line that it builds and
# what it makes of an exit code. tests/slurm has the real ones.
. "$SOURCE/tests/app/support.sh"

mkdir bin
cat >bin/srun <<'SH'
#!/usr/bin/env bash
printf '%s\n' "$@" >srun.txt
echo "threads $OMP_NUM_THREADS, OpenBLAS $OPENBLAS_NUM_THREADS, yield $OMPI_MCA_mpi_yield_when_idle, io ${OMPI_MCA_io:-own}" >srun_environment.txt
[ -z "${FINISHES:-}" ] || { mkdir -p "$OUT/checkpoint" && echo "$FINISHES" >"$OUT/checkpoint/stages.json"; }
exit "${ENDS:-0}"
SH
ln -s srun bin/mpirun
cat >bin/squeue <<'SH'
#!/usr/bin/env bash
echo "${STATE:-RUNNING}"
SH
cat >bin/scontrol <<'SH'
#!/usr/bin/env bash
if [ "$1" = show ]; then
  echo "   NumNodes=2 NumCPUs=24 NumTasks=6 CPUs/Task=4"
  echo "   Command=$SOURCE/jobs/miura-study.sbatch study.ini"
  exit
fi
echo "$*" >>scontrol.txt
exit "${SCONTROL_ENDS:-0}"
SH
chmod +x bin/*
unset "${!SLURM_@}" "${!MIURA_@}" OMPI_MCA_mpi_yield_when_idle

# job CODE [NAME=VALUE...] -- ARGUMENTS...: the script ends with CODE when these variables are set
job() {
  local code=$1 found=0 variables=()
  shift
  while [ "$1" != -- ]; do
    variables+=("$1")
    shift
  done
  shift
  rm -f srun.txt scontrol.txt
  env PATH="$work/bin:$PATH" SLURM_JOB_ID=4711 SLURM_JOB_NUM_NODES=2 MIURA=/opt/miura OUT="my results" "${variables[@]}" \
    bash "$SOURCE/jobs/miura-study.sbatch" "$@" >log.txt 2>&1 || found=$?
  [ "$found" -eq "$code" ] || fail "${variables[*]}: the job ends with $found, not $code: $(cat log.txt)"
}
requeued() { [ "$(cat scontrol.txt 2>/dev/null)" = 'requeue 4711' ]; }

job 0 SLURM_CPUS_PER_TASK=3 -- study.ini 'my results' --cluster.resolution 0.8
printf '%s\n' --mpi=pmix --kill-on-bad-exit=1 --nodes=2 --ntasks=6 --cpus-per-task=3 --cpu-bind=cores /opt/miura run study.ini --out 'my results' --cluster.resolution 0.8 >expected.txt
diff expected.txt srun.txt || fail "another command line"
[ "$(cat srun_environment.txt)" = 'threads 3, OpenBLAS 1, yield 1, io own' ] || fail "$(cat srun_environment.txt)"
[ ! -e scontrol.txt ] || fail "a finished job is queued again"

job 0 SLURM_MPI_TYPE=pmix_v4 -- study.ini 'my results'
grep -qx -- --mpi=pmix_v4 srun.txt || fail "SLURM_MPI_TYPE is not heard"
grep -qx -- --cpus-per-task=1 srun.txt || fail "without -c a rank does not get one core"

job 0 MIURA_LAUNCHER=mpirun SLURM_CPUS_PER_TASK=3 -- study.ini 'my results'
[ "$(head -n 6 srun.txt | paste -sd " ")" = '-n 6 --map-by slot:PE=3 --bind-to core' ] || fail "mpirun: $(cat srun.txt)"
job 0 MIURA_LAUNCHER=mpirun MIURA_BIND=none -- study.ini 'my results'
[ "$(head -n 4 srun.txt | paste -sd " ")" = '-n 6 --bind-to none' ] || fail "mpirun without binding: $(cat srun.txt)"
job 64 MIURA_LAUNCHER=ssh -- study.ini 'my results'
[ ! -e srun.txt ] || fail "an unknown launcher is called"

job 0 MIURA_IO=gpfs -- study.ini tuned
grep -q 'io romio321' srun_environment.txt || fail "MIURA_IO is not heard"
grep -q 'romio_cb_write enable' tuned/checkpoint/romio-hints || fail "no hints for ROMIO"
job 64 MIURA_IO=nfs -- study.ini 'my results'
[ ! -e srun.txt ] || fail "an unknown file system is passed over"

job 64 -- study.ini
[ ! -e srun.txt ] || fail "a job without OUT_DIR is started"

for code in 64 65 66 70 73 74 137 143; do
  job $code ENDS=$code FINISHES="before $code" -- study.ini 'my results'
  [ ! -e scontrol.txt ] || fail "a job that ends with $code is queued again"
done

job 75 ENDS=75 FINISHES=read -- study.ini 'my results'
requeued || fail "a stopped job is not queued again"
job 75 ENDS=75 FINISHES=pca -- study.ini 'my results'
requeued || fail "a job that is stopped a second time is not queued again"
job 75 ENDS=75 FINISHES=pca -- study.ini 'my results'
[ ! -e scontrol.txt ] || fail "a job that finishes no stage goes round for ever"
grep -q 'more time' log.txt || fail "it does not say why: $(cat log.txt)"
job 75 ENDS=75 FINISHES=neighbors STATE=COMPLETING -- study.ini 'my results'
[ ! -e scontrol.txt ] || fail "a cancelled job is queued again"
job 75 ENDS=75 FINISHES=cluster SCONTROL_ENDS=1 -- study.ini 'my results'
grep -q 'submit the same command' log.txt || fail "a refused requeue is not told: $(cat log.txt)"
echo passed
