#!/usr/bin/env python3
"""umap-learn's fuzzy graph, curves and layouts of 300 points: OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 make.py"""
import json

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

K, DIMS = 15, 6
random = np.random.RandomState(7)
# four clumps, of which two touch, a line between two others, and a heap of 20 equal points; on a grid, so that text holds them
centers = np.array([[0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0], [9, 9, 0, 0, 0, 0], [0, 9, 9, 0, 0, 0]], float)
clumps = np.repeat(centers, [80, 70, 60, 40], axis=0) + random.normal(size=(250, DIMS))
line = centers[2] + np.linspace(0, 1, 30)[:, None] * (centers[3] - centers[2]) + 0.3 * random.normal(size=(30, DIMS))
heap = np.repeat([[0.0, 0, 0, 12, 0, 0]], 20, axis=0)
points = np.round(np.vstack([clumps, line, heap]) * 256) / 256
order = NearestNeighbors(n_neighbors=K, algorithm="brute").fit(points)
distance, index = order.kneighbors()  # others only: as many as with the point itself, so the last is left out
index = np.column_stack([np.arange(len(points)), index[:, : K - 1]])
distance = np.column_stack([np.zeros(len(points)), distance[:, : K - 1]]).astype(np.float32)
graph, _, _ = fuzzy_simplicial_set(points, K, np.random.RandomState(1), "euclidean", knn_indices=index, knn_dists=distance)
graph = graph.tocsr()
graph.sort_indices()
a, b = find_ab_params(1.0, 0.5)
trust = []
for seed in range(10):
    layout, _ = simplicial_set_embedding(points, graph.tocoo(), 2, 1.0, a, b, 1.0, 5, None, "spectral", np.random.RandomState(seed),
                                         "euclidean", {}, False, {}, False, parallel=False)
    trust.append(trustworthiness(points, layout, n_neighbors=K))
json.dump({
    "k": K, "n_dims": DIMS, "points": points.ravel().tolist(), "neighbor": index[:, 1:].ravel().tolist(),
    "distance": [float(x) for x in distance[:, 1:].ravel()], "row_start": graph.indptr.tolist(), "column": graph.indices.tolist(),
    "weight": [round(float(x), 9) for x in graph.data], "trustworthiness": trust,
    "curves": [[m, s, *map(float, find_ab_params(s, m))] for m, s in ((0.0, 1.0), (0.1, 1.0), (0.3, 1.0), (0.5, 1.0), (0.5, 2.0))]},
    open("umap_learn.json", "w"))
