"""harmonypy on the coordinates of a finished study, beside integrate_bench: CPU seconds, one thread.

  integrate_rivals.py STUDY.h5ad PREFIX lot|chemistry    writes PREFIX.pcs and PREFIX.batch of the training cells for
                                                         integrate_bench, PREFIX.rival1 and .rival2 (theta 1, 2)
"""
import resource
import sys

import h5py
import harmonypy
import numpy as np
import pandas as pd


def cpu_seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def categories(column):
    return np.array([word.decode() for word in column["categories"][:]])[column["codes"][:]]


study, prefix, by = sys.argv[1:4]
with h5py.File(study) as file:
    train = categories(file["obs/role"]) == "train"
    batch = categories(file[f"obs/{by}"])[train]
    pcs = file["obsm/X_pca"][:][train].astype(np.float32)
pcs.tofile(prefix + ".pcs")
np.unique(batch, return_inverse=True)[1].astype(np.int32).tofile(prefix + ".batch")
for theta in (1, 2):
    before = cpu_seconds()
    run = harmonypy.run_harmony(pcs.astype(float), pd.DataFrame({by: batch}), by, theta=float(theta), ncores=1, verbose=False)
    corrected = np.asarray(run.result())
    print(f"harmonypy theta {theta}: {cpu_seconds() - before:.3f} CPU s, rounds {list(run.kmeans_rounds)}")
    corrected.astype(np.float32).tofile(f"{prefix}.rival{theta}")
