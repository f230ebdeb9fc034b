"""RNA of three cell lines mixed in known proportions (Tian et al. 2019, CEL-seq2): a line's proportion finds that line's genes.

14 pools (7 mixtures, two each) for training and 14 of other libraries for the test; the outcome is the share of a line. Genes that test pools
confirm are looked up in single cells of the pure lines, sequenced apart. In this set the columns H2228_prop and HCC827_prop are
exchanged: by the pure lines' cells, which is checked here too.

Usage: rna_mixtures.py MIURA SHARED SCRATCH
"""
import csv
import os
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: this Python has no h5py")
    sys.exit(77)

miura, shared, scratch = sys.argv[1:]
LINES = ("H1975", "H2228", "HCC827")
COLUMN = {"H1975": "H1975_prop", "H2228": "HCC827_prop", "HCC827": "H2228_prop"}  # exchanged in the set
failures = []


def read(name):
    with h5py.File(os.path.join(shared, "data", name)) as file:
        genes = [gene.decode() for gene in file["var"]["_index"]]
        x, obs = file["X"], file["obs"]
        counts = np.zeros((len(x["indptr"]) - 1, len(genes)))
        rows = np.repeat(np.arange(len(counts)), np.diff(x["indptr"]))
        counts[rows, x["indices"]] = x["data"]
        column = lambda k: np.array([c.decode() for c in obs[k]["categories"]])[obs[k]["codes"][:]] if isinstance(obs[k], h5py.Group) else obs[k][:]
        return genes, counts, {k: column(k) for k in obs if k.endswith("_prop") or k == "cell_line_demuxlet"}


def log_cpm(counts):
    return np.log2(1e6 * counts / counts.sum() + 1)


genes, counts, obs = read("sc_mixology_mixtures/RNAmix_celseq2.h5ad")
mixtures = sorted({tuple(float(obs[COLUMN[line]][i]) for line in LINES) for i in range(len(counts))})
kept = np.flatnonzero((counts > 0).sum(axis=0) >= 34)
pools = {"train": [], "test": []}
for m, mixture in enumerate(mixtures):
    cells = [i for i in range(len(counts)) if tuple(float(obs[COLUMN[line]][i]) for line in LINES) == mixture]
    for part, (half, copy) in enumerate((("train", 1), ("train", 2), ("test", 1), ("test", 2))):
        pools[half].append((f"{half}{m}_{copy}", mixture, log_cpm(counts[cells[part::4]].sum(axis=0))))
for half, its in pools.items():
    with open(os.path.join(scratch, f"{half}.csv"), "w") as file:
        print("gene", *(name for name, _, _ in its), sep=",", file=file)
        for g in kept:
            print(genes[g], *(f"{pool[g]:.6f}" for _, _, pool in its), sep=",", file=file)
with open(os.path.join(scratch, "shares.csv"), "w") as file:
    print("sample", *LINES, sep=",", file=file)
    for name, mixture, _ in pools["train"] + pools["test"]:
        print(name, *mixture, sep=",", file=file)
with open(os.path.join(scratch, "mix.ini"), "w") as file:
    file.write("[mining]\nsheet = shares.csv\ncolumns = all\n[measurement.train]\ntable = train.csv\nplatform = rna\n"
               "[measurement.test]\ntable = test.csv\nset = test\nplatform = rna\n")
subprocess.run([miura, "mine", os.path.join(scratch, "mix.ini"), "--out", os.path.join(scratch, "mix"), "--quiet", "--mining.permutations", "999"], check=True)

pure_genes, pure, labels = read("sc_mixology/sc_celseq2.h5ad")
mean = np.array([log_cpm(pure[labels["cell_line_demuxlet"] == line].sum(axis=0)) for line in LINES])
highest = {gene: LINES[i] for gene, i in zip(pure_genes, mean.argmax(axis=0))}
with open(os.path.join(scratch, "mix", "tables", "mining_replication.tsv")) as file:
    rows = list(csv.DictReader(file, delimiter="\t"))
for line in LINES:
    hits = [row for row in rows if row["rule"] == line]
    sure = [row["unit"] for row in hits if row["replicated"] == "1" and float(row["train_rho"]) > 0 and row["unit"] in highest]
    share = {other: sum(highest[gene] == other for gene in sure) / max(1, len(sure)) for other in LINES}
    print(f"{line}: {len(hits)} hits of {len(kept)} genes, {sum(row['replicated'] == '1' for row in hits)} replicated; of {len(sure)} that rise with the line "
          + ", ".join(f"{100 * share[other]:.0f} % are highest in {other}" for other in LINES))
    if not (len(sure) >= 100 and share[line] >= 0.85):
        failures.append(f"the genes of {line} are not found")
print("\n".join(failures))
sys.exit(1 if failures else 0)
