"""The NCI-60 panel of ../shared as tables of miura: four arrays and 48 transporters by RT-PCR, 1,429 compounds, two halves of the lines.

Lines alternate between training and test within tissues.
"""
import csv
import gzip
import os
import random
import re

ARRAYS = ("agilent", "hgu133", "hgu133p2", "hgu95")


def line_of(name):
    """BR.MDA_MB_231 of one table is MDAMB231 of the other."""
    name = re.sub(r"[^A-Za-z0-9]", "", name.split(".")[-1]).upper()
    name = re.sub(r"^NCI(?=H)", "", name)
    return {"NCIADRRES": "MCF7ADRR"}.get(name, name)


def table(folder, name):
    rows = [[cell.strip() for cell in row] for row in csv.reader(open(os.path.join(folder, name)), delimiter="\t")]
    header = rows[0] if len(rows[0]) == len(rows[1]) else [""] + rows[0]
    return header, rows[1:]


def write(scratch, name, header, rows):
    with open(os.path.join(scratch, name), "w", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header] + rows)


def write_panels(shared, scratch, n_permuted=1):
    """A table a platform and half (and of all lines) in the scratch folder; transporters are turned to genes x lines. Drugs, as
    they are and permuted over the lines of each half: drugs.tsv, permuted.tsv, permuted2.tsv ..."""
    data = os.path.join(shared, "golden", "bulk", "data")
    order = None
    header, drugs = table(data, "nci60_compound_60x1429.tsv")
    panels = {}
    for name in ARRAYS:
        head, rows = table(data, f"nci60_{name}.tsv")
        panels[name] = ([line_of(h) for h in head[1:]], rows)
        order = order or panels[name][0]
    head, rows = table(data, "nci60_ABC_60x48.tsv")
    panels["pcr"] = ([line_of(row[0]) for row in rows], [[gene] + [row[i] for row in rows] for i, gene in enumerate(head[1:], 1)])
    for name, (lines, rows) in panels.items():
        for half, keep in (("train", order[::2]), ("test", order[1::2]), ("all", order)):
            at = [lines.index(line) + 1 for line in keep]
            write(scratch, f"{name}_{half}.tsv", ["gene"] + keep, [[row[0]] + [row[i] for i in at] for row in rows])
    drugs = {line_of(row[0]): row[1:] for row in drugs}
    write(scratch, "drugs.tsv", ["line"] + header[1:], [[line] + drugs[line] for line in order])
    for number in range(1, n_permuted + 1):
        permuted = {}
        for half, lines in (("train", order[::2]), ("test", order[1::2])):
            shuffled = list(lines)
            random.Random(half if number == 1 else f"{half}{number}").shuffle(shuffled)
            permuted.update(zip(lines, [drugs[line] for line in shuffled]))
        write(scratch, f"permuted{number if number > 1 else ''}.tsv", ["line"] + header[1:], [[line] + permuted[line] for line in order])


def rows_of(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
