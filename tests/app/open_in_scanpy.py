"""Opens a result as a user of scanpy does, and checks that what is in it hangs together.

usage: open_in_scanpy.py RESULT STUDY
"""
import sys
import pathlib

import anndata
import matplotlib
import numpy as np
import pandas as pd
import scanpy as sc

matplotlib.use("Agg")
result, study = map(pathlib.Path, sys.argv[1:])
a = anndata.read_h5ad(result / "study.h5ad")

# X is the log-normalised counts
counts = a.layers["counts"]
expected = counts.astype(float).multiply(1e4 / np.asarray(counts.sum(1)).reshape(-1, 1)).tocsr()
expected.data = np.log1p(expected.data)
assert abs(a.X - expected).max() < 1e-5
assert (np.asarray(counts.sum(1)).ravel() <= a.obs["n_counts"]).all()  # of all genes, before the gene filter

# the cells are those of the input
truth = pd.read_csv(study / "truth" / "cells.tsv.gz", sep="\t")
assert set(a.obs["barcode"]) <= set(truth["barcode"])
cells = pd.read_csv(result / "tables" / "cells.tsv.gz", sep="\t", dtype={"cluster": str, "mapped_cluster": str})
assert list(cells["barcode"]) == list(a.obs["barcode"])
assert (cells["cluster"].fillna("") == a.obs["cluster"].astype(object).fillna("").to_numpy()).all()
assert (a.obs["cluster"].isna() == (a.obs["role"] != "train")).all()

# principal components: scores are the scaled expression times the loadings
hv = a.var["highly_variable"].to_numpy()
reference = a.obs["reference"].to_numpy()
z = a.X[:, hv].toarray().astype(float)
mean, sd = z[reference].mean(0), z[reference].std(0, ddof=1)
np.testing.assert_allclose(mean, a.var["mean"][hv], atol=2e-5)
np.testing.assert_allclose(sd, a.var["sd"][hv], rtol=1e-3, atol=1e-5)
z = np.minimum((z - mean) / np.where(sd > 0, sd, 1), 10)
z -= z[reference].mean(0)
np.testing.assert_allclose(z @ a.varm["PCs"][hv], a.obsm["X_pca"], atol=5e-3)
singular = np.linalg.svd(z[reference], compute_uv=False)[: a.obsm["X_pca"].shape[1]]
np.testing.assert_allclose(singular**2 / (reference.sum() - 1), a.uns["pca"]["variance"], rtol=1e-5)

# neighbours are the nearest, the graph is symmetric
points = a.obsm["X_pca"][reference].astype(float)
for name in ("distances", "connectivities"):
    column, start = a.obsp[name].indices, a.obsp[name].indptr
    assert all((np.diff(column[start[i]:start[i + 1]]) > 0).all() for i in range(a.n_obs)), f"{name}: columns do not ascend"
distance = a.obsp["distances"][reference][:, reference]
k = distance.getnnz(1).max()
brute = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
np.fill_diagonal(brute, np.inf)
np.testing.assert_allclose(np.sort(distance.toarray() + np.where(distance.toarray() == 0, np.inf, 0), 1)[:, :k], np.sort(brute, 1)[:, :k], rtol=1e-5)
assert abs(a.obsp["connectivities"] - a.obsp["connectivities"].T).max() == 0

# the tables inside are the tables beside
association = a.uns["miura"]["association"]
beside = pd.read_csv(result / "tables" / "association.tsv", sep="\t")
np.testing.assert_array_equal(association["rho"], beside["rho"])
share = pd.crosstab(cells["lot"], cells["cluster"].fillna(cells["mapped_cluster"]), normalize="index")  # of assigned cells
composition = pd.read_csv(result / "tables" / "composition.tsv", sep="\t", dtype={"cluster": str})
config = a.uns["miura"]["config"]
primary = composition[(composition["resolution"] == float(config["cluster.resolution"])) & (composition["seed"] == int(config["cluster.seed"]))]
assert len(primary) and len(composition.groupby(["resolution", "seed"])) == 32
for _, row in primary.iterrows():
    assert abs(share.loc[row["lot"], row["cluster"]] - row["fraction"]) < 1e-12

# and scanpy draws
sc.pl.pca(a, color="cluster", show=False)
sc.tl.umap(a)
sc.pl.umap(a, color=["cluster", "lot", a.var_names[0]], show=False)
sc.pl.dotplot(a[~a.obs["cluster"].isna()], list(a.var_names[:3]), groupby="cluster", show=False)
print("scanpy: passed")
