#!/usr/bin/env python3
"""Nearest neighbours of the points that `knn_bench --write=FILE CELLS DIMENSIONS` wrote, by faiss (exact) and hnswlib.

    knn_rivals.py FILE DIMENSIONS K

Prints a line a program, tab-separated: its name, CPU seconds of index and search on one thread, its recall against faiss.
"""
import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
import time

import faiss
import hnswlib
import numpy as np


def main():
    dims, k = int(sys.argv[2]), int(sys.argv[3])
    x = np.fromfile(sys.argv[1], dtype=np.float32).reshape(-1, dims)
    faiss.omp_set_num_threads(1)

    started = time.process_time()
    index = faiss.IndexFlatL2(dims)
    index.add(x)
    exact = index.search(x, k + 1)[1]  # the point itself is among them
    print(f"faiss {faiss.__version__}, flat\t{time.process_time() - started:.2f}\trecall=1", flush=True)

    started = time.process_time()
    graph = hnswlib.Index(space="l2", dim=dims)
    graph.init_index(max_elements=len(x), M=16, ef_construction=200, random_seed=1)
    graph.set_num_threads(1)
    graph.add_items(x)
    graph.set_ef(100)
    found = graph.knn_query(x, k=k + 1)[0]
    used = time.process_time() - started
    recall = np.mean([np.isin(f, e).mean() for f, e in zip(found, exact)])
    print(f"hnswlib, M 16, ef 200 and 100\t{used:.2f}\trecall={recall:.4f}")


main()
