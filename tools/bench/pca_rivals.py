#!/usr/bin/env python3
"""Principal components of the matrix that `pca_bench --write=PREFIX CELLS FEATURES` wrote, by scanpy and by R's irlba.

    pca_rivals.py PREFIX FEATURES [CELLS_FOR_IRLBA RSCRIPT]

Prints a line a program, tab-separated: its name, CPU seconds of scaling and decomposition on one thread, the variances it found.
"""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import subprocess
import sys
import tempfile
import time

import anndata
import numpy as np
import scanpy as sc
import scipy.io
import scipy.sparse

IRLBA = r"""
suppressMessages({library(Matrix); library(irlba)})
file <- commandArgs(TRUE)[1]
x <- as(readMM(file), "CsparseMatrix")
started <- proc.time()
n <- nrow(x); mean <- colMeans(x); sd <- sqrt((colSums(x^2) - n * mean^2) / (n - 1))
z <- sweep(sweep(as.matrix(x), 2, mean), 2, sd, "/"); z[z > 10] <- 10
set.seed(1)
pcs <- irlba(z, nv = 50, center = colMeans(z))
used <- proc.time() - started
cat(sprintf("irlba, %d cells, scaled and cut at 10, dense\t%.2f\tvariance_1=%.6g variance_50=%.6g\n", n, used[1] + used[2], pcs$d[1]^2 / (n - 1), pcs$d[50]^2 / (n - 1)))
"""


def read(prefix: str, features: int) -> scipy.sparse.csr_matrix:
    start = np.fromfile(prefix + ".start", dtype=np.int64)
    column = np.fromfile(prefix + ".column", dtype=np.int32)
    value = np.fromfile(prefix + ".value", dtype=np.float32)
    return scipy.sparse.csr_matrix((value, column, start), shape=(len(start) - 1, features))


def main() -> None:
    prefix, features = sys.argv[1], int(sys.argv[2])
    irlba_cells, rscript = (int(sys.argv[3]), sys.argv[4]) if len(sys.argv) > 4 else (0, None)
    x = read(prefix, features)

    # Centring alone, implicit and sparse: scanpy's quickest way; then scaled and cut, which makes it dense.
    for name, scale in (("centred, sparse", False), ("scaled and cut at 10, dense", True)):
        adata = anndata.AnnData(x.copy())
        started = time.process_time()
        if scale:
            sc.pp.scale(adata, max_value=10)
        scaled = time.process_time()
        sc.pp.pca(adata, n_comps=50, svd_solver="arpack", zero_center=True)
        ended = time.process_time()
        variance = adata.uns["pca"]["variance"]
        print(f"scanpy arpack, {x.shape[0]} cells, {name}\t{ended - started:.2f}\tvariance_1={variance[0]:.6g} "
              f"variance_50={variance[-1]:.6g} scaling={scaled - started:.2f}", flush=True)

    if rscript:
        with tempfile.TemporaryDirectory() as folder:
            scipy.io.mmwrite(folder + "/x.mtx", x[:irlba_cells])
            subprocess.run([rscript, "-e", IRLBA, folder + "/x.mtx"], check=True)


if __name__ == "__main__":
    main()
