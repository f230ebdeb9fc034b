"""Markers of the clusters of blood cells, named by the authors' labels of their cells, and genes and sets between the conditions.
Labels of the authors exist for some cells; natural killer cells have derived ones only. Standard library only.

usage: kang.py RESULT CELLS.csv.gz
"""
import collections
import csv
import gzip
import pathlib
import sys

INTERFERON = "ISG15 IFIT1 IFIT2 IFIT3 IFI6 ISG20 MX1 OAS1 LY6E IFI44L IFITM3 RSAD2 TNFSF10 CXCL10".split()
OF_TYPE = {  # of these genes so many at least among the first fifty
    "CD14+ Monocytes": (["CD14", "LYZ", "S100A8", "S100A9", "FCN1", "TYROBP", "FTL"], 2),
    "FCGR3A+ Monocytes": (["FCGR3A", "MS4A7", "LYZ", "LST1", "VMO1", "TYROBP"], 2),
    "B cells": (["CD79A", "MS4A1", "CD79B", "HLA-DQA1"], 2),
    "CD4 T cells": (["CD3D", "IL7R", "CCR7", "LTB", "SELL", "CD3E"], 2),
    "CD8 T cells": (["CD3D", "CD8A", "CCL5", "CD8B", "GZMH", "NKG7"], 2),
    "NK cells": (["GNLY", "NKG7", "PRF1", "KLRD1"], 2),
}


def rows(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return list(csv.DictReader(file, delimiter="," if ".csv" in path.name else "\t"))


def main(result, cells):
    tables = pathlib.Path(result) / "tables"
    label = {(r["lot"], r["barcode"]): r["muscat_label"] or ("NK cells" if r["derived_label"] == "NK cells" else "") for r in rows(pathlib.Path(cells))}
    counts = collections.defaultdict(collections.Counter)
    for r in rows(tables / "cells.tsv.gz"):
        if label.get((r["lot"], r["barcode"])):
            counts[r["cluster"]][label[r["lot"], r["barcode"]]] += 1
    name = {cluster: of.most_common(1)[0][0] for cluster, of in counts.items() if sum(of.values()) >= 20}
    markers = collections.defaultdict(list)
    for r in rows(tables / "markers.tsv"):
        if r["direction"] == "up" and int(r["rank"]) <= 50:
            markers[r["cluster"]].append(r["gene"])
    largest = {kind: max((c for c in name if name[c] == kind), key=lambda c: counts[c][kind]) for kind in set(name.values())}
    for kind, cluster in sorted(largest.items()):  # further clusters of a type are its states, e.g. stressed cells
        genes, least = OF_TYPE[kind]
        found = [g for g in genes if g in markers[cluster]]
        print(f"cluster {cluster}, {kind}: {' '.join(markers[cluster][:8])}; of its type {' '.join(found)}")
        assert len(found) >= least, (cluster, kind, markers[cluster])
    assert {"CD14+ Monocytes", "FCGR3A+ Monocytes", "B cells", "CD4 T cells", "NK cells"} <= set(largest), largest

    genes, sets = collections.defaultdict(list), collections.defaultdict(list)
    for r in rows(tables / "condition_genes.tsv"):
        assert int(r["n_higher"]) + int(r["n_lower"]) <= int(r["n_pairs"]) <= 4, r
        if r["direction"] == "up":
            genes[r["group"]].append(r["gene"])
    for r in rows(tables / "enrichment_ranked_conditions.tsv"):
        if r["direction"] == "up":
            sets[r["cluster"]].append(r["description"])
    assert {"all", largest["B cells"], largest["CD4 T cells"], largest["NK cells"]} <= set(genes), sorted(genes)  # others may be of one condition
    for group, of in genes.items():
        top = sum(g in INTERFERON for g in of[:20])
        kind = [i for i, s in enumerate(sets[group]) if "interferon" in s or "virus" in s or "viral" in s]
        print(f"{group}: {' '.join(of[:10])}; sets {sets[group][:3]}; the first of interferon or viruses is number {kind[0] + 1}")
        if group == "all" or group in name:
            assert top >= 5, (group, of[:20])
            assert kind[0] < 5, (group, sets[group][:10])
    assert sum("interferon" in s for s in sets["all"][:40]) >= 3, sets["all"][:40]


main(*sys.argv[1:])
