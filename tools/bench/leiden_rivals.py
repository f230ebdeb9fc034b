#!/usr/bin/env python3
"""Leiden by igraph and leidenalg on the graph of a finished study.

    leiden_rivals.py STUDY.h5ad GRAPH [RESOLUTION]

Writes the graph to the file GRAPH, for `leiden_bench --graph GRAPH --resolution RESOLUTION`, and prints a line a program,
tab-separated: two passes of igraph (scanpy's choice), igraph until nothing changes, two passes of leidenalg; CPU seconds;
modularity and clusters.
"""
import random
import sys
import time

import anndata
import igraph
import leidenalg
import numpy as np
import scipy.sparse

UNIT = 2.0**-16  # of miura's edge weights


def main():
    resolution = float(sys.argv[3]) if len(sys.argv) > 3 else 0.5
    upper = scipy.sparse.triu(anndata.read_h5ad(sys.argv[1]).obsp["connectivities"], k=1).tocoo()
    weight = np.rint(upper.data.astype(float) / UNIT).astype("<i8")
    edges = np.column_stack([upper.row, upper.col, weight]).astype("<i8")
    with open(sys.argv[2], "wb") as file:
        np.array([upper.shape[0], len(edges)], dtype="<i8").tofile(file)
        edges.tofile(file)
    graph = igraph.Graph(n=upper.shape[0], edges=edges[:, :2])
    graph.es["weight"] = weight.astype(float).tolist()
    print(f"{upper.shape[0]} vertices, {len(edges)} edges, resolution {resolution}", flush=True)

    def with_igraph(passes):
        return graph.community_leiden("modularity", weights="weight", resolution=resolution, n_iterations=passes)

    def with_leidenalg(passes):
        return leidenalg.find_partition(graph, leidenalg.RBConfigurationVertexPartition, weights="weight",
                                        resolution_parameter=resolution, n_iterations=passes, seed=1)

    runs = [("igraph, 2 passes", with_igraph, 2), ("igraph, to the end", with_igraph, -1), ("leidenalg, 2 passes", with_leidenalg, 2)]
    for name, leiden, passes in runs:
        random.seed(1)
        igraph.set_random_number_generator(random)
        started = time.process_time()
        found = leiden(passes)
        used = time.process_time() - started
        modularity = graph.modularity(found.membership, weights="weight", resolution=resolution)
        print(f"{name}\t{used:.2f}\tmodularity={modularity:.6f} clusters={len(found)}", flush=True)


main()
