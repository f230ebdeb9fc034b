"""Drugs and genes of the NCI-60 panel: what half of the lines shows on one platform, in the other half on others.

1,429 compounds (log10 of 1/GI50) against genes of four arrays and 48 ABC transporters by RT-PCR (Szakacs et al. 2004). Lines
alternate between training and test within tissues. Pairs of a drug and a gene that training calls hits have to come back in
other lines, on other platforms, far more often than chance gives; with drugs permuted over lines they must not.

Then the pairs of tests/data/nci60/known_pairs.tsv, written down from the literature before any was computed: how many are found
in training lines, and how many of those come back in other lines, on the same platform and on others. All are printed.

Usage: nci60.py MIURA SHARED SCRATCH PAIRS
"""
import collections
import csv
import math
import os
import subprocess
import sys

miura, shared, scratch, known_pairs = sys.argv[1:]
data = os.path.join(shared, "golden", "bulk", "data")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "nci60"))
from panels import ARRAYS, rows_of, table, write_panels

# Substrates of P-glycoprotein (ABCB1), which keeps them out of the cell: expression against toxicity is negative.
SUBSTRATES = ("taxol", "paclitaxel", "vinblastine", "vincristine", "doxorubicin", "daunorubicin", "bisantrene", "rhizoxin", "geldanamycin")


ONE_SIDED = 0.025  # p of a pair that the literature names, in its direction


def run(name, *tables):
    """Mines NAME.ini; the rows of the first of the tables that is there."""
    out = os.path.join(scratch, name)
    subprocess.run([miura, "mine", os.path.join(scratch, name + ".ini"), "--out", out, "--quiet", "--mining.permutations", "999"], check=True)
    paths = [os.path.join(out, "tables", table) for table in tables]
    return rows_of(next(path for path in paths if os.path.exists(path)))


def mine(name, sheet, train, tests):
    """Rows of the replication, and the mean of the null counts."""
    config = f"[mining]\nsheet = {sheet}\ncolumns = all\nthreshold = 0.01\n[measurement.{train}]\ntable = {train}_train.tsv\n"
    for test in tests:
        config += f"[measurement.{test}_test]\ntable = {test}_test.tsv\nset = test\nplatform = {test}\n"
    with open(os.path.join(scratch, name + ".ini"), "w") as file:
        file.write(config)
    tested = [row for row in run(name, "mining_replication.tsv") if row["p_test"] != "NaN"]
    by_chance = sum(float(row["null_mean"]) for row in rows_of(os.path.join(scratch, name, "tables", "mining_counts.tsv")) if row["kind"] == "replication" and row["null_mean"] != "NaN")
    return tested, by_chance


def summary(label, tested, by_chance):
    n = len(tested)
    again = sum(row["naive"] == "1" for row in tested)
    sure = sum(row["replicated"] == "1" for row in tested)
    print(f"{label}: {n} pairs at p <= .01 in training; {again} again at p <= .01 with the same sign ({100 * again / max(n, 1):.1f} %; "
          f"{by_chance:.1f} by chance); {sure} replicated ({100 * sure / max(n, 1):.1f} %)", flush=True)
    return n, again, sure


write_panels(shared, scratch)
failures = []


def expect(what, holds):
    if not holds:
        failures.append(what)


names = {row[0]: row[1].strip() for row in csv.reader(open(os.path.join(data, "nci60_compound_names.tsv")), delimiter="\t")}
for label, train, tests in (("transporters by PCR, other lines", "pcr", ["pcr"]), ("hgu95, other lines on hgu133p2", "hgu95", ["hgu133p2"]),
                            ("hgu133p2, other lines on hgu95", "hgu133p2", ["hgu95"]), ("hgu95, other lines on hgu133", "hgu95", ["hgu133"]),
                            ("agilent, other lines on hgu133", "agilent", ["hgu133"])):
    real, chance = mine("real", "drugs.tsv", train, tests)
    n, again, _ = summary(label, real, chance)
    permuted, chance_permuted = mine("permuted", "permuted.tsv", train, tests)
    _, again_permuted, _ = summary("    drugs permuted over lines", permuted, chance_permuted)
    rules, wrong = (len({row["rule"] for row in permuted if row["replicated"] in marks}) for marks in ("01", "1"))
    print(f"    of {rules} permuted drugs with a pair {wrong} have a replicated one ({100 * wrong / max(rules, 1):.1f} %; 5 % allowed)")
    expect(f"{label}: pairs do not come back more often than chance gives", again > 3 * chance)
    expect(f"{label}: permuted drugs come back", again_permuted <= 3 * chance_permuted + 5)
    expect(f"{label}: more than alpha of the drugs have a false pair", wrong <= 0.05 * rules + 3 * math.sqrt(0.05 * rules))

# ABCB1 over all 60 lines: few of them pump, so that ranks see little of it, but nearly always the right sign.
with open(os.path.join(scratch, "pump.ini"), "w") as file:
    file.write("[mining]\nsheet = drugs.tsv\ncolumns = all\nlist = all\n[measurement.pcr]\ntable = pcr_all.tsv\n")
rows = [row for row in run("pump", "mining_probes.tsv.gz", "mining_probes.tsv") if row["probe"] == "ABCB1"]
substrates = [row for row in rows if any(s in names.get(row["outcome"], "").lower() for s in SUBSTRATES)]
falling = [row for row in substrates if float(row["rho"]) < 0]
print(f"ABCB1 and {len(substrates)} known substrates: {len(falling)} of negative rho; of all {len(rows)} compounds {sum(float(row['rho']) < 0 for row in rows)}")
expect("known substrates of ABCB1 go the wrong way", len(substrates) >= 20 and 10 * len(falling) >= 9 * len(substrates))


def known():
    """Each pair of the list on each platform that measured the gene: in the training lines, in the others, in all 60; on every platform."""
    pairs = rows_of(known_pairs)
    measured = {name: {row[0] for row in table(scratch, f"{name}_all.tsv")[1]} for name in (*ARRAYS, "pcr")}
    found = {}
    for lines in ("train", "test", "all"):
        with open(os.path.join(scratch, f"known_{lines}.ini"), "w") as file:
            file.write("[mining]\nsheet = drugs.tsv\nlist = all\ncolumns = " + ",".join(dict.fromkeys(pair["nsc"] for pair in pairs)) + "\n")
            file.write("".join(f"[measurement.{name}]\ntable = {name}_{lines}.tsv\n" for name in measured))
        for row in run(f"known_{lines}", "mining_probes.tsv.gz", "mining_probes.tsv"):
            found[lines, row["measurement"], row["probe"], row["outcome"]] = row
    tally = collections.Counter()
    for pair in pairs:
        places = [name for name in measured if pair["gene"] in measured[name]]
        of = {}  # lines, platform: rho, one-sided p in the direction of the literature
        for lines in ("train", "test", "all"):
            for place in places:
                row = found[lines, place, pair["gene"], pair["nsc"]]
                of[lines, place] = float(row["rho"]), float(row["p_greater" if pair["sign"] == "+" else "p_less"])
        tally["pairs"] += bool(places)
        for place in places:
            tally["places"] += 1
            for first, second in (("train", "test"), ("all", "all")):
                tally["sign", first] += (of[first, place][0] > 0) == (pair["sign"] == "+")
                tally["found", first] += (hit := of[first, place][1] <= ONE_SIDED)
                for other in places:
                    if hit and (first != second or other != place):
                        tally["sought", first, other == place] += 1
                        tally["again", first, other == place] += of[second, other][1] <= ONE_SIDED
        print(f"    {pair['gene']}{pair['sign']} {pair['drug']}: " + "; ".join(
            f"{place} " + ", ".join(f"{lines} {of[lines, place][0]:.2f} (p {of[lines, place][1]:.2g}{', found' if of[lines, place][1] <= ONE_SIDED else ''})" for lines in ("train", "test", "all"))
            for place in places))
    chance = ONE_SIDED * tally["places"]
    print(f"{tally['pairs']} pairs of the literature, {tally['places']} of pair and platform. Found at one-sided p <= {ONE_SIDED} ({chance:.1f} by chance): "
          f"in training lines {tally['found', 'train']} ({tally['sign', 'train']} of the sign named); of these again in the other lines on the same platform {tally['again', 'train', True]} of {tally['sought', 'train', True]}, "
          f"on another {tally['again', 'train', False]} of {tally['sought', 'train', False]}. In all 60 lines {tally['found', 'all']} ({tally['sign', 'all']} of the sign named); "
          f"of these again on another platform {tally['again', 'all', False]} of {tally['sought', 'all', False]}")
    expect("a pair of the literature is left out", tally["pairs"] == len(pairs) == 69 and tally["places"] == 76)


known()
print("\n".join(failures))
sys.exit(1 if failures else 0)
