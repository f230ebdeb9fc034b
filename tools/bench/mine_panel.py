#!/usr/bin/env python3
"""mine_panel.py FOLDER [LINES PROBES OUTCOMES]: the tables of a drug panel as wide as that of the NCI-60, and their MINE.ini.

Probes go together in modules of 100, as genes do; each outcome leans on one module. Needs NumPy. Then
    mpirun -n 2 miura mine FOLDER/MINE.ini --out RESULT
"""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
n_lines, n_probes, n_outcomes = (int(a) for a in sys.argv[2:5]) if len(sys.argv) > 2 else (60, 50_000, 1_400)
draw = np.random.default_rng(1)
folder.mkdir(parents=True, exist_ok=True)
lines = [f"line{i:02d}" for i in range(n_lines)]
module = draw.standard_normal((max(1, n_probes // 100), n_lines))
probes = module[np.arange(n_probes) % len(module)] * 0.7 + draw.standard_normal((n_probes, n_lines)) * 0.7
outcomes = module[draw.integers(len(module), size=n_outcomes)] * 0.6 + draw.standard_normal((n_outcomes, n_lines)) * 0.8
with open(folder / "array.tsv", "w") as f:
    print("probe", *lines, sep="\t", file=f)
    f.writelines(f"p{i}\t" + "\t".join(f"{v:.3f}" for v in row) + "\n" for i, row in enumerate(probes + 8))
with open(folder / "genes.tsv", "w") as f:
    print("probe\tgene", file=f)
    f.writelines(f"p{i}\tG{i // 2}\n" for i in range(n_probes))
with open(folder / "drugs.tsv", "w") as f:
    print("sample", *(f"drug{o}" for o in range(n_outcomes)), sep="\t", file=f)
    f.writelines("\t".join([line] + [f"{v:.3f}" for v in outcomes[:, i]]) + "\n" for i, line in enumerate(lines))
with open(folder / "MINE.ini", "w") as f:
    print("[mining]\nsheet = drugs.tsv\n\n[measurement.array]\ntable = array.tsv\ngenes = genes.tsv\n", file=f)
    f.writelines(f"[outcome.drug{o}]\ncolumn = drug{o}\n\n" for o in range(n_outcomes))
    print("[intersection.both]\nrule = drug0:+ drug1:+ drug2:-", file=f)
