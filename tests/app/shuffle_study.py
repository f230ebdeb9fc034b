"""Copies a simulated study with the cells of every lot and the rows of the sample sheet in another order.

usage: shuffle_study.py STUDY COPY    (10x folders, plain or gz; other formats are copied as they are)
"""
import gzip
import pathlib
import random
import shutil
import sys


def read(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return file.read().splitlines()


def write(path, lines):
    opened = gzip.open(path, "wt") if path.suffix == ".gz" else open(path, "w")
    with opened as file:
        file.write("\n".join(lines) + "\n")


def shuffle_folder(folder, draw):
    barcodes_file = next(folder.glob("barcodes.tsv*"))
    matrix_file = next(folder.glob("matrix.mtx*"))
    barcodes = read(barcodes_file)
    order = list(range(len(barcodes)))
    draw.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    write(barcodes_file, [barcodes[old] for old in order])
    lines = read(matrix_file)
    first = next(i for i, line in enumerate(lines) if not line.startswith("%"))
    entries = []
    for line in lines[first + 1:]:
        gene, cell, count = line.split()
        entries.append(f"{gene} {place[int(cell) - 1] + 1} {count}")
    draw.shuffle(entries)
    write(matrix_file, lines[: first + 1] + entries)


def main(study, copy):
    study, copy = pathlib.Path(study), pathlib.Path(copy)
    shutil.copytree(study, copy)
    draw = random.Random(3)
    for folder in sorted((copy / "data").rglob("matrix.mtx*")):
        shuffle_folder(folder.parent, draw)
    header, *rows = read(copy / "samples.csv")
    draw.shuffle(rows)
    write(copy / "samples.csv", [header] + rows)


main(*sys.argv[1:])
