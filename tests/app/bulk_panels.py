"""Real panels by miura and by SciPy: rho and p of every gene with every outcome, t of every gene between two groups.

Liver toxicity (3,116 genes, 64 rats, 10 clinical outcomes), stem-cell lines (11,044 probes, 68 lines, pluripotent or not) and stromal
cells (200 genes, 150 samples, MSC or not). Usage: bulk_panels.py MIURA SHARED SCRATCH
"""
import csv
import gzip
import os
import subprocess
import sys

try:
    import numpy as np
    from scipy import stats
except ImportError:
    print("skipped: this Python has no SciPy")
    sys.exit(77)

miura, shared, scratch = sys.argv[1:]
data = os.path.join(shared, "golden", "bulk", "data")
failures = []


def table(name):
    path = os.path.join(data, name)
    rows = [[cell.strip() for cell in row] for row in csv.reader((gzip.open if name.endswith(".gz") else open)(path, "rt"), delimiter="\t")]
    head = rows[0] if len(rows[0]) == len(rows[1]) - 1 else rows[0][1:]
    return head, [row[0] for row in rows[1:]], [row[1:] for row in rows[1:]]


def write(name, rows):
    with open(os.path.join(scratch, name), "w", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def near(what, found, wanted):
    worst = np.max(np.abs(np.asarray(found) - wanted) / np.maximum(np.abs(wanted), 1e-300))
    print(f"{what}: {len(found)} values, largest relative difference {worst:.2g}")
    if not worst <= 1e-10:
        failures.append(what)


def liver():
    samples, genes, values = table("livertox_expr_3116x64.tsv")
    outcomes, animals, clinic = table("livertox_clinic_64.tsv")
    write("liver.tsv", [["gene"] + samples] + [[gene] + row for gene, row in zip(genes, values)])
    write("clinic.tsv", [["sample"] + outcomes[:10]] + [[animal] + row[:10] for animal, row in zip(animals, clinic)])
    with open(os.path.join(scratch, "liver.ini"), "w") as file:
        file.write("[mining]\nsheet = clinic.tsv\ncolumns = all\nlist = all\n[measurement.liver]\ntable = liver.tsv\n")
    out = os.path.join(scratch, "liver")
    subprocess.run([miura, "mine", os.path.join(scratch, "liver.ini"), "--out", out, "--quiet", "--mining.permutations", "99"], check=True)
    rows = read(os.path.join(out, "tables", "mining_probes.tsv"))
    x = np.array(values, float)
    y = np.array([clinic[animals.index(sample)][:10] for sample in samples], float)
    rho = stats.spearmanr(np.vstack([x, y.T]), axis=1)
    at = [(genes.index(row["probe"]), len(genes) + outcomes.index(row["outcome"])) for row in rows]
    if len(rows) != len(genes) * 10:
        failures.append(f"liver: {len(rows)} tests")
    # a rho next to 0 is a difference of large numbers in SciPy
    kept = [i for i, place in enumerate(at) if abs(rho.statistic[place]) > 1e-4]
    near("liver, rho", [float(rows[i]["rho"]) for i in kept], np.array([rho.statistic[at[i]] for i in kept]))
    near("liver, p", [float(rows[i]["p"]) for i in kept], np.array([rho.pvalue[at[i]] for i in kept]))


def groups(name, panel, label, reference):
    samples, genes, values = table(panel)
    write(f"{name}.tsv", [["gene"] + samples] + [[gene] + row for gene, row in zip(genes, values)])
    write(f"{name}_groups.tsv", [["sample", "group"]] + [[sample, label[sample]] for sample in samples])
    out = os.path.join(scratch, name)
    subprocess.run([miura, "differential", os.path.join(scratch, f"{name}.tsv"), "--groups", os.path.join(scratch, f"{name}_groups.tsv"), "--reference",
                    reference, "--test", "welch", "--permutations", "99", "--out", out, "--quiet"], check=True)
    rows = [row for row in read(os.path.join(out, "tables", "differential.tsv")) if row["statistic"] != "NaN"]
    x = np.array([[float("nan") if value == "NA" else float(value) for value in row] for row in values])
    second = np.array([label[sample] != reference for sample in samples])
    wanted = stats.ttest_ind(x[:, second], x[:, ~second], axis=1, equal_var=False, nan_policy="omit").statistic
    place = {gene: i for i, gene in enumerate(genes)}
    wanted = np.ma.filled(np.ma.array([wanted[place[row["feature"]]] for row in rows], float), np.nan)
    kept = np.abs(wanted) > 1e-3
    near(f"{name}, Welch's t", np.array([float(row["statistic"]) for row in rows])[kept], wanted[kept])


liver()
_, _, info = table("loring_sampinfo.tsv")
groups("stem_cells", "loring_stemcell_11044x68.tsv.gz", {row[0]: "pluripotent" if row[1] in ("esc", "ips") else "other" for row in info}, "other")
classes = [line.split("\t") for line in open(os.path.join(data, "msc_rohart_class.tsv")).read().splitlines()]
groups("stromal", "msc_rohart_200x150.tsv", {sample.strip(): kind.strip() for sample, kind in classes}, next(kind for _, kind in classes if kind != "MSC"))
print("\n".join(failures))
sys.exit(1 if failures else 0)
