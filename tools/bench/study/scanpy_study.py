#!/usr/bin/env python3
"""The work of `miura run` up to the clusters, by scanpy: all lots of a sample sheet, one thread.

    scanpy_study.py SAMPLES.csv OUT.h5ad

Prints a line a stage: name, wall seconds, CPU seconds (tab-separated).
"""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import pathlib
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse


class Stages:
    """Time since the last stage ended."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def end(self, name):
        wall, cpu = time.perf_counter(), time.process_time()
        print(f"{name}\t{wall - self.wall:.2f}\t{cpu - self.cpu:.2f}", flush=True)
        self.wall, self.cpu = wall, cpu


def read_lot(path):
    """Cells of a lot; genes are named by their Ensembl id where there is one, as lots are joined by it."""
    if path.is_dir():
        cells = sc.read_10x_mtx(path)
    elif path.suffix == ".h5":
        cells = sc.read_10x_h5(path)
    else:
        cells = anndata.read_h5ad(path)
    cells.var = pd.DataFrame({"symbol": cells.var_names.astype(str)},
                             index=cells.var["gene_ids"].astype(str) if "gene_ids" in cells.var else cells.var_names)
    cells.var_names_make_unique()
    return cells


def read_lots(samples):
    sheet = pd.read_csv(samples, dtype=str)
    lots = {row.lot: read_lot(samples.parent / row.path) for row in sheet.itertuples()}
    cells = anndata.concat(lots, join="inner", merge="first", label="lot", index_unique="_")
    cells.X = scipy.sparse.csr_matrix(cells.X, dtype=np.float32)
    return cells


def main():
    samples, out = map(pathlib.Path, sys.argv[1:])
    stages = Stages()
    cells = read_lots(samples)
    stages.end("read")

    cells.var["mt"] = cells.var["symbol"].str.startswith("MT-")
    sc.pp.calculate_qc_metrics(cells, qc_vars=["mt"], percent_top=None, log1p=False, inplace=True)
    keep = (cells.obs["total_counts"] >= 500) & (cells.obs["n_genes_by_counts"] >= 200) & (cells.obs["pct_counts_mt"] <= 20)
    cells = cells[keep].copy()
    sc.pp.filter_genes(cells, min_cells=3)
    stages.end("quality control")

    sc.pp.highly_variable_genes(cells, flavor="seurat_v3", n_top_genes=2000, batch_key="lot")
    stages.end("variable genes")
    cells.layers["counts"] = cells.X.copy()
    sc.pp.normalize_total(cells, target_sum=1e4)
    sc.pp.log1p(cells)
    stages.end("normalize")
    variable = cells[:, cells.var["highly_variable"]].copy()
    sc.pp.scale(variable, max_value=10)
    stages.end("scale")
    sc.pp.pca(variable, n_comps=50, svd_solver="arpack")
    cells.obsm["X_pca"] = variable.obsm["X_pca"]
    del variable
    stages.end("pca")
    sc.pp.neighbors(cells, n_neighbors=20, use_rep="X_pca")
    stages.end("neighbors")
    # the quick one of scanpy's two: leidenalg, its default, takes about ten times as long
    sc.tl.leiden(cells, resolution=0.5, flavor="igraph", n_iterations=2, directed=False)
    stages.end("cluster")
    cells.write_h5ad(out)
    stages.end("write")
    print(f"{cells.n_obs} cells, {cells.n_vars} genes, {cells.obs['leiden'].nunique()} clusters", file=sys.stderr)


main()
