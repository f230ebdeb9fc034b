"""How often pairs of a drug and a gene that one array finds survive on the other arrays, beside drugs permuted over lines.

Pairs are found by the screen alone: Spearman's rho over 30 lines, Benjamini-Hochberg q of all genes x 1,429 compounds of the array at most .2
(and, where permuted drugs leave too few, p at most .01). They survive on another array that measures the gene where rho has the same sign
there with p at most .05, in the 30 other lines, and, beside it, in the same 30 lines. Chance gives 2.5 %. In the same lines permuted drugs survive
nearly as often as real ones: both arrays measure the same RNA, whose rank with a drug is the same accident. So only other lines tell.

Usage: survival.py MIURA SHARED SCRATCH [PERMUTED]; SHARED/golden/bulk holds the panel, PERMUTED sheets of permuted drugs are taken (3).
Exits 1 where real pairs do not survive far more often than chance, or those of permuted drugs do.
"""
import collections
import os
import subprocess
import sys

from panels import ARRAYS, rows_of, table, write, write_panels

FDR, P_FOUND, P_AGAIN = 0.2, 0.01, 0.05


def screened(miura, scratch, sheet, half, genes, listed):
    """Mines a half of the lines: (array, gene, compound) -> rho, p; and how many pairs of each array were tested."""
    name = f"screen_{sheet}_{half}_{genes}"
    with open(os.path.join(scratch, name + ".ini"), "w") as file:
        file.write(f"[mining]\nsheet = {sheet}.tsv\ncolumns = all\nlist = {listed}\nthreshold = {P_FOUND}\npermutations = 9\n")
        file.write("".join(f"[measurement.{array}]\ntable = {array}_{half}{genes}.tsv\n" for array in ARRAYS))
    out = os.path.join(scratch, name)
    subprocess.run([miura, "mine", os.path.join(scratch, name + ".ini"), "--out", out, "--quiet"], check=True)
    tables = os.path.join(out, "tables", "mining_probes.tsv")
    found = {(row["measurement"], row["probe"], row["outcome"]): (float(row["rho"]), float(row["p"])) for row in rows_of(tables + ".gz" if os.path.exists(tables + ".gz") else tables)}
    n_tested = collections.Counter()
    for row in rows_of(os.path.join(out, "tables", "mining_counts.tsv")):
        n_tested[row["measurement"]] += int(row["n_units"]) if row["kind"] == "hits" and row["rule"] == "+" else 0
    return found, n_tested


def write_common(scratch):
    """Tables of the genes that several arrays measure, named ..._common.tsv."""
    tables = {(array, half): table(scratch, f"{array}_{half}.tsv") for array in ARRAYS for half in ("train", "test")}
    measured = collections.Counter(gene for array in ARRAYS for gene in {row[0] for row in tables[array, "train"][1]})
    for (array, half), (header, rows) in tables.items():
        write(scratch, f"{array}_{half}_common.tsv", header, [row for row in rows if measured[row[0]] > 1])


def largest_p_of(fdr, p_values, n_tested):
    """The p up to which Benjamini & Hochberg's q of n_tested pairs is at most fdr; 0 where none is. `p_values`: those up to P_FOUND."""
    limit = max((p for k, p in enumerate(sorted(p_values), 1) if p * n_tested <= fdr * k), default=0.0)
    if limit > 0.99 * P_FOUND:
        sys.exit(f"a false discovery rate of {fdr} reaches beyond p {P_FOUND}")
    return limit


def survivors(found, n_tested, same_lines, other_lines):
    """(first, second array, rule) -> pairs that the second array measures too; of them again in other lines; in the same ones."""
    counts = collections.defaultdict(lambda: [0, 0, 0])
    n_found = collections.Counter()
    limits = {array: {"q": largest_p_of(FDR, [p for (of, *_), (_, p) in found.items() if of == array], n_tested[array]), "p": P_FOUND} for array in ARRAYS}
    for (first, *pair), (rho, p) in found.items():
        for rule, limit in limits[first].items():
            if not p <= limit:
                continue
            n_found[first, rule] += 1
            for second in ARRAYS:
                key = (second, *pair)
                if second == first or key not in other_lines or key not in same_lines:
                    continue
                tally = counts[first, second, rule]
                tally[0] += 1
                for place, (again_rho, again_p) in ((1, other_lines[key]), (2, same_lines[key])):
                    tally[place] += again_p <= P_AGAIN and again_rho * rho > 0
    return counts, n_found


def share(n, of):
    return f"{n:5d} of {of:5d} ({100 * n / of:4.1f} %)" if of else f"{n:5d} of {of:5d}         "


def main(miura, shared, scratch, n_permuted=3):
    write_panels(shared, scratch, n_permuted)
    write_common(scratch)
    sheets = ["drugs"] + [f"permuted{number if number > 1 else ''}" for number in range(1, n_permuted + 1)]
    totals = {}
    for sheet in sheets:
        found, n_tested = screened(miura, scratch, sheet, "train", "", "hits")
        same_lines, other_lines = (screened(miura, scratch, sheet, half, "_common", "all")[0] for half in ("train", "test"))
        counts, n_found = survivors(found, n_tested, same_lines, other_lines)
        for rule, words in (("q", f"q <= {FDR}"), ("p", f"p <= {P_FOUND}")):
            total = totals[sheet, rule] = [0, 0, 0]
            print(f"{sheet}: pairs at {words}: " + ", ".join(f"{array} {n_found[array, rule]}" for array in ARRAYS))
            for first in ARRAYS:
                for second in ARRAYS:
                    tally = counts[first, second, rule]
                    if first == second or (sheet != "drugs" and rule == "q" and tally[0] == 0):
                        continue
                    total[:] = [a + b for a, b in zip(total, tally)]
                    if sheet == "drugs":
                        print(f"    {first:9s} on {second:9s} other lines {share(tally[1], tally[0])}; the same lines {share(tally[2], tally[0])}")
            print(f"    all: other lines {share(total[1], total[0])}; the same lines {share(total[2], total[0])}", flush=True)
    pooled = [sum(totals[sheet, "p"][k] for sheet in sheets[1:]) for k in range(3)]
    print(f"permuted drugs, {n_permuted} sheets: pairs at p <= {P_FOUND}: other lines {share(pooled[1], pooled[0])}; the same lines {share(pooled[2], pooled[0])}")
    by_fdr = sum(totals[sheet, "q"][0] for sheet in sheets[1:]) / n_permuted
    failures = []
    for rule in ("q", "p"):
        n, again, _ = totals["drugs", rule]
        if not (n >= 100 and again >= 5 * P_AGAIN / 2 * n):
            failures.append(f"pairs found by {rule} do not survive on other arrays: {again} of {n}")
    if not pooled[1] <= 2 * P_AGAIN / 2 * pooled[0]:  # pairs of one drug, or one gene, are no independent cases
        failures.append(f"pairs of permuted drugs survive: {pooled[1]} of {pooled[0]}")
    if not by_fdr <= 0.1 * totals["drugs", "q"][0]:
        failures.append(f"permuted drugs have {by_fdr:.0f} pairs at q <= {FDR} on two arrays")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], *(int(n) for n in sys.argv[4:5])))
