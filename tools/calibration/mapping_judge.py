"""Real cells of known kind mapped onto others of known kind: how many arrive, and what becomes of kinds that the reference lacks.

usage: mapping_judge.py DATA WORK [--miura MIURA] [--mode anchor|compressed]
DATA has the folders sc_mixology, kang_dev and pbmc_sorted10_ref; needs anndata and pandas. Prints a table in Markdown; WORK keeps
the sheets, results, and beside each result cells.tsv: cell, what it is, label, score, p.
The labels are not clusters of miura: they come through the `cells` column of the sheet (cluster.labels).
"""
import argparse
import pathlib
import subprocess

import anndata
import numpy as np
import pandas as pd

BROAD = {  # kinds of both sets of blood cells; the rest of either has no counterpart
    "B cells": "B", "bcells": "B", "CD14+ Monocytes": "monocyte", "FCGR3A+ Monocytes": "monocyte", "monocytes": "monocyte",
    "NK cells": "NK", "nk": "NK", "CD4 T cells": "T", "CD8 T cells": "T", "naivet": "T", "memoryt": "T", "thelper": "T",
    "regulatoryt": "T", "cytotoxict": "T", "naivecytotoxic": "T"}


def lines(data, file):
    """Cells of known line; doublets have none."""
    path = data / "sc_mixology" / f"{file}.h5ad"
    obs = anndata.read_h5ad(path, backed="r").obs
    kind = obs["cell_line_demuxlet"].astype(str).where(obs["demuxlet_cls"] == "SNG", "NA")
    return path, pd.DataFrame({"barcode": obs.index, "kind": kind.to_numpy()})


class Judge:
    def __init__(self, work, miura, mode):
        self.work, self.miura, self.mode = work, miura, mode
        print("| reference -> lots | cells | right | wrong | unassigned | right, if none is refused |\n| --- | --- | --- | --- | --- | --- |")

    def map(self, name, lots, options=()):
        """`lots`: (lot, role, path, obs column and value or None, cells with kind). Returns the mapped cells."""
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for lot, role, path, part, cells in lots:
            cells.to_csv(folder / f"{lot}.csv", index=False)
            column, value = part or ("", "")
            rows.append([lot, path.resolve(), role, "any", column, value, f"{lot}.csv"])
        pd.DataFrame(rows, columns=["lot", "path", "role", "source", "obs_column", "obs_value", "cells"]).to_csv(
            folder / "samples.csv", index=False)
        (folder / "study.ini").write_text("[study]\nsamples = samples.csv\n")
        truth = pd.concat([cells.assign(lot=lot) for lot, role, _, _, cells in lots if role == "query"])
        found = []
        for asked, extra in (("result", []), ("forced", ["--mapping.min_score", "0", "--mapping.alpha", "0"])):
            command = [self.miura, "run", folder / "study.ini", "--out", folder / asked, "--cluster.labels", "kind", "--quiet",
                       "--mapping.mode", self.mode, "--stability.replicates", "0", "--markers.test", "0", *options, *extra]
            subprocess.run(list(map(str, command)), check=True)
            mapping = pd.read_csv(folder / asked / "tables" / "mapping.tsv", sep="\t", keep_default_na=False, na_values=["NaN"])
            found.append(mapping.merge(truth, on=["lot", "barcode"], how="left"))
        cells = found[0].assign(forced=found[1]["label"])
        cells.to_csv(folder / "cells.tsv", sep="\t", index=False)
        return cells[cells.kind != "NA"]

    @staticmethod
    def row(name, cells, right=None):
        right = right or (lambda label, kind: label == kind)
        is_right = right(cells.label, cells.kind).to_numpy()
        assigned = (cells.label != "unassigned").to_numpy()
        forced = right(cells.forced, cells.kind).to_numpy()
        print(f"| {name} | {len(cells)} | {np.mean(is_right):.3f} | {np.mean(assigned & ~is_right):.3f} | {np.mean(~assigned):.3f} "
              f"| {np.mean(forced):.3f} |", flush=True)


def mixology(judge, data):
    celseq2, dropseq, five = (lines(data, f"sc_{name}") for name in ("celseq2", "dropseq", "celseq2_5cl_p1"))

    def lot(name, role, of):
        return (name, role, of[0], None, of[1])

    judge.row("lines, CEL-seq2 -> Drop-seq", judge.map("celseq2_to_dropseq", [lot("celseq2", "train", celseq2), lot("dropseq", "query", dropseq)]))
    judge.row("lines, Drop-seq -> CEL-seq2", judge.map("dropseq_to_celseq2", [lot("dropseq", "train", dropseq), lot("celseq2", "query", celseq2)]))
    for name, reference in (("CEL-seq2", [lot("celseq2", "train", celseq2)]),
                            ("both platforms", [lot("celseq2", "train", celseq2), lot("dropseq", "train", dropseq)])):
        cells = judge.map("three_to_five_" + name.replace(" ", "_"), reference + [lot("five", "query", five)])
        known = cells.kind.isin(set(celseq2[1].kind))
        judge.row(f"three lines, {name} -> the same lines of five", cells[known])
        for line in sorted(set(cells.kind[~known])):
            judge.row(f"{name} -> {line}, not in the reference", cells[cells.kind == line])


def blood(judge, data):
    kang = data / "kang_dev" / "kang_dev.h5ad"
    obs = anndata.read_h5ad(kang, backed="r").obs

    def lots(column, condition, role):
        for lot in sorted(name for name in set(obs["lot"]) if name.startswith(condition)):
            of = obs[obs["lot"] == lot]
            kind = of[column].astype(str).replace("", "NA")
            yield lot, role, kang, ("lot", lot), pd.DataFrame({"barcode": of.index, "kind": kind.to_numpy()})

    for source, target in (("ctrl", "stim"), ("stim", "ctrl")):
        cells = judge.map(f"{source}_to_{target}", [*lots("derived_label", source, "train"), *lots("derived_label", target, "query")])
        judge.row(f"blood, {source} -> {target}, labels by Leiden and markers", cells)
        cells = judge.map(f"authors_{source}_to_{target}", [*lots("muscat_label", source, "train"), *lots("muscat_label", target, "query")])
        judge.row(f"blood, {source} -> {target}, the authors' labels of some cells", cells)
    path = data / "pbmc_sorted10_ref" / "pbmc_sorted10_ref.h5ad"
    sorted_cells = anndata.read_h5ad(path, backed="r").obs
    reference = pd.DataFrame({"barcode": sorted_cells.index, "kind": sorted_cells["cell_type"].astype(str).map(BROAD).to_numpy()})
    for condition in ("ctrl", "stim"):
        cells = judge.map(f"sorted_to_{condition}", [("sorted", "train", path, None, reference), *lots("derived_label", condition, "query")])
        broad = cells.kind.map(BROAD)
        judge.row(f"sorted blood -> {condition}, T, B, NK, monocytes", cells[broad.notna()].assign(kind=broad))
        judge.row("- dendritic cells and megakaryocytes, not in the reference", cells[broad.isna()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--miura", default="miura")
    parser.add_argument("--mode", default="anchor", choices=["anchor", "compressed"])
    given = parser.parse_args()
    judge = Judge(given.work, given.miura, given.mode)
    mixology(judge, given.data)
    blood(judge, given.data)


if __name__ == "__main__":
    main()
