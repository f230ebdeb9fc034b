#!/usr/bin/env python3
"""Wilcoxon's test of scanpy on the cells of a finished study, each cluster against the rest.

    OMP_NUM_THREADS=1 markers_rivals.py STUDY.h5ad PREFIX [CELLS]

Writes the counts of CELLS labelled cells (default 20,000, spread over the study) for `markers_bench --cells PREFIX` and
markers_rivals.R: PREFIX.size (cells, genes, clusters, lots), .start (int64), .gene, .count, .label, .lot (int32), .x (float32: X
of the study). Then prints a line, tab-separated: scanpy, its CPU seconds; and writes its z to PREFIX.z (float32, clusters x
genes).
"""
import sys
import time

import anndata
import numpy as np
import scanpy


def main():
    study, prefix = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
    cells = anndata.read_h5ad(study, backed="r")
    labelled = np.flatnonzero(cells.obs["cluster"].notna() & (cells.obs["cluster"].astype(str) != ""))
    cells = cells[labelled[np.linspace(0, len(labelled) - 1, min(wanted, len(labelled))).astype(int)]].to_memory()
    cells.obs["cluster"] = cells.obs["cluster"].astype(str).astype("category")
    cells.obs["lot"] = cells.obs["lot"].astype(str).astype("category")
    names = sorted(cells.obs["cluster"].cat.categories, key=int)
    cells.obs["cluster"] = cells.obs["cluster"].cat.reorder_categories(names)
    counts, x = cells.layers["counts"].tocsr(), cells.X.tocsr()
    np.array([*counts.shape, len(names), len(cells.obs["lot"].cat.categories)], dtype="<i8").tofile(prefix + ".size")
    counts.indptr.astype("<i8").tofile(prefix + ".start")
    counts.indices.astype("<i4").tofile(prefix + ".gene")
    counts.data.astype("<i4").tofile(prefix + ".count")
    x.data.astype("<f4").tofile(prefix + ".x")
    cells.obs["cluster"].cat.codes.to_numpy().astype("<i4").tofile(prefix + ".label")
    cells.obs["lot"].cat.codes.to_numpy().astype("<i4").tofile(prefix + ".lot")
    with open(prefix + ".symbols", "w") as file:
        file.write("\n".join(cells.var_names.astype(str)) + "\n")
    print(f"{counts.shape[0]} cells, {counts.shape[1]} genes, {len(names)} clusters, {counts.nnz} nonzeros", flush=True)

    cells.uns["log1p"] = {"base": None}
    del cells.layers["counts"]
    started = time.process_time()
    scanpy.tl.rank_genes_groups(cells, "cluster", method="wilcoxon", tie_correct=True, pts=True)
    print(f"scanpy {scanpy.__version__}, ties corrected\t{time.process_time() - started:.2f}\t", flush=True)
    z = np.empty((len(names), counts.shape[1]), dtype="<f4")
    for k, name in enumerate(names):
        found = cells.uns["rank_genes_groups"]
        z[k, cells.var_names.get_indexer(found["names"][name])] = found["scores"][name]
    z.tofile(prefix + ".z")


main()
