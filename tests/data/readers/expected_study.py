"""Writes expected_study.tsv: the lots of the planted study (SHARED/study/small), read by scanpy and anndata and joined by
Ensembl id in the order of the first lot; per lot the cells, the joined genes, and the sum of counts weighted by place of gene.

    python expected_study.py SHARED/study/small > expected_study.tsv
"""
import csv
import sys

import anndata
import numpy as np
import scanpy as sc

root = sys.argv[1]
lots = {}
for row in csv.DictReader(open(f"{root}/samples.csv")):
    path = f"{root}/{row['path']}"
    read = {"mtx": sc.read_10x_mtx, "h5": sc.read_10x_h5, "h5ad": anndata.read_h5ad}[row["format"]]
    a = read(path)
    a.var_names = a.var["gene_ids"]
    lots[row["lot"]] = a
names = sorted(lots)
joined = [g for g in lots[names[0]].var_names if all(g in lots[n].var_names for n in names)]
print("lot", "cells", "genes", "weighted", sep="\t")
for n in names:
    sums = np.asarray(lots[n][:, joined].X.sum(axis=0)).ravel().astype(np.int64)
    print(n, lots[n].n_obs, len(joined), int((sums * (1 + np.arange(len(joined)) % 89)).sum()), sep="\t")
