"""Compares miura associate with answers of independent programs: exact enumerations, R multtest, Python.

The golden tables come from complete enumerations of their own, R's multtest (mt.maxT, mt.minP with B = 0) and NumPy.

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
    """24 pairs with and without ties, 7 to 11 lots: the counts of all n! on both sides."""
    header, *cases = rows_of(os.path.join(bulk, "spearman", "cases.tsv"))
    cases = [dict(zip(header, case)) for case in cases]
    for n in (7, 8, 10, 11):
        some = [case for case in cases if int(case["n"]) == n]
        lots = [f"L{k}" for k in range(n)]
        table = write("case.tsv", [["feature", *lots], *([f"x{i}", *c["x"].split(",")] for i, c in enumerate(some))])
        outcomes = [c["y"].split(",") for c in some]
        sheet = write("case_y.tsv", [["sample", *(f"y{i}" for i in range(len(some)))], *zip(lots, *outcomes)])
        for side, column in (("two-sided", "count_two"), ("greater", "count_upper"), ("less", "count_lower")):
            found = {(row["feature"], row["outcome"]): row for row in associate("case", table, sheet, "--side", side)}
            for i, case in enumerate(some):
                row = found[f"x{i}", f"y{i}"]
                what = f"spearman {n} {case['kind']} {side}"
                expect(f"{what}: relabelings", int(row["n_perm"]), int(case["n_fact"]))
                expect(f"{what}: count", count(row, "p_exact"), int(case[column]))
                expect(f"{what}: rho", float(row["rho"]), float(case["rho"]))


def lines_of_hipsci():
    """Real tables of 9 and 10 lines: single tests and, where there are, maxT over all features.

    alpha .5: the golden families hold the features whose ties leave no small p, which miura leaves out at .05.
    """
    folder = os.path.join(bulk, "hipsci10")
    outcomes = rows_of(os.path.join(folder, "outcomes.tsv"))
    outcomes[0][0] = "sample"
    sheet = write("hipsci.tsv", outcomes)
    for golden, outcome in (("DE_n9", "DE_efficiency"), ("PGCLC_n10", "PGCLC_success")):
        for platform in ("expr", "ATAC"):
            header, *wanted = rows_of(os.path.join(folder, f"spearman_{golden}_{platform}.tsv"))
            table = os.path.join(folder, f"{platform}_10lines.tsv")
            found = {row["feature"]: row for row in
                     associate("hipsci", table, sheet, "--outcome", outcome, "--alpha", "0.5")}
            for row in wanted:
                row = dict(zip(header, row))
                mine = found[row["gene"]]
                what = f"hipsci {golden} {platform} {row['gene']}"
                relabelings = int(row["B"])  # distinct ones where the outcome has ties
                expect(f"{what}: p", float(mine["p_exact"]), int(row["count_two"]) / relabelings)
                if row.get("count_sd_maxT"):
                    expect(f"{what}: maxT", float(mine["p_maxT_step"]), int(row["count_sd_maxT"]) / relabelings)
                    expect(f"{what}: single-step", float(mine["p_maxT_single"]), int(row["count_ss_maxT"]) / relabelings)


def by_multtest(name, golden, table, sheet, *options):
    """All features of a golden table of R multtest: statistic, raw and adjusted p of complete enumerations."""
    header, *wanted = rows_of(golden)
    found = {row["feature"]: row for row in associate(name, table, sheet, "--alpha", "0.5", *options)}
    expect(f"{name}: features", len(found), len(wanted))
    for feature, *values in wanted:
        row, mine = dict(zip(header[1:], values)), found[feature]
        for column, of_golden in (("p_exact", "rawp"), ("p_maxT_step", "adjp")):
            expect(f"{name} {feature}: {of_golden}", float(mine[column]), float(row[of_golden]))
        if "spearman" not in options:
            expect(f"{name} {feature}: statistic", float(mine["statistic"]), float(row["teststat"]))


def golub():
    """3,051 genes, 5 against 5 patients: all 252 labelings."""
    folder = os.path.join(bulk, "golub")
    header, *genes = rows_of(os.path.join(bulk, "data", "golub_expr.tsv"))
    columns = [int(row[0]) for row in rows_of(os.path.join(folder, "enum_columns_1based.txt"))]
    group = [row[0] for row in rows_of(os.path.join(bulk, "data", "golub_class.txt"))]
    table = write("golub.tsv", [["feature", *(header[c] for c in columns)],
                                *([gene[0], *(gene[c] for c in columns)] for gene in genes)])
    sheet = write("golub_class.tsv", [["sample", "AML"], *((header[c], group[c - 1]) for c in columns)])
    for statistic, name in (("t", "teq"), ("welch", "welch"), ("wilcoxon", "wilcoxon")):
        by_multtest(f"golub {statistic}", os.path.join(folder, f"enum252_maxT_{name}.tsv"), table, sheet,
                    "--statistic", statistic)
    for statistic, name in (("t", "teq"), ("welch", "welch")):
        by_multtest(f"golub minP {statistic}", os.path.join(folder, f"enum252_minP_{name}.tsv"), table, sheet,
                    "--statistic", statistic, "--correction", "min-p")


def proteome():
    """3,854 proteins of 3 marrow and 3 cord lots: all 20 labelings."""
    folder = os.path.join(bulk, "gao")
    header, *proteins = rows_of(os.path.join(folder, "proteome_BM3_UC3.tsv"))
    table = write("gao_proteins.tsv", [header, *([p[0], *(math.log2(float(v) + 1) for v in p[1:])] for p in proteins)])
    sheet = write("gao.tsv", [["sample", "cord"], *((lot, int(lot.startswith("UC"))) for lot in header[1:])])
    by_multtest("proteome", os.path.join(folder, "proteome_maxT_B0_20perms.tsv"), table, sheet, "--statistic", "t")


def composition_of_12_lots():
    """Shares of 8 clusters, 6 perinatal against 6 adult lots: the exact rank-sum p of the baselines, as printed."""
    folder = os.path.join(shared, "data", "msc12_lots_composition")
    header, *lots = rows_of(os.path.join(folder, "cluster_counts_by_lot.csv"), ",")
    names = [lot[0] for lot in lots]
    share = [[int(c) / sum(map(int, lot[1:])) for c in lot[1:]] for lot in lots]
    table = write("msc12.tsv", [["feature", *names], *([k, *(s[i] for s in share)] for i, k in enumerate(header[1:]))])
    sheet = write("msc12_y.tsv", [["sample", "perinatal"], *((n, int(n[:2] not in ("AD", "BM"))) for n in names)])
    found = {row["feature"]: row for row in associate("msc12", table, sheet, "--statistic", "wilcoxon")}
    for cluster, p in dict(C1=".0087", C2=".015", C3=".0022", C4=".18", C5=".59", C6=".0043", C7=".0022", C8=".94").items():
        expect(f"12 lots {cluster}", round(float(found[cluster]["p_exact"]), len(p) - 1), float(p))
        expect(f"12 lots {cluster}: labelings", int(found[cluster]["n_perm"]), math.comb(12, 6))


def python_cases():
    """maxT of 4 features and 2 outcomes, within strata, and given a covariate."""
    with open(os.path.join(shared, "golden", "stats", "golden_stats.json"), encoding="utf-8") as file:
        golden = json.load(file)
    case = golden["maxT"]
    lots = [f"L{k}" for k in range(8)]
    table = write("maxt.tsv", [["feature", *lots], *([f"CL{i}", *x] for i, x in enumerate(case["fractions"]))])
    sheet = write("maxt_y.tsv", [["sample", "Y0", "Y1"], *zip(lots, *case["outcomes"])])
    for row in associate("maxt", table, sheet):
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
golub()
proteome()
composition_of_12_lots()
python_cases()
aligned_ranks_within_strata()
for line in failures[:20]:
    print("FAILED:", line)
print(f"{len(failures)} differences" if failures else "all equal")
sys.exit(1 if failures else 0)
