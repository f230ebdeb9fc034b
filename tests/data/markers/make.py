#!/usr/bin/env python3
"""A small matrix of counts in three clusters and what scanpy and scipy say of it: counts.tsv, scanpy.tsv, pair.tsv.

    OMP_NUM_THREADS=1 make.py        (scanpy 1.11, scipy 1.16)
"""
import anndata
import numpy as np
import pandas as pd
import scanpy
import scipy.sparse
from scipy.stats import mannwhitneyu

CELLS, GENES = 150, 12
random = np.random.default_rng(4)
label = random.choice(3, CELLS, p=[0.5, 0.3, 0.2])
label[:4] = -1  # cells that take no part
depth = random.lognormal(0, 0.5, CELLS)
rate = random.lognormal(-0.7, 1.2, GENES)
fold = np.exp(0.8 * random.normal(size=(3, GENES)) * (random.random((3, GENES)) < 0.4))
counts = random.poisson(depth[:, None] * rate * np.where(label[:, None] >= 0, fold[label], 1))
counts[:, 10] = 0  # a gene that nobody has
counts[:, 11] = np.where(label == 2, 3, 0)  # a gene of one cluster alone
counts[7] = 0  # a cell without counts
counts[20:40] = counts[40:60]  # equal cells: ties beyond the zeros

pd.DataFrame(np.column_stack([label, counts])).to_csv("counts.tsv", sep="\t", header=False, index=False)

part = label >= 0
cells = anndata.AnnData(scipy.sparse.csr_matrix(counts[part].astype(np.float64)))
cells.obs["cluster"] = pd.Categorical(label[part].astype(str))
total = np.maximum(counts[part].sum(1, keepdims=True), 1)
x = np.log1p(1e4 * counts[part] / total).astype(np.float32)  # float64 until the end, as in study.h5ad
cells.X = scipy.sparse.csr_matrix(x)
cells.uns["log1p"] = {"base": None}
scanpy.tl.rank_genes_groups(cells, "cluster", method="wilcoxon", tie_correct=True, pts=True)
found = scanpy.get.rank_genes_groups_df(cells, None)
found = found.rename(columns={"names": "gene"}).astype({"gene": int, "group": int}).sort_values(["group", "gene"])
rest = []
for k in range(3):
    inside, outside = x[label[part] == k].astype(float), x[label[part] != k].astype(float)
    for g in range(GENES):
        test = mannwhitneyu(inside[:, g], outside[:, g], use_continuity=False, method="asymptotic")
        seurat = np.log2(np.expm1(inside[:, g]).mean() + 1) - np.log2(np.expm1(outside[:, g]).mean() + 1)
        rest.append([test.statistic / (len(inside) * len(outside)), test.pvalue, seurat])
found[["auc", "p_scipy", "seurat"]] = rest
columns = ["group", "gene", "scores", "pvals", "logfoldchanges", "pct_nz_group", "pct_nz_reference", "auc", "p_scipy", "seurat"]
found[columns].to_csv("scanpy.tsv", sep="\t", header=False, index=False, float_format="%.17g", na_rep="nan")

pair = []
for g in range(GENES):
    a, b = x[label[part] == 0, g], x[label[part] == 2, g]
    test = mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
    pair.append([g, test.statistic / (len(a) * len(b)), test.pvalue])
pd.DataFrame(pair).to_csv("pair.tsv", sep="\t", header=False, index=False, float_format="%.17g", na_rep="nan")
