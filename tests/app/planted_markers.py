"""The markers of a planted population's cluster are the genes that were planted, and so are the gene sets.

usage: planted_markers.py STUDY RESULT    (standard library only)
"""
import collections
import csv
import gzip
import json
import pathlib
import sys


def rows(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return list(csv.DictReader(file, delimiter="\t"))


def main(study, result):
    study, result = pathlib.Path(study), pathlib.Path(result)
    planted = json.loads((study / "truth" / "params.json").read_text())["functional_state"]
    state = {(r["lot"], r["barcode"]): r["state"] for r in rows(study / "truth" / "cells.tsv.gz") if r["class"] == "good"}
    counts = collections.Counter((state.get((r["lot"], r["barcode"])), r["cluster"])
                                 for r in rows(result / "tables" / "cells.tsv.gz") if r["cluster"] != "")
    cluster = max((c for _, c in counts), key=lambda c: counts[planted, c])
    of_cluster = [r for r in rows(result / "tables" / "markers.tsv") if r["cluster"] == cluster]
    up = [r["gene"] for r in of_cluster if r["direction"] == "up"]
    down = [r["gene"] for r in of_cluster if r["direction"] == "down"]
    print(f"{planted} is cluster {cluster}; up: {' '.join(up[:20])}; down: {' '.join(down[:20])}")
    # planted: LRRC75A up fourfold, respiratory and mitochondrial genes up by half, matrix genes down by half
    assert "LRRC75A" in up[:20]
    assert sum(g.startswith(("NDUF", "COX", "UQCR", "ATP5", "SDH", "CYC", "MT-")) for g in up[:20]) >= 5
    assert sum(g.startswith(("COL", "FN1", "LUM", "DCN", "POSTN", "SPARC", "BGN", "FBN", "LOX", "VCAN", "TNC", "THBS",
                             "FBLN", "TIMP3", "CTHRC1", "PCOLCE", "ELN")) for g in down[:20]) >= 5
    # the first of the gene sets, by what markers share and along all genes, up and down
    sets = [r for r in rows(result / "tables" / "enrichment.tsv") if r["cluster"] == cluster]
    ranked = [r for r in rows(result / "tables" / "enrichment_ranked_clusters.tsv") if r["cluster"] == cluster]
    for direction, planted_set in (("up", "OXPHOS"), ("down", "ECM")):
        first = next(r for r in sets if r["direction"] == direction)
        assert first["set"] == planted_set and float(first["log10_fdr"]) < -3, first
        first = next(r for r in ranked if r["direction"] == direction)
        assert first["set"] == planted_set and 2 / 256 <= float(first["p_lots_two_sided"]) <= 4 / 256 and float(first["fdr_genes"]) < 0.05, first
        assert int(first["n_perm_lots"]) == 255, first  # all signs of eight lots
    assert {r["cluster"] for r in rows(result / "tables" / "enrichment_ranked_clusters.tsv")} >= {r["cluster"] for r in rows(result / "tables" / "markers.tsv") if int(r["n_lots"]) >= 2}
    for r in of_cluster:
        effect, difference = float(r["effect"]), float(r["difference"])
        assert abs(effect) <= abs(difference) and effect * difference >= 0, r
        assert float(r["p_lot"]) <= float(r["p_lot_maxT"]) and float(r["p_lot"]) >= float(r["p_min_attainable"]), r
    order = [float(r["effect"]) for r in of_cluster if r["direction"] == "up"]
    assert order == sorted(order, reverse=True), "not ranked by effect"


main(*sys.argv[1:])
