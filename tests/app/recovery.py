"""Compares the clusters of a simulated study with what was planted.

usage: recovery.py STUDY RESULT LEAST_F1 LEAST_ARI    (standard library only)
"""
import collections
import csv
import gzip
import json
import math
import pathlib
import sys


def rows(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return list(csv.DictReader(file, delimiter="\t"))


def adjusted_rand(pairs):
    def choose_2(counts):
        return sum(math.comb(n, 2) for n in counts.values())

    table, a, b = (collections.Counter(x) for x in (pairs, (p[0] for p in pairs), (p[1] for p in pairs)))
    expected = choose_2(a) * choose_2(b) / math.comb(len(pairs), 2)
    return (choose_2(table) - expected) / ((choose_2(a) + choose_2(b)) / 2 - expected)


def main(study, result, least_f1, least_ari):
    study, result = pathlib.Path(study), pathlib.Path(result)
    planted = json.loads((study / "truth" / "params.json").read_text())["functional_state"]
    truth = {(r["lot"], r["barcode"]): r["state"] for r in rows(study / "truth" / "cells.tsv.gz") if r["class"] == "good"}
    pairs = [(truth[key], r["cluster"]) for r in rows(result / "tables" / "cells.tsv.gz")
             if (key := (r["lot"], r["barcode"])) in truth and r["cluster"] != ""]
    counts = collections.Counter(pairs)
    in_state = sum(n for (state, _), n in counts.items() if state == planted)
    size = collections.Counter(cluster for _, cluster in pairs)
    f1 = {c: 2 * counts[planted, c] / (size[c] + in_state) for c in size}
    best = max(f1, key=f1.get)
    tests = [r for r in rows(result / "tables" / "association.tsv") if r["outcome"] == "vegf_ischemia" and r["p_maxT_step"] != "NaN"]
    leader = min(tests, key=lambda r: (float(r["p_maxT_step"]), -abs(float(r["rho"]))))
    ari = adjusted_rand(pairs)
    print(f"{len(size)} clusters, ARI {ari:.3f}, best F1 of {planted} {f1[best]:.3f} in cluster {best}; "
          f"the leading cluster is {leader['cluster']}, rho {float(leader['rho']):.2f}, p {float(leader['p_maxT_step']):.4f}")
    assert f1[best] >= float(least_f1), f1
    assert ari >= float(least_ari), ari
    assert leader["cluster"] == best, "the cluster that goes with the outcome is not the planted one"


main(*sys.argv[1:])
