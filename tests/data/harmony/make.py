"""Corrected coordinates of a small planted case by harmonypy: python make.py, in this folder (harmonypy, numpy)."""
import numpy as np, harmonypy, pandas as pd

random = np.random.default_rng(11)
state = np.repeat([0, 1, 2, 3], 90)
batch = np.tile(np.repeat([0, 1, 2], [45, 30, 15]), 4)
center = 3 * np.eye(4, 5)
shift = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1.5], [0.5, 0, 0, 0, -1]])
x = (center[state] + shift[batch] + 0.6 * random.normal(size=(360, 5))).astype(np.float32)
rows = [batch, *x.T]
names = ["batch"] + [f"x{c}" for c in range(5)]
for name, penalty in (("fixed", 1.0), ("dynamic", None)):
    for theta in (1.0, 2.0):
        runs = [harmonypy.run_harmony(x.astype(float), pd.DataFrame({"batch": batch.astype(str)}), "batch", theta=theta,
                                      lamb=penalty, nclust=4, max_iter_kmeans=20, epsilon_cluster=1e-5,
                                      epsilon_harmony=1e-4, ncores=1, verbose=False, random_state=seed)
                for seed in range(8)]
        z = np.asarray(min(runs, key=lambda run: run.objective_harmony[-1]).result())  # some seeds stop early
        rows += list(z.T)
        names += [f"{name}{theta:.0f}_{c}" for c in range(5)]
table = np.array(rows).T
with open("harmonypy.tsv", "w") as f:
    f.write("\t".join(names) + "\n")
    for row in table:
        f.write("\t".join([str(int(row[0]))] + [f"{v:.6g}" for v in row[1:]]) + "\n")
