#!/usr/bin/env python3
"""Whole planted studies of a change of process, from counts to verdicts: how often `miura compare` finds a changed process different
and an unchanged one equivalent.

    process_pairs.py --miura build/release/miura [--studies 20] [--first-seed 1] [--pairs 8] [--change 0.45]
    process_pairs.py --miura build/release/miura --make-study MAKE_STUDY.py [--studies 20] ...

Each seed gives a study of 11 training lots with pairs of lots (one donor, before and after) whose process changed, and one with pairs whose
process did not. The counts come from `miura simulate`, or from MAKE_STUDY.py --pairs (odd pairs changed, even ones not: a sheet of each).
`miura run` maps the pairs onto the training lots; `miura compare` asks about the cluster that holds most of the functional state, as a lab
would have declared it, with a margin that was fixed for it (--margin; a change of the odds by 1.65 is tolerated), once by pairs, and once as if nobody knew of them (Welch). Printed
are the verdicts of every study and their rates, beside the rates that `miura compare` itself foretells.
"""
import argparse
import collections
import csv
import gzip
import math
import pathlib
import subprocess
import sys
import tempfile

STATE = "CL3"
QUICK = ["--quiet", "--stability.replicates", "0", "--genes.test", "false", "--markers.test", "false", "--neighborhoods.test", "false",
         "--cluster.resolutions", "0.5", "--cluster.seeds", "1", "--association.outcomes", "", "--association.primary", ""]


def rows(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def simulate(options, seed, folder):
    """Folder and sheet of the study with the changed process, and of the other."""
    for kind, change in (("changed", options.change), ("unchanged", 1)):
        subprocess.run([options.miura, "simulate", "--out", folder / kind, "--lots-bm", "11", "--lots-bm-test", "0", "--lots-ad", "0",
                        "--lots-uc", "0", "--pairs", str(options.pairs), "--change", str(change), "--cells-per-lot", str(options.cells),
                        "--genes", str(options.genes), "--seed", str(seed), "--quiet"], check=True)
        yield kind, folder / kind, folder / kind / "samples.csv"


def make_study(options, seed, folder):
    study = folder / "study"
    subprocess.run([sys.executable, options.make_study, "--format", "mtx", "--cells-per-lot", str(options.cells), "--genes",
                    str(options.genes), "--lots-bm-test", "0", "--lots-ad", "0", "--lots-uc", "0", "--pairs", str(2 * options.pairs),
                    "--seed", str(seed), "--out", study], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(study / "samples.csv", newline="") as file:
        lots = list(csv.DictReader(file))
    for kind, odd in (("changed", 1), ("unchanged", 0)):
        sheet = study / f"{kind}.csv"
        with open(sheet, "w", newline="") as file:
            writer = csv.DictWriter(file, lots[0])
            writer.writeheader()
            writer.writerows(lot for lot in lots if not lot["pair"] or int(lot["pair"][2:]) % 2 == odd)
        yield kind, study, sheet


def functional_cluster(study, result):
    """The cluster with the best F1 of the functional state among the training cells."""
    state = {(cell["lot"], cell["barcode"]): cell["state"] for cell in rows(study / "truth" / "cells.tsv.gz") if cell["class"] == "good"}
    both, in_cluster, in_state = collections.Counter(), collections.Counter(), 0
    for cell in rows(result / "tables" / "cells.tsv.gz"):
        true = state.get((cell["lot"], cell["barcode"]))
        if true is None or not cell["cluster"]:
            continue
        in_cluster[cell["cluster"]] += 1
        in_state += true == STATE
        both[cell["cluster"]] += true == STATE
    f1 = {cluster: 2 * both[cluster] / (n + in_state) for cluster, n in in_cluster.items()}
    best = max(sorted(f1), key=f1.get)
    return best, f1[best]


def without_pairs(sheet, folder):
    with open(sheet, newline="") as file:
        lots = list(csv.DictReader(file))
    unpaired = folder / f"{sheet.stem}-unpaired.csv"
    with open(unpaired, "w", newline="") as file:
        writer = csv.DictWriter(file, lots[0])
        writer.writeheader()
        writer.writerows(dict(lot, pair="") for lot in lots)
    return unpaired


def endpoints(options, kind, study, sheet, folder):
    """The row of comparability.tsv, by pairs and without."""
    (folder / "study.ini").write_text(f"[study]\nsamples = {sheet}\n")
    result = folder / f"{kind}-result"
    subprocess.run([options.miura, "run", folder / "study.ini", "--out", result, *QUICK], check=True, stderr=subprocess.DEVNULL)
    cluster, f1 = functional_cluster(study, result)
    margin = ["--margin", f"{cluster}={options.margin}"] if options.margin > 0 else []
    for test, more in (("paired", []), ("welch", ["--samples", without_pairs(sheet, folder)])):
        compared = folder / f"{kind}-{test}"
        subprocess.run([options.miura, "compare", result, "--before", "before", "--after", "after", "--cluster", cluster, "--out", compared,
                        "--quiet", *margin, *more], check=True, stderr=subprocess.DEVNULL)
        row = rows(compared / "tables" / "comparability.tsv")[0]
        assert row["test"] == test, row
        yield dict(row, f1=f1)


def rate(name, hits, n):
    share = hits / n
    print(f"{name}\t{hits} of {n}\t{share:.2f} (standard error {math.sqrt(share * (1 - share) / n):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--miura", required=True)
    parser.add_argument("--make-study", type=pathlib.Path)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=8, help="in each study")
    parser.add_argument("--change", type=float, default=0.45, help="times the share of the functional state; MAKE_STUDY.py has its own")
    parser.add_argument("--margin", type=float, default=0.5, help="of the logit of the share; 0: the fallback of miura compare")
    parser.add_argument("--cells", type=int, default=300, help="mean number of barcodes a lot")
    parser.add_argument("--genes", type=int, default=2000)
    options = parser.parse_args()
    found = collections.defaultdict(list)
    print("seed", "process", "F1 of the cluster", "test", "difference", "margin", "result", sep="\t")
    for seed in range(options.first_seed, options.first_seed + options.studies):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for kind, study, sheet in (make_study if options.make_study else simulate)(options, seed, folder):
                for row in endpoints(options, kind, study, sheet, folder):
                    found[kind, row["test"]].append(row)
                    print(seed, kind, f"{row['f1']:.2f}", row["test"], f"{float(row['diff']):.2f}", f"{float(row['margin']):.2f}",
                          row["result"], sep="\t", flush=True)
    for test in ("paired", "welch"):
        for kind, result in (("changed", "different"), ("changed", "equivalent"), ("unchanged", "equivalent"), ("unchanged", "different")):
            results = [row["result"] for row in found[kind, test]]
            rate(f"{test}: {kind} found {result}", results.count(result), len(results))
        foretold = sum(1 - float(row["false_reject"]) for row in found["unchanged", test]) / options.studies
        print(f"{test}: unchanged found equivalent, as foretold\t\t{foretold:.2f}")


main()
