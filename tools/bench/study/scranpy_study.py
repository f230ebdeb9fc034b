#!/usr/bin/env python3
"""The work of `miura run` by scranpy (libscran), one thread, from 10x H5: lots with role train up to their markers. It has no
mapping that fits (SingleR labels single cells by profiles), so --whole changes nothing.

    scranpy_study.py SAMPLES.csv OUT.h5ad [--whole]

Prints a line a stage: name, wall seconds, CPU seconds (tab-separated).
"""
import os

os.environ["OMP_NUM_THREADS"] = "1"

import pathlib
import sys

import anndata
import h5py
import mattress
import numpy as np
import pandas as pd
import scipy.sparse
import scranpy

from stages import Stages


def read_lot(path):
    with h5py.File(path) as file:
        matrix = file["matrix"]
        counts = scipy.sparse.csc_matrix(
            (matrix["data"][:], matrix["indices"][:].astype(np.int32), matrix["indptr"][:]), shape=tuple(matrix["shape"][:]))
        return counts, matrix["barcodes"][:].astype(str), matrix["features/name"][:].astype(str)


def expression_of(counts, factors):
    """What `normalize_counts` stands for, cells x genes."""
    expression = counts.T.astype(np.float32)
    expression.data /= np.repeat(factors.astype(np.float32), np.diff(expression.indptr))
    expression.data = np.log1p(expression.data) / np.float32(np.log(2))
    return expression


def main():
    samples, out = map(pathlib.Path, sys.argv[1:3])
    stages = Stages()
    sheet = pd.read_csv(samples, dtype=str)
    sheet = sheet[sheet.role == "train"]
    lots = [read_lot(samples.parent / row.path) for row in sheet.itertuples()]
    counts = scipy.sparse.hstack([lot[0] for lot in lots], format="csc")
    names = [f"{lot}_{barcode}" for lot, read in zip(sheet.lot, lots) for barcode in read[1]]
    genes = lots[0][2]
    del lots
    stages.end("read")

    mitochondrial = [gene.startswith("MT-") for gene in genes]
    metrics = scranpy.compute_rna_qc_metrics(counts, {"mito": mitochondrial}, num_threads=1)
    share = np.asarray(metrics["subset_proportion"]["mito"])
    keep = (np.asarray(metrics["sum"]) >= 500) & (np.asarray(metrics["detected"]) >= 200) & (share <= 0.2)
    counts, names = counts[:, keep], np.array(names)[keep]
    stages.end("quality control")

    factors = scranpy.center_size_factors(np.asarray(counts.sum(0)).ravel().astype(float))
    normalized = scranpy.normalize_counts(mattress.initialize(counts), factors)  # delayed: costs where it is used
    stages.end("normalize")
    variances = scranpy.model_gene_variances(normalized, num_threads=1)["statistics"]
    residual = next(name for name in variances.get_column_names() if name.startswith("resid"))
    variable = np.asarray(scranpy.choose_highly_variable_genes(np.asarray(variances.column(residual)), top=2000))
    stages.end("variable genes")
    of_variable = scranpy.normalize_counts(mattress.initialize(counts[variable, :]), factors)
    components = scranpy.run_pca(of_variable, number=50, num_threads=1)["components"]
    stages.end("pca")
    graph = scranpy.build_snn_graph(components, num_neighbors=20, num_threads=1)
    stages.end("neighbors")
    clusters = np.asarray(scranpy.cluster_graph(graph, method="leiden", leiden_resolution=0.5, leiden_objective="modularity")["membership"])
    stages.end("cluster")
    scranpy.score_markers(normalized, list(clusters), num_threads=1)
    stages.end("markers")
    cells = anndata.AnnData(expression_of(counts, factors), obs=pd.DataFrame({"cluster": pd.Categorical(clusters)}, index=names),
                            var=pd.DataFrame({"highly_variable": np.isin(np.arange(len(genes)), variable)}, index=genes))
    cells.layers["counts"] = counts.T
    cells.obsm["X_pca"] = np.asarray(components).T
    cells.write_h5ad(out)
    stages.end("write")
    print(f"{len(names)} cells, {len(genes)} genes, {len(set(clusters))} clusters", file=sys.stderr)


main()
