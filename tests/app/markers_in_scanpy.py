"""Compares markers.tsv with rank_genes_groups of scanpy on the study.h5ad beside it.

usage: markers_in_scanpy.py RESULT
"""
import pathlib
import sys

import anndata
import numpy as np
import pandas as pd
import scanpy as sc

result = pathlib.Path(sys.argv[1])
a = anndata.read_h5ad(result / "study.h5ad")
a = a[~a.obs["cluster"].isna()].copy()
a.obs["cluster"] = a.obs["cluster"].astype(str).astype("category")
a.var_names = a.var["gene_id"] if "gene_id" in a.var else a.var_names
sc.tl.rank_genes_groups(a, "cluster", method="wilcoxon", tie_correct=True, pts=True)
found = pd.read_csv(result / "tables" / "markers.tsv", sep="\t", dtype={"cluster": str}, keep_default_na=False, na_values=["NaN"])
column = "gene_id" if found["gene_id"].isin(a.var_names).all() else "gene"
worst = 0.0
for cluster, rows in found.groupby("cluster"):
    theirs = sc.get.rank_genes_groups_df(a, cluster).set_index("names").loc[rows[column]]
    worst = max(worst, np.max(np.abs(rows["z"].to_numpy() - theirs["scores"]) / np.maximum(1, np.abs(theirs["scores"]))))
    np.testing.assert_allclose(rows["log2_fold_scanpy"], theirs["logfoldchanges"], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(rows["share_in"], theirs["pct_nz_group"], rtol=1e-6)
    np.testing.assert_allclose(rows["share_out"], theirs["pct_nz_reference"], rtol=1e-6)
print(f"{len(found)} rows, largest relative difference of z {worst:.1e}")
assert len(found) > 100 and worst < 1e-6, worst
