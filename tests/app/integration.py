"""Checks what runs of one study with different integrations have to do with each other.

usage: integration.py BY_CHEMISTRY NONE SEVERAL STRONGER    (result folders; SEVERAL: chemistry, none; STRONGER: theta 2)
"""
import pathlib
import sys

import h5py
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score


def table(result, name):
    rows = pd.read_csv(pathlib.Path(result) / "tables" / f"{name}.tsv", sep="\t", dtype={"cluster": str, "other_cluster": str})
    if name != "composition":
        return rows
    lots = table(result, "lots")  # the mapped lot has shares in the primary partition only, whichever that is
    return rows[rows.lot.isin(lots.lot[lots.role == "train"])].reset_index(drop=True)


def cells(result):
    return pd.read_csv(pathlib.Path(result) / "tables" / "cells.tsv.gz", sep="\t", dtype=str)


def categories(column):
    return np.array([word.decode() for word in column["categories"][:]])[column["codes"][:]]


def same(a, b, columns):
    pd.testing.assert_frame_equal(a[columns].reset_index(drop=True), b[columns].reset_index(drop=True))


by_chemistry, none, several, stronger = sys.argv[1:5]

# ---- coordinates: training cells are corrected, the others have none, and batches lie nearer to each other
with h5py.File(pathlib.Path(by_chemistry) / "study.h5ad") as file:
    before, after = file["obsm/X_pca"][:], file["obsm/X_integrated"][:]
    trains, chemistry = categories(file["obs/role"]) == "train", categories(file["obs/chemistry"])
    assert file["uns/neighbors/params/use_rep"][()] == b"X_integrated"
with h5py.File(pathlib.Path(none) / "study.h5ad") as file:
    assert "X_integrated" not in file["obsm"] and file["uns/neighbors/params/use_rep"][()] == b"X_pca"
    np.testing.assert_array_equal(file["obsm/X_pca"][:], before)
assert (~trains).any() and np.isnan(after[~trains]).all() and np.isfinite(after[trains]).all()


def gap(x):
    newer, older = (x[trains & (chemistry == kit)].mean(axis=0) for kit in ("v3", "v2"))
    return np.linalg.norm(newer - older)


# At theta 1 the reference (harmonypy) rests after one round on so small a study and leaves .47 to .53 of the gap, .43 to .48 at 2
with h5py.File(pathlib.Path(stronger) / "study.h5ad") as file:
    mixed_more = file["obsm/X_integrated"][:]
assert gap(after) < 0.6 * gap(before), (gap(after), gap(before))
assert gap(mixed_more) < 0.5 * gap(before) and gap(mixed_more) < gap(after), (gap(mixed_more), gap(after), gap(before))

# ---- the clusters that stand beside are those of a run without integration, and declare nothing
share = table(by_chemistry, "composition")
first = table(none, "composition")
first = first[(first.resolution == first.resolution[0]) & (first.seed == first.seed[0])]
same(share[share.integration == "none"], first, list(share.columns))
assert share.integration[0] == "chemistry" and (first.integration == "none").all()

tests, plain = table(by_chemistry, "association"), table(none, "association")
beside = tests[tests.family.str.endswith("_not_integrated")]
assert set(beside.family) == {"primary_not_integrated", "secondary_not_integrated"}
assert beside["flags"].str.contains("EXPLORATORY").all() and (beside.integration == "none").all()
assert (tests[tests.family == "primary"].integration == "chemistry").all()
of_first = plain[(plain.resolution == plain.resolution[0]) & (plain.seed == plain.seed[0])]
same(beside, of_first, ["cluster", "outcome", "S", "rho", "p_exact", "status"])
populations = table(by_chemistry, "populations")
assert (populations.n_partitions == tests[tests.family == "primary"].groupby(["resolution", "seed"]).ngroups).all()

# ---- several integrations: one family over all partitions, the first of them primary
joined, in_family = table(several, "composition"), table(several, "association")
parts = [share[share.integration == "chemistry"], table(none, "composition")]
same(joined, pd.concat(parts), list(joined.columns))
assert set(in_family.family) == {"primary", "secondary"}
sizes = [t[t.family == "primary"].family_size.iloc[0] for t in (tests, plain, in_family)]
assert sizes[0] + sizes[1] == sizes[2], sizes
same(cells(several), cells(by_chemistry), list(cells(several).columns))
assert (table(several, "populations").n_partitions == 2 * populations.n_partitions.iloc[0]).all()
# a larger family has larger family-wise p, and the same p of each test
mine, theirs = in_family[in_family.integration == "chemistry"], tests[tests.integration == "chemistry"]
same(mine, theirs, ["cluster", "outcome", "rho", "p_exact"])
tested = mine.p_maxT_single.notna().values
assert (mine.p_maxT_single.values[tested] >= theirs.p_maxT_single.values[tested]).all()

# ---- side by side: every figure counted again
for result in (by_chemistry, several):
    rows, association = table(result, "integration"), table(result, "association")
    composition = table(result, "composition")
    left, right = cells(by_chemistry).cluster, cells(none).cluster
    known = left.notna() & right.notna()
    left, right = left[known], right[known]
    assert len(rows) == left.nunique() and set(rows.other) == {"none"}
    for _, row in rows.iterrows():
        assert abs(row.ari - adjusted_rand_score(left, right)) < 1e-12
        jaccard = {k: ((left == row.cluster) & (right == k)).sum() / ((left == row.cluster) | (right == k)).sum() for k in set(right)}
        assert abs(row.jaccard - max(jaccard.values())) < 1e-12 and abs(jaccard[row.other_cluster] - row.jaccard) < 1e-12

        def of(frame, integration, cluster):
            chosen = frame[(frame.integration == integration) & (frame.resolution == row.resolution) & (frame.seed == row.seed)]
            return chosen[chosen.cluster == cluster]

        pair = (("chemistry", row.cluster), ("none", row.other_cluster))
        lots = sorted(set(cells(none).lot[known]))
        shares = [of(composition, *which).set_index("lot").fraction[lots] for which in pair]
        np.testing.assert_allclose(row.rho_shares, spearmanr(*shares)[0], atol=1e-12)
        for prefix, which in zip(("", "other_"), pair):
            test = of(association, *which)
            test = test[(test.outcome == row.outcome) & test.family.str.startswith("primary")].iloc[0]
            for column in ("rho", "p_exact", "p_maxT_step"):
                np.testing.assert_array_equal(row[prefix + column], test[column])
print(f"side by side: {len(rows)} clusters, ARI {rows.ari[0]:.3f}")
