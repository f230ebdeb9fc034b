"""Checks components and graphs of a study whose cells go through memory and into the file in several portions.

usage: portions.py STUDY.h5ad
"""
import sys

import anndata
import numpy as np

a = anndata.read_h5ad(sys.argv[1])
reference = a.obs["reference"].to_numpy()
assert a.n_obs > 8192 and reference.sum() > 2 * 4096, f"{a.n_obs} cells, {reference.sum()} of them in the reference: one portion"

chosen = a.var["highly_variable"].to_numpy()
z = a.X[:, chosen].toarray().astype(float)
mean, sd = z[reference].mean(0), z[reference].std(0, ddof=1)
z = np.minimum((z - mean) / np.where(sd > 0, sd, 1), 10)
z -= z[reference].mean(0)
np.testing.assert_allclose(z @ a.varm["PCs"][chosen], a.obsm["X_pca"], atol=5e-3)

points = a.obsm["X_pca"][reference].astype(float)
distances = a.obsp["distances"][reference][:, reference].tocsr()
connectivities = a.obsp["connectivities"][reference][:, reference].tocsr()
assert distances.nnz == a.obsp["distances"].nnz and connectivities.nnz == a.obsp["connectivities"].nnz, "edges of cells outside the reference"
assert abs(connectivities - connectivities.T).max() == 0
k = distances.getnnz(1)
assert k.min() == k.max()
for row in range(0, len(points), 37):
    from_row = np.sqrt(((points - points[row]) ** 2).sum(1))
    from_row[row] = np.inf
    nearest = np.sort(np.argpartition(from_row, k[0])[: k[0]])
    stored = distances[row]
    np.testing.assert_array_equal(stored.indices, nearest)
    np.testing.assert_allclose(stored.data, from_row[nearest], rtol=1e-5)
print("portions: passed")
