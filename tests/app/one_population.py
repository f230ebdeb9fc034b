"""Lots of one population without any structure: Poisson counts with one mean a gene, the same in every cell and lot. Written as
10x folders with a sample sheet and a config. Standard library only.

usage: one_population.py FOLDER SEED LOTS CELLS GENES
"""
import gzip
import math
import pathlib
import random
import sys


def poisson(chance, mean):
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count


def main(folder, seed, lots, cells, genes):
    folder, chance = pathlib.Path(folder), random.Random(int(seed))
    lots, cells, genes = int(lots), int(cells), int(genes)
    means = [math.exp(chance.uniform(math.log(0.2), math.log(4))) for _ in range(genes)]
    sheet = ["lot,path,source,role"]
    for lot in range(lots):
        path = folder / f"L{lot}"
        path.mkdir(parents=True)
        entries = [(gene, cell, count) for cell in range(cells) for gene, mean in enumerate(means) if (count := poisson(chance, mean))]
        with gzip.open(path / "matrix.mtx.gz", "wt") as file:
            file.write(f"%%MatrixMarket matrix coordinate integer general\n{genes} {cells} {len(entries)}\n")
            file.writelines(f"{gene + 1} {cell + 1} {count}\n" for gene, cell, count in entries)
        with gzip.open(path / "features.tsv.gz", "wt") as file:
            file.writelines(f"ENSG{gene:011d}\tGENE{gene}\tGene Expression\n" for gene in range(genes))
        with gzip.open(path / "barcodes.tsv.gz", "wt") as file:
            file.writelines(f"CELL{cell:05d}-1\n" for cell in range(cells))
        sheet.append(f"L{lot},L{lot},BM,train")
    (folder / "samples.csv").write_text("\n".join(sheet) + "\n")
    (folder / "study.ini").write_text("[study]\nsamples = samples.csv\n[qc]\nmin_counts = 1\nmin_genes = 1\n")


main(*sys.argv[1:])
