"""Compares miura associate with answers of independent programs: exact enumerations, R multtest, Python.

Usage: associate_golden.py MIURA SHARED SCRATCH. Counts of relabelings must be equal, other numbers within 1e-10.
"""
import csv
import gzip
import itertools
import json
import math
import os
import subprocess
import sys

miura, shared, scratch = sys.argv[1:]
bulk = os.path.join(shared, "golden", "bulk")
failures = []


def expect(what, found, wanted):
    if isinstance(wanted, float) and isinstance(found, float):
        same = found == wanted or abs(found - wanted) <= 1e-10 * max(abs(wanted), abs(found))
    else:
        same = found == wanted
    if not same:
        failures.append(f"{what}: {found}, not {wanted}")


def rows_of(path, delimiter="\t"):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as file:
        return [[field.strip() for field in row] for row in csv.reader(file, delimiter=delimiter)]


def write(name, rows):
    path = os.path.join(scratch, name)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
    return path


def associate(name, table, sheet, *options):
    """The rows of association.tsv, in order."""
    out = os.path.join(scratch, name)
    subprocess.run([miura, "associate", table, "--outcomes", sheet, "--out", out, "--quiet", *options], check=True)
    with open(os.path.join(out, "tables", "association.tsv"), encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def count(row, column):
    """Relabelings behind a p-value."""
    return round(float(row[column]) * int(row["n_perm"]))


def spearman_cases():
    """36 pairs with and without ties, 7 to 12 lots: the counts of all n! on both sides."""
    path = os.path.join(bulk, "spearman", "cases.tsv")
    header, *cases = rows_of(path)
    for i, case in enumerate(cases):
        case = dict(zip(header, case))
        x, y = case["x"].split(","), case["y"].split(",")
        lots = [f"L{k}" for k in range(len(x))]
        table = write("case.tsv", [["feature", *lots], ["x", *x]])
        sheet = write("case_y.tsv", [["sample", "y"], *zip(lots, y)])
        for side, column in (("two-sided", "count_two"), ("greater", "count_upper"), ("less", "count_lower")):
            row = associate("case", table, sheet, "--side", side)[0]
            what = f"spearman case {i} {side}"
            expect(f"{what}: relabelings", int(row["n_perm"]), int(case["n_fact"]))
            expect(f"{what}: count", count(row, "p_exact"), int(case[column]))
            expect(f"{what}: rho", float(row["rho"]), float(case["rho"]))


def lines_of_hipsci():
    """Real tables of 9 and 10 lines: single tests and, where there are, maxT over all features."""
    folder = os.path.join(bulk, "hipsci10")
    outcomes = rows_of(os.path.join(folder, "outcomes.tsv"))
    outcomes[0][0] = "sample"
    sheet = write("hipsci.tsv", outcomes)
    for golden, outcome in (("DE_n9", "DE_efficiency"), ("PGCLC_n10", "PGCLC_success")):
        for platform in ("expr", "ATAC", "K4me3"):
            header, *wanted = rows_of(os.path.join(folder, f"spearman_{golden}_{platform}.tsv"))
            found = associate("hipsci", os.path.join(folder, f"{platform}_10lines.tsv"), sheet, "--outcome", outcome)
            expect(f"hipsci {golden} {platform}: features", len(found) >= len(wanted), True)
            for row in wanted:
                row = dict(zip(header, row))
                mine = found[int(row["row"]) - 1]
                what = f"hipsci {golden} {platform} {row['gene']}"
                expect(f"{what}: name", mine["feature"], row["gene"])
                expect(f"{what}: relabelings", int(mine["n_perm"]), int(row["B"]))
                expect(f"{what}: count", count(mine, "p_exact"), int(row["count_two"]))
                if row.get("count_sd_maxT"):
                    expect(f"{what}: maxT", count(mine, "p_maxT_step"), int(row["count_sd_maxT"]))
                    expect(f"{what}: single-step", count(mine, "p_maxT_single"), int(row["count_ss_maxT"]))


def python_cases():
    """maxT of 4 features and 2 outcomes, within strata, and given a covariate."""
    with open(os.path.join(shared, "golden", "stats", "golden_stats.json"), encoding="utf-8") as file:
        golden = json.load(file)
    case = golden["maxT"]
    lots = [f"L{k}" for k in range(8)]
    table = write("maxt.tsv", [["feature", *lots], *([f"CL{i}", *x] for i, x in enumerate(case["fractions"]))])
    sheet = write("maxt_y.tsv", [["sample", "Y0", "Y1"], *zip(lots, *case["outcomes"])])
    single, both = associate("maxt", table, sheet), None
    expect("maxT: families", sorted({row["family"] for row in single}), ["primary", "secondary"])
    for row in single:
        i = case["tests"].index(f"{row['feature']}|{row['outcome']}")
        expect(f"maxT {case['tests'][i]}: p", float(row["p_exact"]), case["raw_p"][i])
        expect(f"maxT {case['tests'][i]}: rho", float(row["rho"]), case["rho"][i])
    case = golden["freedman_lane"]
    lots = lots[:7]
    table = write("fl.tsv", [["feature", *lots], ["x", *case["x"]]])
    sheet = write("fl_y.tsv", [["sample", "y", "z"], *zip(lots, case["y"], case["z"])])
    row = associate("fl", table, sheet, "--covariate", "z")[0]
    expect("Freedman-Lane: p", float(row["p_exact"]), case["p_two_sided"])
    expect("Freedman-Lane: rho", float(row["rho"]), case["partial_spearman"])
    expect("Freedman-Lane: type", (row["perm_type"], row["status"]), ("FL", "APPROX"))


def aligned_ranks_within_strata():
    """Against an enumeration of its own: 3 + 3 + 2 lots, stratum means taken off, mid-ranks, 72 relabelings."""
    with open(os.path.join(shared, "golden", "stats", "golden_stats.json"), encoding="utf-8") as file:
        case = json.load(file)["stratified"]
    strata = case["stratum"]

    def aligned(values):
        from fractions import Fraction
        exact = [Fraction(str(v)) for v in values]
        left = []
        for v, s in zip(exact, strata):
            members = [w for w, t in zip(exact, strata) if t == s]
            left.append(v - sum(members) / len(members))
        return [sum((v > w) - (v < w) for w in left) for v in left]

    x, y = aligned(case["x"]), aligned(case["y"])
    observed = abs(sum(a * b for a, b in zip(x, y)))
    places = [[i for i, s in enumerate(strata) if s == t] for t in sorted(set(strata))]
    extreme = 0
    for parts in itertools.product(*(itertools.permutations(p) for p in places)):
        y_of = {i: y[j] for p, q in zip(places, parts) for i, j in zip(p, q)}
        extreme += abs(sum(x[i] * y_of[i] for i in y_of)) >= observed
    lots = [f"L{k}" for k in range(8)]
    table = write("strata.tsv", [["feature", *lots], ["x", *case["x"]]])
    sheet = write("strata_y.tsv", [["sample", "y", "source"], *zip(lots, case["y"], ("ABC"[s] for s in strata))])
    row = associate("strata", table, sheet, "--outcome", "y", "--strata", "source")[0]
    expect("strata: relabelings", (int(row["n_perm"]), int(row["n_strata"])), (72, 3))
    expect("strata: count", count(row, "p_exact"), extreme)
    expect("strata: S", abs(int(row["S"])), observed)
    expect("strata: type", row["perm_type"], "stratified")


spearman_cases()
lines_of_hipsci()
python_cases()
aligned_ranks_within_strata()
for line in failures[:20]:
    print("FAILED:", line)
print(f"{len(failures)} differences" if failures else "all equal")
sys.exit(1 if failures else 0)
