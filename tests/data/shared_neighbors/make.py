"""Shared-neighbour weights by the sparse product that Seurat's ComputeSNN takes, with scikit-learn's neighbours."""
import numpy as np
import scipy.sparse as sp
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(7)
centre = rng.normal(size=(3, 4)) * 2
points = np.round(centre[np.arange(120) % 3] + rng.normal(size=(120, 4)), 3)
np.savetxt("points.csv", points, delimiter=",", fmt="%.3f")
for k in (7, 20):
    ranked = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(points)[1]  # itself is the first
    assert (ranked[:, 0] == np.arange(120)).all()
    nn = sp.csr_matrix((np.ones(120 * k), (np.repeat(np.arange(120), k), ranked.ravel())), shape=(120, 120))
    snn = (nn @ nn.T).tocoo()
    jaccard = snn.data / (k + (k - snn.data))
    with open(f"snn_k{k}.csv", "w") as out:
        for i, j, w in sorted(zip(snn.row, snn.col, jaccard)):
            if i < j and w >= 1 / 15:
                out.write(f"{i},{j},{float(w)!r}\n")
