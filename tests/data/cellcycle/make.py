"""Planted counts (counts.tsv) and, for make.R, those and the real cells as Matrix Market."""
import re
import sys

import anndata
import numpy as np
import scipy.io
import scipy.sparse

h5ad, genes_cpp, work, here = sys.argv[1:]
text = open(genes_cpp).read()
lists = [re.findall(r'\{"([^"]+)", "(ENSG\d+)"', text.split(name)[1].split(");")[0]) for name in ("s_phase =", "g2m_phase =")]
assert [len(l) for l in lists] == [43, 54]

# 400 genes in four bins of 100, of which Seurat takes all as controls: nothing is left to chance
random = np.random.default_rng(3)
symbols = [s for l in lists for s, _ in l] + [f"GENE{i}" for i in range(303)]
order = random.permutation(400)
symbols = [symbols[i] for i in order]
mean = random.gamma(0.8, 2.0, 400) + 0.05
cycling = np.zeros((60, 400))
for phase, which in enumerate(lists):
    members = np.isin(symbols, [s for s, _ in which])
    cycling[phase::3][:, members] = 1.2
counts = random.poisson(mean * np.exp(cycling) * random.gamma(4, 0.25, (60, 1)))
with open(f"{here}/counts.tsv", "w") as file:
    file.write("\t".join(symbols) + "\n")
    for row in counts:
        file.write("\t".join(map(str, row)) + "\n")


def export(name, matrix, genes):
    scipy.io.mmwrite(f"{work}/{name}.mtx", scipy.sparse.csc_matrix(matrix.T).astype(np.int64))
    open(f"{work}/{name}.genes", "w").write("\n".join(genes) + "\n")


export("planted", counts, symbols)
real = anndata.read_h5ad(h5ad)
symbol_of = {ensembl: s for l in lists for s, ensembl in l}
kept = np.asarray((real.X > 0).sum(axis=0)).ravel() >= 3
export("real", real.X[:, kept], [symbol_of.get(g, g) for g in real.var_names[kept]])
open(f"{work}/real.cells", "w").write("\n".join(real.obs_names) + "\n")
