"""`miura map` beside Seurat's FindTransferAnchors and TransferData: the same cells, in turn; CPU seconds, peak memory, labels.

usage: transfer_rivals.py STUDY WORK [--reference N] [--query N] [--rounds N] [--miura MIURA] [--rscript RSCRIPT]
STUDY is a planted study (../shared/study/make_study.py --format h5). Reference: N good cells of the training lots with their
true states; query: N good cells of the AD lots, as one lot; 0: all. Both references are made before anything is timed.
"""
import argparse
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def read_10x(path):
    with h5py.File(path) as file:
        m = file["matrix"]
        cells = sparse.csr_matrix((m["data"][:], m["indices"][:], m["indptr"][:]), shape=m["shape"][:][::-1])
        return cells, m["barcodes"][:].astype(str), {name: m["features"][name][:] for name in ("id", "name", "feature_type", "genome")}


def write_10x(path, cells, barcodes, features):
    with h5py.File(path, "w") as file:
        m = file.create_group("matrix")
        for name, part in (("data", cells.data.astype(np.int32)), ("indices", cells.indices.astype(np.int64)),
                           ("indptr", cells.indptr.astype(np.int64)), ("shape", np.array(cells.shape[::-1], np.int32)),
                           ("barcodes", np.array(barcodes, dtype="S"))):
            m[name] = part
        for name, values in features.items():
            m[f"features/{name}"] = values


def chosen(study, sheet, truth, n, rng):
    """Per lot, its matrix of the chosen good cells, their barcodes and states, and the genes."""
    good = truth[truth["class"].eq("good") & truth["lot"].isin(sheet["lot"])].reset_index(drop=True)
    if 0 < n < len(good):
        good = good.iloc[np.sort(rng.choice(len(good), n, replace=False))]
    for lot in sheet.itertuples():
        of = good[good["lot"] == lot.lot]
        cells, barcodes, features = read_10x(study / lot.path)
        rows = pd.Index(barcodes).get_indexer(of["barcode"])
        yield lot.lot, cells[rows], of["barcode"].to_numpy(), of["state"].to_numpy(), features


def prepare(given):
    work, rng = given.work, np.random.default_rng(1)
    (work / "lots").mkdir(parents=True, exist_ok=True)
    sheet = pd.read_csv(given.study / "samples.csv", dtype=str, keep_default_na=False)
    truth = pd.read_csv(given.study / "truth" / "cells.tsv.gz", sep="\t")
    rows, states = [], []
    for lot, cells, barcodes, state, features in chosen(given.study, sheet[sheet["role"] == "train"], truth, given.reference, rng):
        write_10x(work / "lots" / f"{lot}.h5", cells, barcodes, features)
        states.append(pd.DataFrame({"lot": lot, "barcode": barcodes, "state": state}))
        states[-1].to_csv(work / "lots" / f"{lot}.csv", index=False)
        rows.append([lot, f"lots/{lot}.h5", "BM", "train", f"lots/{lot}.csv"])
    columns = ["lot", "path", "source", "role", "cells"]
    pd.concat(states).to_csv(work / "states.tsv", sep="\t", index=False)
    lots = list(chosen(given.study, sheet[sheet["source"] == "AD"], truth, given.query, rng))
    names = np.concatenate([[f"{lot[0]}_{barcode}" for barcode in lot[2]] for lot in lots])
    write_10x(work / "query.h5", sparse.vstack([lot[1] for lot in lots]).tocsr(), names, lots[0][4])
    query = ["AD", "query.h5", "AD", "query", ""]
    pd.DataFrame([query], columns=columns).to_csv(work / "query.csv", index=False)
    # a study that has mapped a lot keeps how its own lots fare when held out, which Seurat has no counterpart of
    pd.DataFrame([*rows, query], columns=columns).to_csv(work / "reference.csv", index=False)
    (work / "study.ini").write_text("[study]\nsamples = reference.csv\n[cluster]\nlabels = state\n[integrate]\nby = none\n"
                                    "[variable]\nbatch = none\n[reference]\ncells_per_lot = 1000000000\n"  # as Seurat: all cells, no lots
                                    "[qc]\nmin_counts = 0\nmin_genes = 0\nmax_pct_mito = 100\n"
                                    "[stability]\nreplicates = 0\n[markers]\ntest = no\n[genes]\ntest = no\n[neighborhoods]\ntest = no\n")
    return pd.Series(np.concatenate([lot[3] for lot in lots]), index=names)


def timed(command):
    """CPU seconds and peak MB of a process, and what it prints."""
    with open(os.devnull) as nothing:
        process = subprocess.Popen(list(map(str, command)), stdin=nothing, stdout=subprocess.PIPE, env=ONE_THREAD, text=True)
        printed = process.stdout.read()
        _, status, use = os.wait4(process.pid, 0)
    assert status == 0, command
    return use.ru_utime + use.ru_stime, use.ru_maxrss / 1024, printed


def judge(name, label, state):
    right, found, true = label == state, label == "CL3", state == "CL3"
    print(f"{name}: accuracy {right.mean():.4f}, F1 of CL3 {2 * (found & true).sum() / (found.sum() + true.sum()):.4f}, "
          f"unassigned {(label == 'unassigned').mean():.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--reference", type=int, default=5000)
    parser.add_argument("--query", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--miura", default="miura")
    parser.add_argument("--rscript", default="Rscript")
    given = parser.parse_args()
    rival = pathlib.Path(__file__).with_suffix(".R")
    work, state = given.work, prepare(given)
    timed([given.miura, "run", work / "study.ini", "--out", work / "study", "--quiet"])
    timed([given.rscript, rival, "reference", work])
    for _ in range(given.rounds):
        cpu, peak, _ = timed([given.miura, "map", work / "study", "--samples", work / "query.csv", "--out", work / "mapped", "--collection", "none",
                              "--quiet"])
        print(f"miura map, whole process: {cpu:.2f} CPU s, peak {peak:.0f} MB")
        cpu, peak, both = timed([given.rscript, rival, "query", work, work / "seurat.tsv"])
        print(f"Seurat: the two functions {float(both):.2f} CPU s; whole process {cpu:.2f}, peak {peak:.0f} MB", flush=True)
    mapping = pd.read_csv(work / "mapped" / "tables" / "mapping.tsv", sep="\t", index_col="barcode").reindex(state.index)
    seurat = pd.read_csv(work / "seurat.tsv", sep="\t", index_col="barcode").reindex(state.index)
    judge("miura", mapping["label"], state)
    judge("Seurat", seurat["label"], state)
    assigned = mapping["label"] != "unassigned"
    print(f"of the cells that miura assigns, {(mapping['label'] == seurat['label'])[assigned].mean():.4f} have Seurat's label")


if __name__ == "__main__":
    main()
