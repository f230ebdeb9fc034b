#!/usr/bin/env python3
"""The planted studies with 100 cells a lot by CNA (Reshef et al. 2022): cna_power.py FOLDER [STUDIES].

FOLDER was written by calibrate --write FOLDER. CNA knows no clusters, so every cell gets a place in ten dimensions, near
the centre of its cluster (distance of centres 7 standard deviations of a cluster); neighbours are scanpy's. Counted are
studies whose global p is at most .05. Needs cna, multianndata and scanpy from PyPI.
"""
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")
import anndata
import cna
import numpy as np
import pandas as pd
import scanpy

CLUSTERS = [f"c{k}" for k in range(7)]


def cells_of(lots: pd.DataFrame, rng: np.random.Generator) -> anndata.AnnData:
    lot = np.repeat(lots["lot"].to_numpy(), lots[CLUSTERS].sum(axis=1))
    cluster = np.concatenate([np.repeat(np.arange(7), row) for row in lots[CLUSTERS].to_numpy()])
    place = rng.standard_normal((len(lot), 10))
    place[np.arange(len(lot)), cluster] += 5
    cells = anndata.AnnData(place.astype(np.float32), obs=pd.DataFrame({"lot": lot.astype(str)},
                                                                       index=np.arange(len(lot)).astype(str)))
    scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X")
    return cells


def main() -> None:
    folder, studies = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print("| correlation | lots | studies | global p <= .05 |\n|---|---|---|---|")
    names = sorted((path.stem.split("_") for path in folder.glob("*_100.tsv")), key=lambda n: (int(n[0]), float(n[1])))
    for n_lots, rho, _ in names:
        table = pd.read_csv(folder / f"{n_lots}_{rho}_100.tsv", sep="\t")
        found = 0
        for study, lots in table[table["study"] < studies].groupby("study"):
            cells = cells_of(lots, np.random.default_rng(study))
            outcome = pd.Series(lots["outcome"].to_numpy(), index=lots["lot"].astype(str).to_numpy())
            found += cna.tl.association(cells, outcome, "lot", Nnull=1000, seed=study) <= 0.05
        print(f"| {rho} | {n_lots} | {studies} | {found / studies:.3f} |", flush=True)


if __name__ == "__main__":
    main()
