"""Golden tables of bulk data against miura associate: R multtest, scanpy and enumerations in Python.

Complete enumerations: counts of relabelings equal, printed numbers within 1e-10. Drawn labelings (theirs are not miura's):
within 5 standard errors of a difference of two Monte-Carlo p-values; an adjusted p of min-p moves with the raw p it is made of,
so that where few of 10,000 labelings are as extreme little can be said. Single precision (scanpy): within 1e-6.

Not compared, since miura prints nothing of the kind: BY, Hochberg, Bonferroni and q of fdr/golub_welch_padjust, its p by Student's t,
fdr/small_oracles (Mantel-Haenszel), overlap/bedtools_fisher (of an estimated number of intervals), hipsci10/null_hitcount_simulation
(of a seed of its own). ALL and TCGA of data/ have no answers beside them.

Usage: bulk_golden.py MIURA BULK SCRATCH
"""
import collections
import csv
import gzip
import math
import os
import subprocess
import sys

miura, bulk, scratch = sys.argv[1:]
failures, compared = [], {}


def near(file, what, found, wanted, tolerance=1e-10):
    compared[file] = compared.get(file, 0) + 1
    found, wanted = float(found), float(wanted)
    if not abs(found - wanted) <= tolerance * max(abs(wanted), abs(found)):
        failures.append(f"{file} {what}: {found}, not {wanted}")


def equal(file, what, found, wanted):
    compared[file] = compared.get(file, 0) + 1
    if found != wanted:
        failures.append(f"{file} {what}: {found}, not {wanted}")


B = 10000


def near_exact(file, what, found, wanted):
    """A Monte-Carlo p-value of B labelings, and the p of all of them."""
    compared[file] = compared.get(file, 0) + 1
    if not abs(found - wanted) <= 5 * math.sqrt(wanted * (1 - wanted) / B) + 2 / B:
        failures.append(f"{file} {what}: {found}, not {wanted}")


def drawn(file, what, found, wanted, raw=None):
    """Two Monte-Carlo p-values of the same test, each of B labelings; raw: of min-p, the larger of the two raw p."""
    compared[file] = compared.get(file, 0) + 1
    p = (found + wanted) / 2
    allowed = 5 * math.sqrt(2 * p * (1 - p) / B) + 2 / B
    if raw:
        allowed += 5 * math.sqrt(2 * raw * (1 - raw) / B) * p / raw
    if not abs(found - wanted) <= allowed:
        failures.append(f"{file} {what}: {found}, not {wanted} +- {allowed}")


def lines_of(*path):
    path = os.path.join(bulk, *path)
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        return [[cell.strip() for cell in line.rstrip("\n").split("\t")] for line in file]


def golden(*path):
    """Rows of a table whose first column is the feature, with or without a header over it."""
    header, *rows = lines_of(*path)
    header = header if len(header) == len(rows[0]) else [""] + header
    return {row[0]: dict(zip(header[1:], row[1:])) for row in rows}


def write(name, rows):
    path = os.path.join(scratch, name)
    with open(path, "w") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows)
    return path


def associate(table, sheet, *options):
    out = os.path.join(scratch, "out")
    subprocess.run([miura, "associate", table, "--outcomes", sheet, "--out", out, "--quiet", "--alpha", "0.5", *options], check=True)
    with open(os.path.join(out, "tables", "association.tsv")) as file:
        return {row["feature"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def golub():
    """38 patients: statistics of all 3,051 genes, and 10,000 drawn labelings of the foremost 50 and of the first 100."""
    header, *genes = lines_of("data", "golub_expr.tsv")
    header = [""] + header if len(header) < len(genes[0]) else header
    classes = [row[0] for row in lines_of("data", "golub_class.txt")]
    sheet = write("class.tsv", [["sample", "AML"], *zip(header[1:], classes)])
    whole = write("golub.tsv", [["feature", *header[1:]], *genes])
    first = write("first.tsv", [["feature", *header[1:]], *([str(i), *gene[1:]] for i, gene in enumerate(genes[:100], 1))])
    statistics = golden("golub", "teststats_all.tsv")
    scores = golden("golub", "scanpy_wilcoxon_tiecorrect.tsv")
    by_r = golden("fdr", "golub_wilcoxon_p.tsv")
    for statistic, column, name in (("t", "t.eq", "teq"), ("welch", "t", "welch"), ("wilcoxon", "wil", "wilcoxon")):
        found = associate(whole, sheet, "--statistic", statistic, "--permutations", "9999")
        for gene, row in statistics.items():
            near("golub/teststats_all", f"{gene} {column}", found[gene]["statistic"], row[column])
        if statistic == "wilcoxon":
            for gene, *values in genes:  # multtest and miura divide by the variance without ties, scanpy by that with them
                tied = sum(t**3 - t for t in collections.Counter(map(float, values)).values()) / (38**3 - 38)
                near_exact("fdr/golub_wilcoxon_p", gene, float(found[gene]["p_exact"]), float(by_r[gene]["p"]))  # exact, or by the normal curve with ties
                near("golub/scanpy", gene, float(found[gene]["statistic"]) / math.sqrt(1 - tied), scores[gene]["scores"], 1e-6)
        for gene, row in golden("golub", f"maxT_{name}_B10000_top50.tsv").items():
            file = f"golub/maxT_{name}_B10000"
            near(file, f"{gene} statistic", found[gene]["statistic"], row["teststat"])
            drawn(file, f"{gene} p", float(found[gene]["p_exact"]), float(row["rawp"]))
            drawn(file, f"{gene} maxT", float(found[gene]["p_maxT_step"]), float(row["adjp"]))
    for correction, name in (("max-t", "maxT"), ("min-p", "minP")):
        found = associate(first, sheet, "--statistic", "welch", "--correction", correction, "--permutations", "9999")
        for gene, row in golden("golub", f"manexample_first100_{name}_B10000.tsv").items():
            file = f"golub/manexample_{name}"
            near(file, f"{gene} statistic", found[gene]["statistic"], row["teststat"])
            drawn(file, f"{gene} p", float(found[gene]["p_exact"]), float(row["rawp"]))
            raw = max(float(found[gene]["p_exact"]), float(row["rawp"])) if correction == "min-p" else None
            drawn(file, f"{gene} adjusted", float(found[gene]["p_maxT_step"]), float(row["adjp"]), raw)


def by_ranks(file, path, table, sheet, labelings):
    """t on ranks orders labelings as |rho| does: counts of all labelings, raw and step-down."""
    wanted = golden(*path)
    found = associate(write("ranks.tsv", [table[0], *(row for row in table[1:] if row[0] in wanted)]), sheet)
    equal(file, "features", len(found), len(wanted))
    for feature, row in wanted.items():
        for column, of_golden in (("p_exact", "rawp"), ("p_maxT_step", "adjp")):
            equal(file, f"{feature} {column}", round(float(found[feature][column]) * labelings), round(float(row[of_golden]) * labelings))


def stem_cells():
    """10 iPSC lines: success (7 of 10: 120 or, without ties of x, 210 labelings), and efficiency of 9 lines, step-down of 60 chosen genes over 9!."""
    header, *lines = lines_of("hipsci10", "outcomes.tsv")
    header = ["sample", *[name for name in header if name]]
    table = lines_of("hipsci10", "expr_10lines.tsv")
    table[0] = ["feature", *[name for name in table[0] if name][-10:]]
    success = write("success.tsv", [header[:2], *(line[:2] for line in lines)])
    classes = [line[1] for line in lines]
    by_ranks("hipsci10/multtest_maxT", ("hipsci10", "multtest_maxT_PGCLC_expr_B0_teq_on_ranks.tsv"), table, success, math.comb(10, classes.count("1")))
    wanted = golden("hipsci10", "exact_stepdown_top60_only_DE_n9.tsv")
    measured = [i for i, line in enumerate(lines) if len(line) > 2 and line[2]]
    sheet = write("efficiency.tsv", [["sample", "DE"], *([lines[i][0], lines[i][2]] for i in measured)])
    chosen = write("chosen.tsv", [["feature", *(lines[i][0] for i in measured)],
                                  *([row[0], *(row[table[0].index(lines[i][0])] for i in measured)] for row in table[1:] if row[0] in wanted)])
    found = associate(chosen, sheet)
    for gene, row in wanted.items():
        file = "hipsci10/exact_stepdown_top60"
        equal(file, f"{gene} raw", round(float(found[gene]["p_exact"]) * 362880), int(row["raw_count"]))
        near(file, f"{gene} step-down", found[gene]["p_maxT_step"], row["exact_stepdown"])
    for gene, row in golden("hipsci10", "coin_stepdown_top60_only_DE_seed7_B20000.tsv").items():  # B is larger: more is allowed than need be
        near_exact("hipsci10/coin", gene, float(row["coin_stepdown"]), float(found[gene]["p_maxT_step"]))


def methylation():
    """450k, 12 samples by sex: ranks over all 792 labelings of 5 of 12."""
    table = [row for row in lines_of("data", "melon450k_beta_3363x12.tsv.gz") if "NA" not in row]
    names = [name for name in table[0] if name][-12:]
    table[0] = ["feature", *names]
    sex = [row[0] for row in lines_of("data", "melon_sex.txt")]
    sheet = write("sex.tsv", [["sample", "male"], *((name, int(s == "M")) for name, s in zip(names, sex))])
    by_ranks("methyl/maxT_spearman_rank", ("methyl", "maxT_spearman_rank_B792.tsv"), table, sheet, math.comb(12, sex.count("M")))


def four_platforms():
    """11 lines: p and rho, printed to 12 digits, of every gene on every platform."""
    outcome = lines_of("nci60", "outcome_n11.tsv")[1:]
    plain = lambda name: "".join(c for c in name.split(".", 1)[-1] if c.isalnum())
    sheet = write("outcome.tsv", [["sample", "y"], *([plain(row[0]), row[1]] for row in outcome)])
    wanted = golden("nci60", "n11_4platform_p_rho.tsv")
    for platform in ("agilent", "hgu133", "hgu133p2", "hgu95"):
        header, *rows = lines_of("data", f"nci60_{platform}.tsv")
        lines = [plain(name) for name in header if name]
        at = [lines.index(plain(row[0])) + 1 for row in outcome]
        values = {row[0]: [row[i] for i in at] for row in rows}
        found = associate(write("platform.tsv", [["feature", *(plain(row[0]) for row in outcome)], *([gene, *x] for gene, x in values.items())]), sheet)
        for gene, row in wanted.items():
            if row.get(platform):
                if float(row[platform]) == 1 and found[gene]["p_exact"] == "NaN":  # one value in all lines: not tested
                    equal("nci60/n11_4platform", f"{gene} {platform}", len(set(values[gene])), 1)
                    continue
                near("nci60/n11_4platform", f"{gene} {platform} p", found[gene]["p_exact"], row[platform])
                near("nci60/n11_4platform", f"{gene} {platform} rho", found[gene]["rho"], row[f"{platform}_rho"])


golub()
stem_cells()
methylation()
four_platforms()
print(", ".join(f"{file} {n}" for file, n in compared.items()))
for line in failures[:40]:
    print("FAILED:", line)
print(f"{len(failures)} differences" if failures else "all equal")
sys.exit(1 if failures or len(compared) < 10 else 0)
