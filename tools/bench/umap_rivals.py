#!/usr/bin/env python3
"""UMAP by umap-learn on the graph that umap_bench used, judged by the same measures.

    umap_rivals.py points STUDY.h5ad PREFIX [CELLS]    writes PREFIX.points (X_pca) and PREFIX.type (clusters) of cells with a cluster
    umap_rivals.py judge PREFIX N_DIMS [RIVAL ...]     after umap_bench PREFIX N_DIMS; RIVAL: umap-learn, or umap-learn:SEED

Prints for each layout trustworthiness (k = 15), the share of the 15 nearest points that stay among the 15 nearest, silhouette of the
types (all on the same 5,000 cells at most), and CPU seconds. umap-learn starts from the graph that miura made, and so differs in the layout alone.
"""
import resource
import sys
import time

import numpy as np

NEIGHBORS, JUDGED = 15, 5000


def write_points(study, prefix, cells):
    import anndata

    a = anndata.read_h5ad(study, backed="r")
    rows = np.flatnonzero(a.obs["cluster"].notna())
    if cells:
        rows = np.sort(np.random.RandomState(1).permutation(rows)[: int(cells)])
    np.asarray(a.obsm["X_pca"])[rows].astype(np.float32).tofile(prefix + ".points")
    a.obs["cluster"].cat.codes.to_numpy()[rows].astype(np.int32).tofile(prefix + ".type")


def read_graph(prefix):
    import scipy.sparse

    with open(prefix + ".graph", "rb") as file:
        n, edges = np.fromfile(file, np.int64, 2)
        head, tail = np.fromfile(file, np.int32, edges), np.fromfile(file, np.int32, edges)
        weight = np.fromfile(file, np.float32, edges)
    return scipy.sparse.csr_matrix((weight, (head, tail)), shape=(n, n))


def judge(name, points, layout, types, seconds):
    from sklearn.manifold import trustworthiness
    from sklearn.metrics import silhouette_score
    from sklearn.neighbors import NearestNeighbors

    chosen = np.sort(np.random.RandomState(0).permutation(len(points))[:JUDGED])
    high, low = points[chosen], layout[chosen]
    near = [NearestNeighbors(n_neighbors=NEIGHBORS).fit(x).kneighbors(return_distance=False) for x in (high, low)]
    recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(*near)]) / NEIGHBORS
    full = NearestNeighbors(n_neighbors=NEIGHBORS).fit(points).kneighbors(high, return_distance=False)
    low_full = NearestNeighbors(n_neighbors=NEIGHBORS).fit(layout).kneighbors(low, return_distance=False)
    kept = np.mean([len(np.intersect1d(a, b)) for a, b in zip(full, low_full)]) / NEIGHBORS
    known = types[chosen] >= 0
    print(f"{name}: trustworthiness {trustworthiness(high, low, n_neighbors=NEIGHBORS):.4f}, "
          f"neighbors kept {kept:.4f} (among the judged {recall:.4f}), "
          f"silhouette {silhouette_score(low[known], types[chosen][known]):.4f}, {seconds:.1f} CPU s", flush=True)


def umap_learn(points, graph, threads, seed=1):
    import numba
    from umap.umap_ import find_ab_params, simplicial_set_embedding

    numba.set_num_threads(threads)
    a, b = find_ab_params(1.0, 0.5)
    embedding, _ = simplicial_set_embedding(
        points, graph.tocoo(), 2, 1.0, a, b, 1.0, 5, None, "spectral", np.random.RandomState(seed), "euclidean", {}, False, {},
        False, parallel=threads > 1)
    return embedding


def main():
    if sys.argv[1] == "points":
        write_points(sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
        return
    prefix, dims = sys.argv[2], int(sys.argv[3])
    points = np.fromfile(prefix + ".points", np.float32).reshape(-1, dims)
    types = np.fromfile(prefix + ".type", np.int32)
    judge("miura", points, np.fromfile(prefix + ".layout", np.float32).reshape(-1, 2), types, float("nan"))
    graph = read_graph(prefix)
    for rival in sys.argv[4:]:
        umap_learn(points[:500], graph[:500, :500], 1)  # numba compiles
        started = time.process_time()
        layout = umap_learn(points, graph, 1, int(rival.partition(":")[2] or 1))
        judge(rival, points, layout, types, time.process_time() - started)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
