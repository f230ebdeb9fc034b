"""The files of this folder from the simulated cells and Seurat's answers: make.py FOLDER (see ORIGIN.md)."""
import gzip, re, sys
import numpy as np
import pandas as pd
import scipy.io

folder = sys.argv[1]
read = lambda name: scipy.io.mmread(gzip.open(f"{folder}/{name}")).toarray().astype(int)
table = lambda name: pd.read_csv(f"{folder}/{name}", index_col=0)


def write(name, frame, **options):
    frame.to_csv(name, index=False, compression={"method": "gzip", "mtime": 0}, **options)


loadings = table("ref_loadings.csv")
write("loadings.csv.gz", loadings.reset_index(names="gene"), float_format="%.15g")
write("reference_scores.csv.gz", table("ref_pca.csv"), float_format="%.9g")
write("query_scores.csv.gz", table("query_projected.csv"), float_format="%.9g")

# Seurat's genes of the anchor filter: 6 a component, as many of either sign (independent.py's count for these data)
L = loadings.values
filtered = sorted({int(g) for d in range(30) for o in [np.argsort(-L[:, d], kind="stable")] for g in [*o[:3], *o[-3:]]})
genes = [int(re.sub("^g", "", loadings.index[g])) for g in filtered]
for name in ["reference", "query"]:
    counts = read(f"{'ref' if name == 'reference' else name}_counts.mtx.gz").T
    frame = pd.DataFrame(counts[:, genes], columns=[f"g{g}" for g in genes])
    frame.insert(0, "n_counts", counts.sum(1))
    frame.insert(0, "type", table({"reference": "ref_cells.csv", "query": "query_cells.csv"}[name]).iloc[:, 0].values)
    write(f"{name}_cells.csv.gz", frame)

write("anchors.csv.gz", pd.read_csv(f"{folder}/anchors_rann.csv"), float_format="%.15g")
write("anchors_nofilter.csv.gz", pd.read_csv(f"{folder}/anchors_rann_nofilter.csv"), float_format="%.15g")
write("scores.csv.gz", table("pred_exactweights_rann.csv"), float_format="%.15g")
write("seurat_default.csv.gz", table("pred_annoy.csv"), float_format="%.15g")
