"""Compares markers.tsv with rank_genes_groups of scanpy, and markers_pairwise.tsv with mannwhitneyu of scipy, on the study.h5ad
beside them.

usage: markers_in_scanpy.py RESULT
"""
import pathlib
import sys

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.stats

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
pairs = pd.read_csv(result / "tables" / "markers_pairwise.tsv", sep="\t", dtype={"cluster": str, "other": str}, keep_default_na=False, na_values=["NaN"])
worst_pair = 0.0
for (cluster, other), rows in pairs.groupby(["cluster", "other"]):
    both = a[a.obs["cluster"].isin([cluster, other])].copy()
    inside = (both.obs["cluster"] == cluster).to_numpy()
    for _, row in rows.iloc[:: max(1, len(rows) // 12)].iterrows():
        x = np.asarray(both[:, row[column]].X.todense()).ravel()
        u, _ = scipy.stats.mannwhitneyu(x[inside], x[~inside], use_continuity=False, method="asymptotic")
        n1, n2 = inside.sum(), (~inside).sum()
        ties = np.unique(x, return_counts=True)[1].astype(float)
        n = n1 + n2
        z = (u - n1 * n2 / 2) / np.sqrt(n1 * n2 * (n + 1) / 12 * (1 - (ties**3 - ties).sum() / (n**3 - n)))
        worst_pair = max(worst_pair, abs(row["z"] - z) / max(1, abs(z)))
        np.testing.assert_allclose(row["auc"], u / (n1 * n2), rtol=1e-12)
        np.testing.assert_allclose([row["share_in"], row["share_out"]], [(x[inside] > 0).mean(), (x[~inside] > 0).mean()], rtol=1e-9)
print(f"{len(pairs)} rows of pairs, largest difference of z {worst_pair:.1e}")
assert len(pairs) > 100 and worst_pair < 1e-6, worst_pair
print(f"{len(found)} rows, largest relative difference of z {worst:.1e}")
assert len(found) > 100 and worst < 1e-6, worst
