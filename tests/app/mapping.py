"""Sheets and lots for mapping.sh, and what its results must show.

usage: mapping.py prepare STUDY | judge STUDY RUN MAPPED | foreign RUN MAPPED | collection FOLDER STUDY SECOND THIRD
"""
import gzip
import pathlib
import shutil
import sys

import numpy as np
import pandas as pd

NEW = ["BM07", "AD01", "AD02", "UC01"]


def table(result, name):
    return pd.read_csv(pathlib.Path(result) / "tables" / f"{name}.tsv", sep="\t", dtype={"cluster": str}, keep_default_na=False,
                       na_values=["NaN"])


def write_lot(folder, copy, gene_of_row):
    """A lot whose row i counts gene gene_of_row[i], or that lacks the gene where this is -1."""
    shutil.copytree(folder, copy)
    with gzip.open(folder / "matrix.mtx.gz", "rt") as file:
        head = [file.readline()]
        while head[-1].startswith("%"):
            head.append(file.readline())
        entries = np.loadtxt(file, dtype=np.int64)
    with gzip.open(folder / "features.tsv.gz", "rt") as file:
        features = file.read().splitlines()
    kept = sorted(g for g in gene_of_row if g >= 0)
    row_of_gene = {gene: row for row, gene in enumerate(kept)}
    new_row = np.array([row_of_gene.get(gene, -1) for gene in gene_of_row])[entries[:, 0] - 1]
    entries = np.column_stack([new_row + 1, entries[:, 1:]])[new_row >= 0]
    n_cells = head[-1].split()[1]
    with gzip.open(copy / "matrix.mtx.gz", "wt") as file:
        file.writelines(head[:-1] + [f"{len(kept)} {n_cells} {len(entries)}\n"])
        np.savetxt(file, entries, fmt="%d")
    with gzip.open(copy / "features.tsv.gz", "wt") as file:
        file.writelines(features[gene] + "\n" for gene in kept)


def prepare(study):
    study = pathlib.Path(study)
    truth = pd.read_csv(study / "truth" / "cells.tsv.gz", sep="\t")
    truth.loc[truth["class"] != "good", "state"] = "NA"
    for lot, cells in truth.groupby("lot"):
        cells[["barcode", "state"]].to_csv(study / f"{lot}.csv", index=False)
    sheet = pd.read_csv(study / "samples.csv", dtype=str, keep_default_na=False).set_index("lot", drop=False)
    train = sheet[sheet["role"] == "train"].copy()
    train["cells"] = [f"{lot}.csv" for lot in train["lot"]]

    n_genes = len(gzip.open(study / "data" / "UC01" / "features.tsv.gz").readlines())
    genes = np.arange(n_genes)
    lacking = np.where(genes % 20 == 7, -1, genes)
    write_lot(study / "data" / "UC01", study / "data" / "UC01_lacking", lacking)
    foreign = np.concatenate([genes[:13], np.random.default_rng(1).permutation(genes[13:])])  # mitochondrial ones stay
    write_lot(study / "data" / "AD01", study / "data" / "AD01_foreign", foreign)

    def placed(lot, path):
        lots = sheet.loc[NEW].copy()
        lots.loc[lot, "path"] = path
        return lots

    gaps, strange = placed("UC01", "data/UC01_lacking"), placed("AD01", "data/AD01_foreign").loc[["AD01"]]
    for name, lots in {"all": pd.concat([train, sheet.loc[NEW]]), "train": train, "new": sheet.loc[NEW], "one": sheet.loc[["UC01"]],
                       "gaps": pd.concat([train, gaps]), "lacking": gaps, "foreign": pd.concat([train, strange]),
                       "strange": strange}.items():
        lots.to_csv(study / f"{name}.csv", index=False)


def judge(study, run, mapped):
    truth = pd.read_csv(pathlib.Path(study) / "truth" / "cells.tsv.gz", sep="\t")
    truth = truth[truth["class"] == "good"]
    found = table(run, "mapping").merge(truth, on=["lot", "barcode"])
    right = found.label == found.state
    print(f"{right.mean():.3f} of {len(found)} cells have their planted state, {(found.label == 'unassigned').mean():.3f} none")
    assert right.mean() > 0.9, right.groupby(found.lot).mean()
    lots = table(run, "mapped_lots").set_index("lot")
    assert sorted(lots.index[lots.held_out == 0]) == sorted(NEW), lots
    assert (lots.share_outside < 0.1).all() and (lots.status != "FAR").all() and (lots.source != "").all(), lots
    # shares of assigned cells
    share = table(run, "composition").set_index(["lot", "cluster"])["fraction"]
    counted = found[found.label != "unassigned"]
    for lot, cells in counted.groupby("lot"):
        assert abs(share[lot, "CL3"] - (cells.state == "CL3").mean()) < 0.05, (lot, share[lot, "CL3"])
    same = ["source", "role", "n_cells", "n_outside", "share_outside", "p_share_outside", "n_unassigned", "shift", "p_shift", "held_out"]
    other = table(mapped, "mapped_lots").set_index("lot")
    pd.testing.assert_frame_equal(lots[same], other[same])
    markers = table(run, "source_markers")
    of = markers[(markers.gene == "LRRC75A") & (markers.role == "train")].set_index("group")
    features = pd.read_csv(sorted(pathlib.Path(study).glob("data/*/features.tsv.gz"))[0], sep="\t", header=None)
    known = dict(zip(features[1], features[0]))
    for result in (run, mapped):
        ids = table(result, "source_markers").gene_id
        assert (ids == known["LRRC75A"]).all() and ids.str.len().min() > 0, ids
    assert of.log2_cpm["declared"] > of.log2_cpm["other"] + 0.5, of
    assert set(table(run, "mapped_association").cluster) == {"CL3"}


def foreign(*results):
    for result in results:
        lots = table(result, "mapped_lots").set_index("lot")
        lot = lots.loc["AD01"]
        print(f"{result}: {lot.status}, shift {lot['shift']:.1f}, p {lot.p_shift:.2g}; outside {lot.share_outside}")
        assert lot.status == "FAR" and lot.beyond_labels > 1 and lot.share_outside == 1, lot
        own = lots[lots.held_out == 1]
        assert (own["shift"] < lot["shift"] / 2).all(), lots


def collection(folder, study, *results):
    folder = pathlib.Path(folder)
    train = list(table(study, "lots").lot)
    for name in ("lots", "mapped_lots"):
        rows = pd.read_csv(folder / f"{name}.tsv", sep="\t")
        assert sorted(rows.lot) == sorted(train + NEW), rows
    lots = pd.read_csv(folder / "lots.tsv", sep="\t", index_col="lot")
    second, third = ((folder / lots.result[lot]).resolve() for lot in ("AD01", "UC01"))
    assert [second.name, third.name] == [pathlib.Path(result).name for result in results], (second, third)
    shares = pd.read_csv(folder / "composition.tsv", sep="\t")
    assert not shares.duplicated(["lot", "cluster"]).any()
    assert set(shares.lot) == set(train + NEW)


if __name__ == "__main__":
    {"prepare": prepare, "judge": judge, "foreign": foreign, "collection": collection}[sys.argv[1]](*sys.argv[2:])
