"""How well coordinates mix batches and keep states: for the files that integrate_rivals.py and integrate_bench wrote.

  integrate_mixing.py STUDY.h5ad TRUTH/cells.tsv.gz PREFIX [NAME ...]    NAME: pcs, corrected, rival1, rival2 ...

Of each PREFIX.NAME (float32, training cells x dimensions), on cells of a true state ("good" ones), both LISI on 4,000 of them:
  iLISI   effective number of batches round a cell (harmonypy.compute_lisi, perplexity 30), scaled to 0 .. 1: mixing
  cLISI   the same of true states, scaled so that 1 is one state only: states kept apart
  kBET    share of 1,000 cells whose 50 nearest have the batches of all cells of their state, chi-square test at 0.05
          (Buettner et al. 2019, within states, so that composition is not called a batch effect)
  scanpy  ARI with the truth of scanpy's neighbors (15) and Leiden (igraph) at 0.5
and, where PREFIX.NAME.labels (int32) lies beside, the ARI of those.
"""
import os
import sys
import warnings

import anndata
import h5py
import harmonypy
import numpy as np
import pandas as pd
import scanpy
from scipy.stats import chi2
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

warnings.filterwarnings("ignore")


def texts(column):
    if isinstance(column, h5py.Dataset):
        return np.array([word.decode() for word in column[:]])
    return np.array([word.decode() for word in column["categories"][:]])[column["codes"][:]]


def scaled_lisi(points, of, name):
    metadata = pd.DataFrame({name: of})
    n = metadata[name].nunique()
    return float((np.median(harmonypy.compute_lisi(points, metadata, [name], perplexity=30)) - 1) / (n - 1))


def acceptance(points, batch, state, k=50, n_cells=1000, seed=1):
    """Of kBET within states."""
    drawn = np.random.default_rng(seed).choice(len(points), n_cells, replace=False)
    nearest = NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points[drawn], return_distance=False)[:, 1:]
    shares = pd.crosstab(state, batch, normalize="index")
    accepted = 0
    for cell, around in zip(drawn, nearest):
        expected = k * shares.loc[state[cell]].values
        seen = pd.Series(batch[around]).value_counts().reindex(shares.columns, fill_value=0).values
        some = expected > 0
        statistic = ((seen - expected)[some] ** 2 / expected[some]).sum()
        accepted += chi2.sf(statistic, some.sum() - 1) > 0.05
    return accepted / n_cells


study, truth, prefix, *names = sys.argv[1:]
with h5py.File(study) as file:
    train = texts(file["obs/role"]) == "train"
    cells = pd.DataFrame({"lot": texts(file["obs/lot"]), "barcode": texts(file["obs/barcode"])})[train]
    n_dims = file["obsm/X_pca"].shape[1]
cells["batch"] = np.fromfile(prefix + ".batch", np.int32).astype(str)
cells = cells.merge(pd.read_csv(truth, sep="\t", keep_default_na=False), on=["lot", "barcode"], how="left")
good = (cells["class"] == "good").values
batch, state = cells.batch.values[good], cells.state.values[good]
some = np.random.default_rng(0).choice(good.sum(), 4000, replace=False)
print("coordinates      iLISI   cLISI   kBET    scanpy   miura's graph")
for name in names or ("pcs", "corrected", "rival1", "rival2"):
    points = np.fromfile(f"{prefix}.{name}", np.float32).reshape(-1, n_dims)
    of_good = points[good].astype(float)
    everything = anndata.AnnData(np.zeros((len(points), 1), np.float32), obsm={"X": points})
    scanpy.pp.neighbors(everything, n_neighbors=15, use_rep="X")
    scanpy.tl.leiden(everything, resolution=0.5, flavor="igraph", n_iterations=2, directed=False)
    line = [scaled_lisi(of_good[some], batch[some], "batch"), 1 - scaled_lisi(of_good[some], state[some], "state"), acceptance(of_good, batch, state),
            adjusted_rand_score(state, everything.obs.leiden.values[good])]
    if os.path.exists(f"{prefix}.{name}.labels"):
        line.append(adjusted_rand_score(state, np.fromfile(f"{prefix}.{name}.labels", np.int32)[good]))
    print(f"{name:15s}" + "".join(f"{value:8.4f}" for value in line), flush=True)
