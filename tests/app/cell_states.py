"""cell_states.py STUDY RESULT: the planted phases and doublets are found again, and the tables say what the cells do."""

import pathlib
import sys

import h5py
import numpy as np
import pandas as pd


def auc(positive, negative):
    ranks = pd.concat([positive, negative]).rank()
    return (ranks.iloc[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))


def main(study, result):
    read = lambda path: pd.read_csv(path, sep="\t", dtype={"cluster": str}, keep_default_na=False, na_values=["NaN"], float_precision="round_trip")
    truth = read(pathlib.Path(study) / "truth" / "cells.tsv.gz")
    cells = read(pathlib.Path(result) / "tables" / "cells.tsv.gz")
    states = read(pathlib.Path(result) / "tables" / "cell_states.tsv")
    known = cells.merge(truth, on=["lot", "barcode"])
    good = known[known["class"] == "good"]
    for state, phase in (("cycling_S", "S"), ("cycling_G2M", "G2M")):
        found = (good[good.state == state].phase == phase).mean()
        assert found > 0.9, f"{found:.3f} of the cells of {state} are in phase {phase}"
    area = np.mean([auc(of.doublet_score[of["class"] == "doublet"], of.doublet_score[of["class"] == "good"])
                    for _, of in known.groupby("lot") if (of["class"] == "doublet").any()])
    assert area > 0.65, f"area under the curve of the doublet scores: {area:.3f}"

    # the table is made of these cells
    for lot, of in list(cells.groupby("lot")) + [("all", cells)]:
        row = states[(states.cluster == "all") & (states.lot == lot)].iloc[0]
        assert row.cells == len(of)
        assert abs(row.share_s - (of.phase == "S").mean()) < 1e-9
        assert abs(row.share_g1 - (of.phase == "G1").mean()) < 1e-9
        assert abs(row.mean_doublet_score - of.doublet_score.mean()) < 1e-8
        assert abs(row.share_doublet_like - (of.doublet_score >= 0.25).mean()) < 1e-9
    of = cells[cells.cluster == "0"]
    row = states[(states.cluster == "0") & (states.lot == "all")].iloc[0]
    assert row.cells == len(of) and abs(row.share_g2m - (of.phase == "G2M").mean()) < 1e-9

    # shares among the cells of phase G1 are those that were tested
    repeated = read(pathlib.Path(result) / "tables" / "association_without_cycling.tsv")
    training = cells[cells.role == "train"]
    resting = training[training.phase == "G1"]
    enough = resting.groupby("lot").size()
    enough = enough[enough >= 50].index
    assert len(repeated) > 0 and (repeated.n_without == len(enough)).all(), "lots of the repeated test"
    for row in repeated.itertuples():
        share = resting[resting.lot.isin(enough)].assign(mine=resting.cluster == row.cluster).groupby("lot").mine.mean()
        assert abs(share.mean() - row.mean_fraction_without) < 1e-9, f"cluster {row.cluster} has other shares without cycling cells"
        inside = training[training.cluster == row.cluster]
        assert abs((inside.phase != "G1").mean() - row.share_cycling) < 1e-9

    with h5py.File(pathlib.Path(result) / "study.h5ad") as file:
        obs = file["obs"]
        assert np.array_equal(obs["doublet_score"][:], cells.doublet_score, equal_nan=True)
        assert np.array_equal(obs["s_score"][:], cells.s_score)
        names = obs["phase/categories"].asstr()[:]
        assert list(names[obs["phase/codes"][:]]) == list(cells.phase)
    print(f"doublets: area under the curve {area:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
