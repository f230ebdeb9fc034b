#!/usr/bin/env python3
"""How well doublet scores find known doublets: miura's beside Scrublet's, lot by lot.

    doublets_rivals.py SAMPLES.csv SCORES.tsv TRUTH.tsv    after doublets_bench SAMPLES.csv SCORES.tsv

TRUTH has lot, barcode and class ("doublet" or another word). Scrublet is scanpy's pp.scrublet with its defaults on the same cells of
each lot. Prints the area under the ROC curve of each lot's scores, its mean over lots, and Scrublet's CPU seconds.
"""
import sys
import time
import warnings

import numpy as np
import pandas as pd
import scanpy as sc
from sklearn.metrics import roc_auc_score

warnings.simplefilter("ignore")


def counts_of(row, folder):
    path = row.path if row.path.startswith("/") else f"{folder}/{row.path}"
    a = sc.read_10x_h5(path) if path.endswith(".h5") else sc.read_h5ad(path)
    a.var_names_make_unique()
    return a


def main():
    sheet, scores, truth = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2], sep="\t"), pd.read_csv(sys.argv[3], sep="\t")
    cells = scores.merge(truth[["lot", "barcode", "class"]], on=["lot", "barcode"])
    folder, used, areas = sys.argv[1].rsplit("/", 1)[0], 0.0, []
    for row in sheet.itertuples():
        mine = cells[cells.lot == row.lot]
        known = (mine["class"] == "doublet").to_numpy()
        if not 0 < known.sum() < len(known) or mine.doublet_score.isna().any():
            continue
        a = counts_of(row, folder)[mine.barcode].copy()
        started = time.process_time()
        sc.pp.scrublet(a, verbose=False, random_state=0, threshold=0.25)  # of its calls, which are not used
        used += time.process_time() - started
        areas.append((roc_auc_score(known, mine.doublet_score), roc_auc_score(known, a.obs.doublet_score)))
        print(f"{row.lot}: {len(known)} cells, {known.sum()} doublets, AUC miura {areas[-1][0]:.4f}, Scrublet {areas[-1][1]:.4f}", flush=True)
    print(f"mean of {len(areas)} lots: miura {np.mean([a for a, _ in areas]):.4f}, Scrublet {np.mean([b for _, b in areas]):.4f}; Scrublet {used:.1f} CPU s")


if __name__ == "__main__":
    main()
