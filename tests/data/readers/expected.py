"""Writes expected.tsv: what scanpy and anndata read from the files beside this script, and from larger ones where given.

    python expected.py . > expected.tsv
    python expected.py SHARED/data > expected_shared.tsv

Per file: cells, features (of type Gene Expression), sum of counts, and a sum in which every count is weighted by the places of
its cell (in ascending order of barcode) and of its feature (in the order of the file), so that a swap shows.
Read with scanpy 1.11.5, anndata 0.12.6.
"""
import sys
import warnings

import anndata
import numpy as np
import scanpy as sc
import scipy.sparse as sp

warnings.simplefilter("ignore")
root = sys.argv[1]


def tell(path, adata, genome="", layer="", matrix=None):
    matrix = sp.csr_matrix(adata.X if matrix is None else matrix).astype(np.int64)
    names = list(adata.obs_names)
    assert all(ord(c) < 128 for n in names for c in n)
    order = sorted(range(len(names)), key=names.__getitem__)
    m = matrix[order].tocoo()
    weighted = int((m.data * (1 + m.row % 97) * (1 + m.col % 89)).sum())
    print(path, genome or "-", layer or "-", *m.shape, int(m.data.sum()), weighted, sep="\t")


def mtx(path):
    tell(path, sc.read_10x_mtx(f"{root}/{path}", cache=False))


def h5(path, genome=None):
    tell(path, sc.read_10x_h5(f"{root}/{path}", genome=genome), genome)


def h5ad(path, layer=None, raw=False):
    a = anndata.read_h5ad(f"{root}/{path}")
    if raw:
        a = a.raw.to_adata()
    tell(path, a, layer=layer, matrix=a.layers[layer] if layer else None)


print("path", "genome", "layer", "cells", "features", "total", "weighted", sep="\t")
if "reader_fixtures" not in root and root.rstrip("/").split("/")[-1] != "data":
    mtx("scanpy/10x_data/1.2.0/filtered_gene_bc_matrices/hg19_chr21")
    h5("scanpy/10x_data/1.2.0/filtered_gene_bc_matrices_h5.h5")
    h5("scanpy/10x_data/1.2.0/multiple_genomes.h5", "hg19_chr21")
    h5("scanpy/10x_data/1.2.0/multiple_genomes.h5", "another_genome")
    mtx("scanpy/10x_data/3.0.0/filtered_feature_bc_matrix")
    h5("scanpy/10x_data/3.0.0/filtered_feature_bc_matrix.h5")
    h5("scanpy/visium_data/2.1.0/raw_probe_bc_matrix.h5")
    mtx("seurat/cr3.0")
    mtx("cellranger_layouts/cellranger_v2/pbmc/outs/filtered_gene_bc_matrices/GRCh38")
    mtx("cellranger_layouts/cellranger_v3/pbmc/outs/filtered_feature_bc_matrix")
    h5ad("anndata/v0.7.0.h5ad")
    for name in ("anndata-v0.10.9", "anndata-v0.6.22", "anndata-v0.7"):
        for layer in (None, "dense", "transpose"):
            h5ad(f"bpcells/mini_mat.{name}.h5ad", layer)
    for layer in (None, "dense", "transpose"):
        h5ad("bpcells/mini_mat_uint_16.anndata-v0.10.9.h5ad", layer)
        h5ad("bpcells/mini_mat_int_64.anndata-v0.12.6.h5ad", layer)
else:
    h5("reader_fixtures/seurat/visium/filtered_feature_bc_matrix.h5")
    h5ad("reader_fixtures/anndata/archives/v0.7.8/adata.h5ad")
    h5ad("reader_fixtures/cellxgene/1e4dfec4-c0b2-46ad-a04e-ff3ffb3c0a8f.h5ad")
    h5ad("reader_fixtures/scirpy/wu2020_200_v0_6.h5ad")
    h5ad("reader_fixtures/scirpy/wu2020_200_v0_11.h5ad")
    h5ad("kang_dev/kang_dev.h5ad")
    mtx("kang_dev/mtx_by_lot/ctrl_d101")
    h5ad("onek1k_40donors/onek1k_40donors.h5ad")
    h5ad("sc_mixology/sc_celseq2.h5ad")
    h5ad("sc_mixology/sc_dropseq.h5ad")
