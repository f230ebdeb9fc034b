#!/usr/bin/env python3
"""Times a whole study by miura, scanpy, scranpy and Seurat, one after the other, one thread each.

    run.py STUDY.ini --miura build/release/miura [--python PYTHON_WITH_SCANPY_AND_SCRANPY] [--rscript Rscript]
           [--whole] [--repeats 3] [--rounds-of Seurat=1] [--json FILE] [--out DIR]

Without --whole all lots take part in the reference with all of their cells and it ends with the clusters: the sample sheet is
copied with role `train` everywhere. With --whole roles are those of the study: markers of all genes, layout and mapping of
the other lots follow; scranpy maps and lays out nothing, so miura also runs "as scranpy": the training lots alone, to their
markers, without layout. What only miura does is left out by its options: one partition, no resampling, no tests of genes and
neighborhoods, no doublet and cell-cycle scores; it still holds lots out to calibrate the mapping, tests the associations, and
writes tables, page, checksums and checkpoints. Everybody writes counts, normalised expression, components and clusters.
Reference lots keep all of their cells. Programs take turns; of each the run of fewest CPU seconds is told: wall and CPU seconds
(user and system) of all its processes, the peak memory of the largest, and the CPU seconds of the stages before the writing (of
miura with checkpoints and associations among them). A table, tab-separated, on stdout; the stages too in the JSON file.
"""
import argparse
import configparser
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


# What the other programs do not do.
SAME_STAGES = ("--integrate.by none --cluster.resolutions 0.5 --cluster.seeds 1 --stability.replicates 0 --genes.test 0 "
               "--neighborhoods.test 0 --doublets.score 0 --cell_cycle.score 0 --reference.cells_per_lot 1000000").split()


def copy_study(study_ini, folder, change_rows):
    """A study of the lots that change_rows makes of those of another. Returns its INI file and its sample sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    study = configparser.ConfigParser(inline_comment_prefixes=(" #",))
    study.read(study_ini)
    sheet = study_ini.parent / study["study"]["samples"]
    with open(sheet, newline="") as file:
        rows = change_rows(list(csv.DictReader(file)))
    for row in rows:
        row.update(path=os.path.relpath((sheet.parent / row["path"]).resolve(), folder))
    with open(folder / "samples.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    study["study"]["samples"] = "samples.csv"
    with open(folder / "study.ini", "w") as file:
        study.write(file)
    return folder / "study.ini", folder / "samples.csv"


def run(command, log):
    """Wall seconds, CPU seconds and peak memory (GB) of a command and all that it started."""
    with open(log, "w") as file:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=os.environ | ONE_THREAD)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if status != 0:
        sys.exit(f"{command[0]} failed: {log}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024 / 1e9}


def stages_of(log, provenance, used):
    """Name, wall and CPU seconds of each stage: miura's provenance.json has them (of all ranks), the log of another program. What
    of the process is in none of them is called `rest`: its start, and with miura the report."""
    if provenance:
        stages = [(stage["stage"], stage["seconds"], stage["cpu_seconds"]) for stage in json.loads(provenance.read_text())["stages"]]
    else:
        lines = [line.split("\t") for line in log.read_text().splitlines() if line.count("\t") == 2]
        stages = [(name, float(wall), float(cpu)) for name, wall, cpu in lines]
    in_stages = [sum(column) for column in list(zip(*stages))[1:]]
    return stages + [("rest", used["wall"] - in_stages[0], used["cpu"] - in_stages[1])]


def before_writing(stages):
    """CPU seconds of all stages but the writing."""
    return sum(cpu for name, _, cpu in stages if name not in ("rest", "write"))


def write_json(path, sheet, best, runs):
    with open(sheet, newline="") as file:
        lots = list(csv.DictReader(file))
    programs = {name: used | {"cpu_of_runs": runs[name]} for name, used in best.items()}
    path.write_text(json.dumps({"lots": len(lots), "training_lots": sum(lot["role"] == "train" for lot in lots),
                                "programs": programs}, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=pathlib.Path)
    parser.add_argument("--miura", required=True)
    parser.add_argument("--whole", action="store_true", help="markers, layout and mapping too")
    parser.add_argument("--python", help="a Python with scanpy and scranpy; left out: neither")
    parser.add_argument("--rscript", help="an Rscript with Seurat; left out: no Seurat")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rounds-of", action="append", default=[], metavar="PROGRAM=N", help="fewer rounds of a slow program")
    parser.add_argument("--json", type=pathlib.Path, help="the same, and each stage")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("study_bench"))
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)

    def all_train(rows):
        return [row | {"role": "train"} for row in rows]

    study = options.study.resolve()
    ini, sheet = copy_study(study, out, list if options.whole else all_train)

    rounds = {name: int(n) for name, n in (word.split("=") for word in options.rounds_of)}
    miura = [options.miura, "run", ini, "--out", out / "miura", *SAME_STAGES]
    if not options.whole:
        miura += ["--markers.test", "0", "--umap.layout", "0"]
    two_ranks = "mpirun --oversubscribe --bind-to none -n 2".split()
    programs = {"miura": miura, "miura, 2 ranks": two_ranks + miura}
    if options.whole:
        training, _ = copy_study(study, out / "training", lambda rows: [row for row in rows if row["role"] == "train"])
        programs["miura as scranpy"] = [options.miura, "run", training, "--out", out / "miura", *SAME_STAGES,
                                        "--umap.layout", "0"]
    also = ["--whole"] if options.whole else []
    if options.python:
        programs["scanpy"] = [options.python, HERE / "scanpy_study.py", sheet, out / "scanpy.h5ad", *also]
        programs["scranpy"] = [options.python, HERE / "scranpy_study.py", sheet, out / "scranpy.h5ad", *also]
    if options.rscript:
        programs["Seurat"] = [options.rscript, HERE / "seurat_study.R", sheet, out / "seurat.rds", *(["whole"] if options.whole else [])]
    best, runs = {}, {}
    for turn in range(options.repeats):
        for name, command in programs.items():
            if turn >= rounds.get(name, options.repeats):
                continue
            result = out / "miura"
            if result in command:
                shutil.rmtree(result, ignore_errors=True)  # or it would find everything done
            log = out / f"{name}.log"
            used = run(list(map(str, command)), log)
            used["stages"] = stages_of(log, result / "provenance.json" if result in command else None, used)
            used["told"] = next((line for line in log.read_text().splitlines() if re.search(r"\d cells", line)), "")
            runs.setdefault(name, []).append(used["cpu"])
            print(f"{name}: {used['wall']:.1f} s, {used['cpu']:.1f} CPU s, {used['memory']:.2f} GB", file=sys.stderr, flush=True)
            if name not in best or used["cpu"] < best[name]["cpu"]:
                best[name] = used
    print("program\twall_s\tcpu_s\tpeak_GB\tstages_s")
    for name, used in best.items():
        print(f"{name}\t{used['wall']:.1f}\t{used['cpu']:.1f}\t{used['memory']:.3f}\t{before_writing(used['stages']):.1f}")
    if options.json:
        write_json(options.json, sheet, best, runs)


main()
