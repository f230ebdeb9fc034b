#!/usr/bin/env bash
# on_cluster.sh NAME: runs NAME.sh on the login node of the cluster that the test slurm/up has started.
[ -e "$MIURA_CLUSTER/login.pid" ] || {
  echo "SKIPPED: no cluster; slurm/up says why"
  exit 77
}
exec "$SOURCE/tools/slurm-cluster" exec bash "$SOURCE/tests/slurm/$1.sh"
