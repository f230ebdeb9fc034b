# shellcheck shell=bash
# Sourced by the batch scripts of this folder: starts miura on the nodes of a job and hands Slurm's signals on to it.
# A site's own lines go here, e.g.:
#   module load openmpi hdf5 petsc slepc miura
#
# Variables (sbatch --export=ALL,NAME=VALUE ... or exported before sbatch):
#   MIURA           the program; default: miura, as PATH finds it
#   MIURA_LAUNCHER  srun (default) or mpirun, for sites whose Slurm has no PMIx
#   SLURM_MPI_TYPE  plugin of srun; default pmix
#   MIURA_BIND      what a rank is bound to: cores (as many as -c says, the default), sockets, or none.
#                   Hybrid: one rank a socket and a thread a core, --ntasks-per-node=<sockets> -c <cores of a socket>
#   MIURA_SCRATCH   a disk of the node itself for the files of running ranks; default: TMPDIR, else /tmp
#   MIURA_IO        file system of the results: lustre, gpfs, or empty (default: nothing is tuned)
#   MIURA_STRIPES   Lustre: over how many servers files are spread; default 8. About one for every 4 ranks that write

threads=${SLURM_CPUS_PER_TASK:-1}
# Slurm, not SLURM_NTASKS, knows of `scontrol update jobid=N numtasks=M`, which gives a waiting job another number of ranks
ranks=$(scontrol show job "$SLURM_JOB_ID" | sed -n '/ NumTasks=/{s/.* NumTasks=\([0-9]*\).*/\1/p;q}')
export OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=1
# Ranks that wait give their core away; without this, more ranks than cores are a thousand times slower.
export OMPI_MCA_mpi_yield_when_idle=${OMPI_MCA_mpi_yield_when_idle:-1}
# Open MPI maps its shared memory into files: on a shared file system every message would go over the network.
export TMPDIR=${MIURA_SCRATCH:-${TMPDIR:-/tmp}}

# tune_writing OUT: collective writes by few ranks in whole stripes, through ROMIO, which knows these file systems
tune_writing() {
  local hints=$1/checkpoint/romio-hints
  mkdir -p "$1/checkpoint" || return 73
  case ${MIURA_IO:-} in
    '') return ;;
    lustre)
      if command -v lfs >/dev/null; then lfs setstripe -c "${MIURA_STRIPES:-8}" -S 4M "$1" || true; fi
      printf '%s\n' 'romio_cb_write enable' 'romio_ds_write disable' 'cb_buffer_size 16777216' "cb_nodes ${MIURA_STRIPES:-8}" >"$hints"
      ;;
    gpfs) printf '%s\n' 'romio_cb_write enable' 'romio_ds_write disable' 'cb_buffer_size 16777216' >"$hints" ;;
    *)
      echo "MIURA_IO is lustre, gpfs or empty, not '$MIURA_IO'" >&2
      return 64
      ;;
  esac
  export OMPI_MCA_io=romio321 ROMIO_HINTS=$hints
}

# launch ARGUMENTS...: `miura ARGUMENTS...` on all ranks of the job; returns its exit code
launch() {
  local command pid status=0 seen interrupted
  case ${MIURA_LAUNCHER:-srun} in
    srun) # a rank that dies ends the step; by Slurm's default the others would wait for it until the time limit
      command=(srun --mpi="${SLURM_MPI_TYPE:-pmix}" --kill-on-bad-exit=1 --nodes="$SLURM_JOB_NUM_NODES" --ntasks="$ranks"
        --cpus-per-task="$threads" --cpu-bind="${MIURA_BIND:-cores}") ;;
    mpirun)
      command=(mpirun -n "$ranks")
      case ${MIURA_BIND:-cores} in
        cores) command+=(--map-by "slot:PE=$threads" --bind-to core) ;;
        sockets) command+=(--map-by socket --bind-to socket) ;;
        *) command+=(--bind-to none) ;;
      esac ;;
    *)
      echo "MIURA_LAUNCHER is srun or mpirun, not '$MIURA_LAUNCHER'" >&2
      return 64
      ;;
  esac
  "${command[@]}" "${MIURA:-miura}" "$@" &
  pid=$!
  # Both launchers pass USR1 on to the ranks; at a TERM mpirun would kill them instead
  trap 'interrupted=yes; kill -USR1 $pid 2>/dev/null' USR1 TERM
  while :; do
    interrupted=no
    wait $pid
    seen=$?
    [ $seen -ne 127 ] || break # the signal came after the end
    status=$seen
    [ $interrupted = yes ] || break
  done
  trap - USR1 TERM
  return $status
}
