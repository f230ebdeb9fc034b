"""Clusters of miura beside those of scanpy's and Seurat's defaults, judged by the truth that comes with real cells.

usage: peers.py name-by-barcode H5AD COPY    names the cells by the column `barcode`, as the lots' own files do
       peers.py compare DATA                 in a folder with the results of peers.sh; writes the cells that Seurat shall see
       peers.py compare-seurat DATA
"""
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
import anndata
import pandas as pd
import scanpy as sc
from sklearn.metrics import adjusted_rand_score

PLATFORMS = {"both": ["celseq2", "dropseq"], "celseq2": ["celseq2"], "dropseq": ["dropseq"]}


def name_by_barcode(source, copy):
    cells = anndata.read_h5ad(source)
    cells.obs_names = pd.Index(cells.obs.pop("barcode").astype(str).to_numpy())
    cells.write_h5ad(copy)


def clusters_of_miura(path):
    table = pd.read_csv(path, sep="\t", dtype=str)
    return pd.Series(table["cluster"].to_numpy(), index=table["lot"] + "/" + table["barcode"])


def clusters_of_scanpy(counts):
    """Everything as scanpy does it when nothing is asked for."""
    cells = counts.copy()
    sc.pp.filter_genes(cells, min_cells=3)
    sc.pp.normalize_total(cells)
    sc.pp.log1p(cells)
    sc.pp.highly_variable_genes(cells)
    sc.pp.pca(cells)
    sc.pp.neighbors(cells)
    sc.tl.leiden(cells)
    return cells.obs["leiden"].astype(str)


def mixology(data, study):
    lots = {lot: anndata.read_h5ad(data / "sc_mixology" / f"sc_{lot}.h5ad") for lot in PLATFORMS[study]}
    for lot, cells in lots.items():
        cells.obs = cells.obs[["cell_line_demuxlet", "demuxlet_cls"]]
        cells.obs_names = lot + "/" + cells.obs_names
    return anndata.concat(lots.values(), join="inner")


def agreement(truth, clusters):
    shared = truth.index.intersection(clusters.index)
    assert len(shared) == min(len(truth), len(clusters)) > 0
    return adjusted_rand_score(truth.loc[shared].astype(str), clusters.loc[shared])


def say(study, program, clusters, ari):
    print(f"{study:8} {program:24} {clusters.nunique():2} clusters, ARI {ari:.3f}")
    return ari


def compare_lines(data, study):
    """Three cell lines, told apart by their SNPs (demuxlet). A doublet has no true line: the second bar is for singlets."""
    counts = mixology(data, study)
    ours = clusters_of_miura(f"{study}/default.tsv.gz")
    counts = counts[ours.index].copy()
    counts.write_h5ad(f"{study}/cells.h5ad")
    line = counts.obs["cell_line_demuxlet"]
    theirs = clusters_of_scanpy(counts)
    least = say(study, "scanpy, defaults", theirs, agreement(line, theirs))
    assert say(study, "miura, defaults", ours, agreement(line, ours)) >= least

    single = line[counts.obs["demuxlet_cls"] == "SNG"]
    three = []
    for path in sorted(pathlib.Path(study).glob("grid_*.tsv.gz")):
        found = clusters_of_miura(path)
        resolution = path.name.removeprefix("grid_").removesuffix(".tsv.gz")
        ari = say(study, f"miura, resolution {resolution}", found, agreement(line, found))
        if found.nunique() == 3:
            three.append((agreement(single, found), ari, resolution))
    best = max(three, default=(0, 0, "none"))
    print(f"{study:8} best of three clusters: ARI {best[0]:.3f} of {len(single)} singlets, {best[1]:.3f} of all {len(line)}, "
          f"at resolution {best[2]}")
    assert best[0] >= 0.98


def compare_blood(data):
    cells = anndata.read_h5ad(data / "kang_dev" / "kang_dev.h5ad")
    cells.obs_names = pd.Index(cells.obs["lot"].astype(str) + "/" + cells.obs["barcode"].astype(str))
    ours = clusters_of_miura("folders/result/tables/cells.tsv.gz")
    cells = cells[ours.index].copy()
    labelled = cells.obs["muscat_label"].astype(str)
    labelled = labelled[labelled != ""]  # the authors' labels of about a seventh of the cells
    theirs = clusters_of_scanpy(cells)
    least = say("kang_dev", "scanpy, defaults", theirs, agreement(labelled, theirs))
    assert say("kang_dev", "miura, defaults", ours, agreement(labelled, ours)) >= least


def compare(data):
    for study in PLATFORMS:
        compare_lines(data, study)
    compare_blood(data)


def compare_seurat(data):
    for study in PLATFORMS:
        line = mixology(data, study).obs["cell_line_demuxlet"]
        table = pd.read_csv(f"{study}/seurat.tsv", sep="\t", dtype=str)
        theirs = pd.Series(table["cluster"].to_numpy(), index=table["cell"])
        ours = clusters_of_miura(f"{study}/default.tsv.gz")
        assert agreement(line, ours) >= say(study, "Seurat, defaults", theirs, agreement(line, theirs))


command, *paths = sys.argv[1:]
paths = [pathlib.Path(p) for p in paths]
{"name-by-barcode": name_by_barcode, "compare": compare, "compare-seurat": compare_seurat}[command](*paths)
