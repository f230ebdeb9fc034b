"""Judges the places of cells, the page that draws them, and the gene sets of a study that was planted.

picture.py sets STUDY GMT          writes small sets of genes by the beginning of their names
picture.py places RESULT           study.h5ad, cells.tsv.gz and report.html tell the same of every cell (numpy, h5py)
picture.py kinds STUDY RESULT      cells of one planted state lie together, mapped ones among those that train
picture.py outcomes SHEET RESULT   the page knows the outcome of every lot, trained or mapped, that the sheet has one of
picture.py found STUDY RESULT      respiration goes up and matrix down in the planted cluster
"""
import base64
import collections
import csv
import gzip
import json
import math
import pathlib
import re
import sys

SETS = {"RESPIRATION": ("NDUF", "COX", "UQCR", "ATP5", "SDHA", "SDHB", "CYC1"),
        "MATRIX": ("COL", "FN1", "LUM", "DCN", "POSTN", "SPARC", "BGN", "FBN", "LOX", "VCAN", "TNC", "THBS", "FBLN", "PCOLCE", "ELN"),
        "RIBOSOME": ("RPL", "RPS"), "PROTEASOME": ("PSM",), "SOLUTE_CARRIERS": ("SLC",), "ZINC_FINGERS": ("ZNF",)}


def rows(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return list(csv.DictReader(file, delimiter="\t"))


def table(result, name):
    return rows(pathlib.Path(result) / "tables" / name)


def sets(study, gmt):
    features = next((pathlib.Path(study) / "data").glob("*/features.tsv.gz"))
    with gzip.open(features, "rt") as file:
        genes = {line.split("\t")[1] for line in file}
    with open(gmt, "w") as file:
        for name, starts in SETS.items():
            file.write("\t".join([name, "by name"] + sorted(g for g in genes if g.startswith(starts))) + "\n")


def elements(page):
    return dict(re.findall(r'<script type="(?:text/plain|application/json)" id="(umap-[^"]*)">([^<]*)</script>', page))


def places(result):
    import h5py
    import numpy as np

    cells = table(result, "cells.tsv.gz")
    at = np.array([[float(c["umap1"]), float(c["umap2"])] for c in cells], np.float32)
    with h5py.File(pathlib.Path(result) / "study.h5ad") as file:
        assert np.array_equal(file["obsm/X_umap"][:], at), "study.h5ad and cells.tsv.gz differ"
        assert np.isfinite(at).all(), "a cell has no place"
        symbol = file["var/_index"].asstr()[:]
        data, indices, indptr = (file["X/" + part][:] for part in ("data", "indices", "indptr"))
    part = elements((pathlib.Path(result) / "report.html").read_text())
    about = json.loads(part["umap-cells"])
    decoded = lambda name, kind: np.frombuffer(base64.b64decode(part[name]), kind)
    assert about["cells"] == len(cells)
    lots = collections.Counter(c["lot"] for c in cells)
    assert [(lot["lot"], lot["cells"]) for lot in about["lots"]] == list(lots.items()), "the lots of the picture"
    drawn = np.stack([decoded("umap-x", "<u2"), decoded("umap-y", "<u2")], 1).astype(float)
    for axis in (0, 1):  # one unit on both axes, to the nearest step
        unit = (at.max(0) - at.min(0)).max() / 65535 if about["behind"] == 0 else np.polyfit(drawn[:, 0], at[:, 0], 1)[0]
        shift = np.median(at[:, axis] - drawn[:, axis] * unit)
        assert np.abs(at[:, axis] - drawn[:, axis] * unit - shift).max() < 2 * unit, "a cell is drawn elsewhere"
    names = about["clusters"] + [""] * (256 - len(about["clusters"]))
    told = [c["cluster"] or c["mapped_cluster"] for c in cells]
    assert [names[k] for k in decoded("umap-cluster", "u1")] == told, "clusters differ"
    for g, gene in enumerate(about["genes"]):
        column = list(symbol).index(gene["gene"])
        value = np.zeros(len(cells))
        for i in range(len(cells)):
            row = slice(indptr[i], indptr[i + 1])
            value[i] = data[row][indices[row] == column].sum()
        level = decoded(f"umap-gene-{g}", "u1")
        assert ((level > 0) == (value > 0)).all() and abs(gene["largest"] - value.max()) < 1e-4, gene
        assert np.abs(level * gene["largest"] / 255 - value).max() <= gene["largest"] / 255 + 1e-3, gene
    print(f"{len(cells)} cells, {len(about['genes'])} genes, {about['behind']} cells behind")


def kinds(study, result):
    import numpy as np

    truth = {(r["lot"], r["barcode"]): r["state"] for r in rows(pathlib.Path(study) / "truth" / "cells.tsv.gz") if r["class"] == "good"}
    known = [(c, truth[c["lot"], c["barcode"]]) for c in table(result, "cells.tsv.gz") if (c["lot"], c["barcode"]) in truth]
    at = np.array([[float(c["umap1"]), float(c["umap2"])] for c, _ in known])
    state = np.array([s for _, s in known])
    trains = np.array([c["role"] == "train" for c, _ in known])
    for name, asked in (("training", trains), ("mapped", ~trains)):
        if not asked.any():
            continue
        right = 0
        for i in np.flatnonzero(asked):
            distance = ((at[trains] - at[i]) ** 2).sum(1)
            nearest = np.argsort(distance)[1 if trains[i] else 0:][:10]
            votes = collections.Counter(state[trains][nearest])
            right += votes.most_common(1)[0][0] == state[i]
        share = right / asked.sum()
        chance = max(collections.Counter(state[asked]).values()) / asked.sum()
        print(f"{name} cells: the nearest training cells in the plane are of the same state for {share:.3f} (the commonest state: {chance:.3f})")
        assert share > chance + 0.5 * (1 - chance), "states do not lie together"


def outcomes(sheet, result):
    with open(sheet) as file:
        known = {row["lot"]: row for row in csv.DictReader(file)}
    about = json.loads(elements((pathlib.Path(result) / "report.html").read_text())["umap-cells"])
    told = [(lot["role"], value, known[lot["lot"]][name]) for lot in about["lots"] for name, value in zip(about["outcomes"], lot["outcome"], strict=True)]
    assert all(value == (float(given) if given else None) for _, value, given in told), told
    for role in {lot["role"] for lot in about["lots"]}:
        assert any(value is not None for of, value, _ in told if of == role), f"no {role} lot has an outcome"
    print(f"{len(told)} outcomes of {len(about['lots'])} lots")


def found(study, result):
    planted = json.loads((pathlib.Path(study) / "truth" / "params.json").read_text())["functional_state"]
    state = {(r["lot"], r["barcode"]): r["state"] for r in rows(pathlib.Path(study) / "truth" / "cells.tsv.gz") if r["class"] == "good"}
    counts = collections.Counter((state.get((r["lot"], r["barcode"])), r["cluster"]) for r in table(result, "cells.tsv.gz") if r["cluster"])
    cluster = max((c for _, c in counts), key=lambda c: counts[planted, c])
    first = {}
    for r in table(result, "enrichment.tsv"):
        first.setdefault((r["cluster"], r["direction"]), r)
    for direction, name in (("up", "RESPIRATION"), ("down", "MATRIX")):
        row = first[cluster, direction]
        assert row["set"] == name and float(row["log10_fdr"]) < -3, (direction, row)
    lists = table(result, "enrichment_lists.tsv")
    universe = {r["universe"] for r in lists}
    assert len(universe) == 1 and all(int(r["n_not_tested"]) == 0 and int(r["n_sets"]) <= len(SETS) for r in lists), lists
    for r in table(result, "enrichment.tsv"):  # R: phyper(k - 1, K, N - K, n, lower.tail = FALSE)
        k, in_set, n, total = (int(r[c]) for c in ("k", "K", "n", "universe"))
        p = sum(math.comb(in_set, x) * math.comb(total - in_set, n - x) for x in range(k, min(n, in_set) + 1)) / math.comb(total, n)
        assert abs(math.log10(p) - float(r["log10_p"])) < 1e-9, r
    ranked = [r for r in table(result, "enrichment_ranked.tsv") if r["set"] == "RESPIRATION"]
    assert len(ranked) == 1 and int(ranked[0]["n_perm_lots"]) > 100 and int(ranked[0]["n_perm_genes"]) > 100, ranked
    print(f"cluster {cluster} of {planted}: {first[cluster, 'up']['log10_fdr']} up, {first[cluster, 'down']['log10_fdr']} down")


{"sets": sets, "places": places, "kinds": kinds, "outcomes": outcomes, "found": found}[sys.argv[1]](*sys.argv[2:])
