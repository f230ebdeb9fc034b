"""How often a marker table of a population without clusters is wrong: the share of small p over cells, and how far the p are from
uniform. Standard library only.

usage: marker_chances.py MARKERS.tsv       prints: rows, share with p <= 0.05, Kolmogorov-Smirnov distance from uniform
"""
import csv
import sys

with open(sys.argv[1]) as file:
    p = sorted(10 ** float(row["log10_p"]) for row in csv.DictReader(file, delimiter="\t") if row["log10_p"] != "NaN")
distance = max(max((i + 1) / len(p) - x, x - i / len(p)) for i, x in enumerate(p))
print(len(p), f"{sum(x <= 0.05 for x in p) / len(p):.4f}", f"{distance:.4f}")
