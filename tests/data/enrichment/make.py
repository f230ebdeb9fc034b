"""Made-up gene sets, scores and intervals, and what gseapy says of the scores. Run: python make.py"""
import gseapy
import numpy as np
import pandas

random = np.random.default_rng(7)
genes = [f"G{i:03d}" for i in range(400)]
score = np.sort(random.normal(size=400))[::-1].round(9)
order = random.permutation(400)

with open("scores.tsv", "w") as out:
    out.write("gene\tscore\n")
    for i in order:
        out.write(f"{genes[i]}\t{score[i]:.9f}\n")

sets = {"rising": [f"G{i:03d}" for i in range(3, 90, 6)], "falling": [f"G{i:03d}" for i in range(310, 400, 5)]}
for s in range(28):
    sets[f"random_{s:02d}"] = [genes[i] for i in random.choice(400, size=int(random.integers(5, 60)), replace=False)]
with open("sets.gmt", "w") as out:
    for name, members in sets.items():
        out.write("\t".join([name, f"a made-up set of {len(members)}", *members, "OUTSIDE1", "OUTSIDE2"]) + "\n")

with open("picked.txt", "w") as out:
    out.write("\n".join(f"G{i:03d}" for i in range(0, 81, 3)) + "\nNEVER_TESTED\n")
with open("universe.txt", "w") as out:
    out.write("\n".join(genes) + "\n")

ranked = pandas.DataFrame({"gene": genes, "score": score})
with open("gseapy.tsv", "w") as out:
    out.write("weight\tset\tes\tnes\tp\tfdr\n")
    for weight in (0, 1, 1.5):
        result = gseapy.prerank(rnk=ranked, gene_sets=sets, min_size=5, max_size=500, permutation_num=10000, weight=weight,
                                seed=1, threads=1, outdir=None, no_plot=True).res2d
        for row in result.itertuples():
            out.write(f"{weight}\t{row[2]}\t{float(row[3]):.17g}\t{float(row[4]):.6g}\t{float(row[5]):.6g}\t{float(row[6]):.6g}\n")

sizes = {"chr1": 200_000, "chr2": 120_000, "chrM": 500}
def intervals(name, n, length, with_score):
    with open(name, "w") as out:
        for i in range(n):
            chromosome = ("chr1", "chr2")[int(random.random() < 0.4)]
            width = int(random.integers(*length))
            start = int(random.integers(0, sizes[chromosome] - width))
            line = [chromosome, start, start + width, f"{name[0]}{i}"]
            if with_score:
                line.append(f"{random.normal():.3f}")
            out.write("\t".join(map(str, line)) + "\n")
intervals("a.bed", 150, (50, 900), True)
intervals("b.bed", 120, (20, 2500), True)
intervals("islands.bed", 60, (200, 1500), False)
with open("chrom.sizes", "w") as out:
    for name, size in sizes.items():
        out.write(f"{name}\t{size}\n")
