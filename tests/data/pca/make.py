#!/usr/bin/env python3
"""Makes the matrix and the expected components of this folder: make.py sc_celseq2.h5ad (see ORIGIN.md)."""
import sys

import anndata
import numpy as np
import scanpy as sc

STEPS = 65536
N_CELLS, N_VARY, N_RARE, N_COMPONENTS = 120, 54, 6, 10

cells = anndata.read_h5ad(sys.argv[1])
cells = cells[np.linspace(0, cells.n_obs - 1, N_CELLS).astype(int)].copy()
sc.pp.normalize_total(cells, target_sum=1e4)
sc.pp.log1p(cells)
x = np.asarray(cells.X.todense() if hasattr(cells.X, "todense") else cells.X, dtype=np.float64)
grid = np.rint(x * STEPS).astype(np.int64)
# The genes that vary most, and some seen in one cell, so that the cut at 10 acts.
seen = (grid > 0).sum(axis=0)
vary = np.argsort(-grid.var(axis=0), kind="stable")[:N_VARY]
rare = np.flatnonzero(seen == 1)[:N_RARE]
chosen = np.sort(np.concatenate([vary, rare]))
grid = grid[:, chosen]

adata = anndata.AnnData((grid / STEPS).astype(np.float64))
sc.pp.scale(adata, max_value=10)
print("values cut:", int((adata.X == 10).sum()))
sc.pp.pca(adata, n_comps=N_COMPONENTS, svd_solver="arpack", zero_center=True, dtype="float64")
loadings = adata.varm["PCs"]
signs = np.sign(loadings[np.argmax(np.abs(loadings), axis=0), np.arange(N_COMPONENTS)])
np.savetxt("grid.tsv", grid, fmt="%d", delimiter="\t")
np.savetxt("variance.tsv", np.c_[adata.uns["pca"]["variance"], adata.uns["pca"]["variance_ratio"]], fmt="%.15g", delimiter="\t")
np.savetxt("loadings.tsv", loadings * signs, fmt="%.15g", delimiter="\t")
np.savetxt("scores.tsv", adata.obsm["X_pca"] * signs, fmt="%.9g", delimiter="\t")
print(adata.uns["pca"]["variance"])
