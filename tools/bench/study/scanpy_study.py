#!/usr/bin/env python3
"""The work of `miura run` by scanpy, one thread: lots with role train up to their clusters; with --whole markers, layout, and
the cells of the other lots mapped.

    scanpy_study.py SAMPLES.csv OUT.h5ad [--whole]

Prints a line a stage: name, wall seconds, CPU seconds (tab-separated).
"""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse

from stages import Stages


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


def read_lots(samples, train):
    sheet = pd.read_csv(samples, dtype=str)
    sheet = sheet[(sheet.role == "train") == train]
    lots = {row.lot: read_lot(samples.parent / row.path) for row in sheet.itertuples()}
    cells = anndata.concat(lots, join="inner", merge="first", label="lot", index_unique="_")
    cells.X = scipy.sparse.csr_matrix(cells.X, dtype=np.float32)
    return cells


def good_cells(cells):
    cells.var["mt"] = cells.var["symbol"].str.startswith("MT-")
    sc.pp.calculate_qc_metrics(cells, qc_vars=["mt"], percent_top=None, log1p=False, inplace=True)
    keep = (cells.obs["total_counts"] >= 500) & (cells.obs["n_genes_by_counts"] >= 200) & (cells.obs["pct_counts_mt"] <= 20)
    return cells[keep].copy()


def finish(cells, samples, stages):
    """Markers of all genes, the layout, and labels for the lots that do not train."""
    sc.tl.rank_genes_groups(cells, "leiden", method="wilcoxon", tie_correct=True, pts=True)
    stages.end("markers")
    sc.tl.umap(cells)
    stages.end("umap")
    others = good_cells(read_lots(samples, train=False))[:, cells.var_names].copy()
    stages.end("read the other lots")
    others.layers["counts"] = others.X.copy()
    sc.pp.normalize_total(others, target_sum=1e4)
    sc.pp.log1p(others)
    sc.tl.ingest(others, cells, obs="leiden", embedding_method=("pca", "umap"))
    stages.end("map")
    return others


def main():
    samples, out = map(pathlib.Path, sys.argv[1:3])
    stages = Stages()
    cells = read_lots(samples, train=True)
    stages.end("read")

    cells = good_cells(cells)
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
    # what ingest projects other cells by
    cells.uns["pca"] = variable.uns["pca"]
    cells.varm["PCs"] = np.zeros((cells.n_vars, 50))
    cells.varm["PCs"][cells.var["highly_variable"]] = variable.varm["PCs"]
    del variable
    stages.end("pca")
    sc.pp.neighbors(cells, n_neighbors=20, n_pcs=50)  # by number, or ingest looks for X_pca in the other cells
    stages.end("neighbors")
    # the quick one of scanpy's two: leidenalg, its default, takes about ten times as long
    sc.tl.leiden(cells, resolution=0.5, flavor="igraph", n_iterations=2, directed=False)
    stages.end("cluster")
    if "--whole" in sys.argv[3:]:
        finish(cells, samples, stages).write_h5ad(out.with_suffix(".others.h5ad"))
    cells.write_h5ad(out)
    stages.end("write")
    print(f"{cells.n_obs} cells, {cells.n_vars} genes, {cells.obs['leiden'].nunique()} clusters", file=sys.stderr)


main()
