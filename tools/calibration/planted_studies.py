#!/usr/bin/env python3
"""Whole planted studies, from counts to claims: how often the functional state is found, by miura and by others' ways.

    planted_studies.py MAKE_STUDY.py --miura build/release/miura [--studies 20] [--first-seed 201] [--rscript Rscript]

MAKE_STUDY.py writes a study of 11 lots (counts, sample sheet, truth) in which the share of one state goes with vegf_ischemia
with rho about 0.8 over lots. A row a study, and the shares in which each way finds an association at 0.05:
  maxT grid    miura's declaration: all clusters of 32 partitions, family-wise
  maxT one     the clusters of the primary partition alone, Bonferroni over the exact p
  any p        any cluster of the primary partition with p <= 0.05, as is common and wrong
  moderated t  limma on asin-sqrt shares of the primary partition, Bonferroni (as propeller); needs R with limma
  cna          global test of neighborhoods by miura, whose results are those of the package cna (docs/methods/neighborhood.md)
"""
import argparse
import csv
import math
import pathlib
import subprocess
import sys
import tempfile

LIMMA = r"""
suppressMessages(library(limma)); a <- commandArgs(TRUE)
d <- read.delim(a[1]); d <- d[d$resolution == 0.5 & d$seed == 0, ]; s <- read.csv(a[2])
x <- asin(sqrt(tapply(d$fraction, list(d$cluster, d$lot), sum)))
y <- s$vegf_ischemia[match(colnames(x), s$lot)]
p <- eBayes(lmFit(x, model.matrix(~ scale(y))), robust = TRUE)$p.value[, 2]
cat(min(1, min(p) * length(p)))
"""


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def study(options, seed, folder):
    subprocess.run([sys.executable, options.make_study, "--format", "mtx", "--cells-per-lot", "110", "--genes", "2500",
                    "--lots-bm-test", "0", "--lots-ad", "0", "--lots-uc", "0", "--seed", str(seed), "--out", folder / "study"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "study.ini").write_text("[study]\nsamples = study/samples.csv\n[association]\noutcomes = vegf_ischemia\n")
    subprocess.run([options.miura, "run", folder / "study.ini", "--out", folder / "result", "--quiet", "--stability.replicates", "0",
                    "--genes.test", "false", "--markers.test", "false"], check=True, stderr=subprocess.DEVNULL)
    tables = folder / "result" / "tables"
    tests = [r for r in rows(tables / "association.tsv") if r["p_maxT_step"] != "NaN"]
    primary = [float(r["p_exact"]) for r in tests if float(r["resolution"]) == 0.5 and r["seed"] == "0"]
    found = {"maxT grid": min((float(r["p_maxT_step"]) for r in tests), default=1.0),
             "maxT one": min(1.0, min(primary, default=1.0) * len(primary)),
             "any p": min(primary, default=1.0),
             "cna": float(rows(tables / "global.tsv")[0]["p"])}
    if options.rscript:
        limma = subprocess.run([options.rscript, "-e", LIMMA, tables / "composition.tsv", folder / "study" / "samples.csv"],
                               check=True, capture_output=True, text=True)
        found["moderated t"] = float(limma.stdout)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make_study", type=pathlib.Path)
    parser.add_argument("--miura", required=True)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=201)
    parser.add_argument("--rscript", help="an Rscript with limma; left out: no moderated t")
    options = parser.parse_args()
    found = []
    for seed in range(options.first_seed, options.first_seed + options.studies):
        with tempfile.TemporaryDirectory() as folder:
            found.append(study(options, seed, pathlib.Path(folder)))
        print(seed, *(f"{way} {p:.4f}" for way, p in found[-1].items()), sep="\t", flush=True)
    for way in found[0]:
        share = sum(f[way] <= 0.05 for f in found) / len(found)
        print(f"{way}\t{share:.2f} of {len(found)} studies (standard error {math.sqrt(share * (1 - share) / len(found)):.2f})")


main()
