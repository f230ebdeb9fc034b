#!/usr/bin/env python3
"""Writes a planted panel as a user would: array.csv, cage.csv (promoters), qPCR of differentiated lines, mine.ini."""
import csv
import pathlib
import random
import sys

out = pathlib.Path(sys.argv[1])
draw = random.Random(5)
GENES = ["SALL3", "PAX6"] + [f"G{i}" for i in range(60)]
MARKERS = {"ecto": ["PAX6", "SOX1", "NES"], "meso": ["T", "MIXL1", "GATA4"], "endo": ["SOX17", "FOXA2", "AFP"]}
SIGN = {"ecto": 1.0, "meso": -1.0, "endo": -1.0}


def write(name, header, rows):
    with open(out / name, "w", newline="") as f:
        csv.writer(f).writerows([header] + rows)


for suffix, first, n in (("", 1, 10), ("_test", 11, 13)):
    lines = [f"line{i:02d}" for i in range(first, first + n)]
    switch = {line: draw.gauss(0, 1) for line in lines}
    noise = lambda scale: draw.gauss(0, scale)
    array = [[f"p_{g}"] + [round(2 ** (8 + (1.5 * switch[l] if g == "SALL3" else 0) + noise(0.3)), 3) for l in lines] for g in GENES]
    write(f"array{suffix}.csv", ["probe"] + lines, array)
    promoters = [(g, k) for g in GENES for k in (1, 2)]
    cage = [[f"p{k}@{g}"] + [max(0, round(2 ** (6 - k + (1.5 * switch[l] if (g, k) == ("SALL3", 1) else 0) + noise(0.3)))) for l in lines]
            for g, k in promoters]
    write(f"cage{suffix}.csv", ["promoter"] + lines, cage)
    qpcr = [["GAPDH"] + [round(18 + noise(0.2), 2) for _ in lines]]
    for fate, markers in MARKERS.items():
        for m in markers:
            ct = [27 - 2 * SIGN[fate] * switch[l] + noise(0.7) for l in lines]
            qpcr.append([m] + ["Undetermined" if c > 33 else round(c, 2) for c in ct])
    write(f"qpcr{suffix}.csv", ["gene"] + [f"EB_{l}" for l in lines], qpcr)
    write(f"qpcr_samples{suffix}.csv", ["sample", "line"], [[f"EB_{l}", l] for l in lines])
write("array_genes.csv", ["probe", "gene"], [[f"p_{g}", g] for g in GENES])
write("cage_genes.csv", ["promoter", "gene"], [[f"p{k}@{g}", g] for g in GENES for k in (1, 2)])

config = ""
for name, platform in (("array", "array"), ("cage", "cage"), ("qpcr", "qpcr")):
    for suffix, which in (("", "train"), ("_test", "test")):
        config += f"[measurement.{name}{suffix}]\ntable = {name}{suffix}.csv\nset = {which}\nplatform = {platform}\n"
        if name == "qpcr":
            config += f"kind = ct\nreference_genes = GAPDH\nsamples = qpcr_samples{suffix}.csv\n"
        else:
            config += f"genes = {name}_genes.csv\ntransform = log2\n"
        if name == "array":
            config += "quantile_normalise = yes\n"
        if name == "cage" and not suffix:
            config += "min_expression = 1\n"
        config += "\n"
for fate, markers in MARKERS.items():
    config += f"[outcome.{fate}]\npropensity = {', '.join(markers)}\nmeasurement = qpcr\n"
    config += "same_samples = array\n\n" if fate == "ecto" else "\n"
config += "[intersection.switch]\nrule = ecto:s meso:-s endo:-s\nmeasurement = array\n\n"
config += "[intersection.platforms]\nrule = array:+ cage:+\noutcome = ecto\npromoters = any\n"
(out / "mine.ini").write_text(config)
