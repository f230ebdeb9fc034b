"""Writes counts.tsv and the answers of scanpy. Run: python make.py FOLDER with sc_celseq2.h5ad, sc_dropseq.h5ad and
sc_celseq2_5cl_p1.h5ad (see ORIGIN.md)."""

import functools
import sys
import warnings

import anndata
import numpy as np
import scanpy as sc

warnings.filterwarnings("ignore")
# scanpy 1.11 ranks by an unstable sort, so that genes of equal variance come in any order; here in order of column.
np.argsort = functools.partial(np.argsort, kind="stable")

parts = {}
for name in ["sc_celseq2", "sc_dropseq", "sc_celseq2_5cl_p1"]:
    cells = anndata.read_h5ad(f"{sys.argv[1]}/{name}.h5ad")
    parts[name] = cells[np.sort(np.random.default_rng(1).permutation(cells.n_obs)[:60])].copy()
cells = anndata.concat(parts, label="batch", join="inner")
cells = cells[:, np.sort(cells.var_names)].copy()

seen = np.array([(cells[cells.obs.batch == b].X > 0).sum(axis=0).A1 for b in parts])
common = np.flatnonzero((seen >= 5).all(axis=0))
absent = np.flatnonzero((seen.min(axis=0) == 0) & (seen.max(axis=0) >= 10))  # constant in a batch
columns = np.sort(np.concatenate([common[:: len(common) // 660][:660], absent[:: len(absent) // 40][:40]]))
cells = cells[:, columns].copy()

batch = cells.obs.batch.cat.codes.to_numpy()
counts = cells.X.toarray().astype(int)
with open("counts.tsv", "w") as out:
    for b, row in zip(batch, counts):
        out.write(str(b) + "\t" + " ".join(map(str, row)) + "\n")
for name, flavor, key in [("batches", "seurat_v3", "batch"), ("batches_first", "seurat_v3_paper", "batch"), ("plain", "seurat_v3", None)]:
    chosen = sc.pp.highly_variable_genes(cells, flavor=flavor, n_top_genes=250, batch_key=key, inplace=False)
    if key is None:
        chosen["highly_variable_nbatches"] = chosen.highly_variable
    with open(name + ".tsv", "w") as out:
        out.write("highly_variable\trank\tmean\tvariance\tvariance_standardized\tn_batches\n")
        for g in chosen.itertuples():
            out.write(f"{int(g.highly_variable)}\t{g.highly_variable_rank}\t{float(g.means)!r}\t{float(g.variances)!r}\t"
                      f"{float(g.variances_norm)!r}\t{int(g.highly_variable_nbatches)}\n")
