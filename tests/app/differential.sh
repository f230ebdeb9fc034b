#!/usr/bin/env bash
# miura differential: probes, regions and genes of a planted methylation array, groups over time, the same bytes on any
# layout, what the user can mend, and the answers of limma.
. "$SOURCE/tests/app/support.sh"

# ---- an array of 600 probes x 10 samples: 30 promoter probes rise, ten of them of WNT5A ----
"$PYTHON" - <<'PYTHON' || fail "the array"
import random
draw = random.Random(3)
samples = [f"S{i}" for i in range(10)]
with open("beta.csv", "w") as f, open("probes.csv", "w") as where:
    print("probe", *samples, sep=",", file=f)
    print("probe,gene,region_class,chromosome,position", file=where)
    for i in range(600):
        level, shift = draw.uniform(0.1, 0.6), 0.3 if i < 30 else 0
        values = [min(max(level + draw.gauss(0, 0.02) + (shift if s % 2 else 0), 0.001), 0.999) for s in range(10)]
        print(f"cg{i}", *("" if i == 40 and s == 3 else round(v, 4) for s, v in enumerate(values)), sep=",", file=f)
        gene = "WNT5A" if i < 10 else f"G{i // 10}"
        place = ("chr3", 55_500_000 - 100 * i)
        print(f"cg{i}", f"{gene};X{i // 10}", "TSS200;Body", *place, sep=",", file=where) if i < 100 else \
            print(f"cg{i}", gene, draw.choice(["Body", "3'UTR", "TSS1500"]), *place, sep=",", file=where) if i < 500 else \
            print(f"cg{i}", "", "", *place, sep=",", file=where) if i < 590 else None
with open("sheet.csv", "w") as f:
    print("sample,group,clone,other", file=f)
    for i, s in enumerate(samples):
        print(s, "KD" if i % 2 else "WT", f"clone{i // 2}", "a" if i < 4 else "b" if i < 9 else "c", sep=",", file=f)
PYTHON
differential=(differential beta.csv --groups sheet.csv --reference WT)
OMP_NUM_THREADS=1 "$MIURA" "${differential[@]}" --m-values --annotation probes.csv --out one >out.txt 2>err.txt || fail "differential: $(cat err.txt)"
grep -q 'names 10 of the 600 features not' err.txt || fail "no warning of probes that are not listed: $(cat err.txt)"
grep -q 'KD - WT: 600 features tested' out.txt || fail "nothing is told: $(cat out.txt)"
cell() { awk -F'\t' -v table="$1" -v row="$2" -v second="$3" -v want="$4" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  $1 == row && (second == "" || $2 == second) { print $at[want]; exit }' "one/tables/$1.tsv"; }
hits=$(cell region_classes all hyper n_hits)
[ "$hits" -ge 29 ] && [ "$hits" -le 36 ] || fail "30 planted probes, found: $hits"
[ "$(cell region_classes TSS200 hyper n_hits)" -ge 29 ] || fail "planted promoter probes: $(cat one/tables/region_classes.tsv)"
awk -v p="$(cell region_classes TSS200 hyper log10_p_enriched)" 'BEGIN { exit !(p < -10) }' || fail "no enrichment of TSS200"
awk -v p="$(cell region_classes TSS200 hyper p_count)" 'BEGIN { exit !(p > 0 && p < 0.02) }' || fail "the count is one of chance"
[ "$(cell region_classes unlisted hyper n_tested)" -eq 10 ] || fail "probes that the annotation does not list"
[ "$(cell region_classes intergenic hyper n_tested)" -eq 90 ] || fail "probes without a region"
[ "$(cell differential_genes WNT5A "" n_hyper)" -eq 0 ] 2>/dev/null && fail "WNT5A has no hits"
[ "$(cell differential_genes WNT5A "" gene)" = WNT5A ] || fail "WNT5A is not among the genes"
"$MIURA" differential beta.csv --groups sheet.csv --reference WT --m-values --annotation probes.csv --promoter TSS200 --out promoter --quiet || fail "--promoter"
awk -F'\t' '$1 == "WNT5A" && $5 == 10 && $6 < 0.02' promoter/tables/differential_genes.tsv | grep -q . || fail "ten promoter probes of WNT5A: $(head -3 promoter/tables/differential_genes.tsv)"
[ "$(awk -F'\t' '$1 == "cg40" { print $5 }' one/tables/differential.tsv)" -eq 4 ] || fail "a missing value"
"$MIURA" inspect --verify one >/dev/null || fail "checksums"

grep -q 'of 600 features differ between KD and WT' one/report.html || fail "the page does not say how many features differ"

# ---- features along a chosen gene ----
"$MIURA" "${differential[@]}" --beta --annotation probes.csv --gene WNT5A --gene X3 --null-permutations 0 --out along --quiet || fail "--gene"
[ "$(awk -F'\t' '$1 == "WNT5A" { print $2 }' along/tables/gene_probes.tsv | tr '\n' ' ')" = "cg9 cg8 cg7 cg6 cg5 cg4 cg3 cg2 cg1 cg0 " ] || fail "features along WNT5A: $(cat along/tables/gene_probes.tsv)"
awk -F'\t' '$1 == "WNT5A" && !($3 == "chr3" && $5 == "TSS200" && $8 > 0.2 && $11 == "hyper") { exit 1 } $1 == "X3" && $5 != "Body" { exit 1 }' along/tables/gene_probes.tsv ||
  fail "region and difference of the features of a gene: $(cat along/tables/gene_probes.tsv)"
grep -q 'Along chosen genes' along/report.html || fail "the page does not draw the features of a gene"

# ---- counts of a permutation test beside its own relabelings ----
"$MIURA" "${differential[@]}" --beta --test welch --hits p --annotation probes.csv --promoter TSS200 --out welch --quiet || fail "the null of a permutation test"
"$PYTHON" - <<'PYTHON' || fail "counts of a permutation test: $(cat welch/tables/region_classes.tsv)"
import csv
rows = {(r["region_class"], r["direction"]): r for r in csv.DictReader(open("welch/tables/region_classes.tsv"), delimiter="\t")}
up, promoter = rows["all", "hyper"], rows["TSS200", "hyper"]
assert int(up["n_hits"]) >= 30 and float(up["null_mean"]) < 25 and float(up["p_count"]) < 0.05, up
assert round(252 * float(promoter["p_count"])) == 252 * float(promoter["p_count"]) >= 1, promoter  # of all 252 labelings
assert promoter["p_top_enriched"] == "NaN", promoter
genes = {r["gene"]: r for r in csv.DictReader(open("welch/tables/differential_genes.tsv"), delimiter="\t")}
assert float(genes["WNT5A"]["p_promoter_hyper"]) < 0.02, genes["WNT5A"]
PYTHON

# ---- too few features for the moderated test ----
head -13 beta.csv >few.csv
few=(differential few.csv --groups sheet.csv --reference WT --out few --quiet)
"$MIURA" "${few[@]}" 2>err.txt || fail "few features"
[ "$(grep -c 'estimates from 12 features how much variances differ, which takes 20 or more: take --test t' err.txt)" -eq 1 ] || fail "no warning of few features: $(cat err.txt)"
grep -q 'take --test t' few/report.html || fail "the page does not warn of few features"
"$MIURA" "${few[@]}" --test t 2>err.txt && ! grep -q 'take --test t' err.txt || fail "a permutation test needs no prior"
"$MIURA" "${differential[@]}" --beta --out few --quiet 2>err.txt || fail "differential on beta values"
grep -q 'variances of the 600 features differ no more than chance' err.txt || fail "no warning of an infinite prior: $(cat err.txt)"

# ---- the same bytes on any layout ----
designs=("--m-values --annotation probes.csv --gene WNT5A" "--test t --annotation probes.csv --promoter TSS200" "--test wilcoxon --permutations 99 --hits p --annotation probes.csv" "--beta --hits p --alpha 0.01 --min-difference 0.1" "--pair clone" "--test welch" "--test wilcoxon --pair clone --hits p --alpha 0.1"
  "--test t --permutations 50 --seed 3" "--null-permutations 20 --side greater --annotation probes.csv" "--time other --hits p")
for design in "${designs[@]}"; do
  on 1 1 "${differential[@]}" $design --out layout1 --quiet || fail "differential $design"
  for layout in "1 2" "2 1" "3 1" "4 1"; do
    set -- $layout
    rm -rf other && on "$1" "$2" "${differential[@]}" $design --out other --quiet || fail "differential $design on $1 ranks"
    cmp layout1/report.html other/report.html || fail "the page of differential $design differs on $1 ranks x $2 threads"
    diff -r layout1/tables other/tables >/dev/null || fail "differential $design has other bytes on $1 ranks x $2 threads"
  done
  rm -rf layout1
done

# ---- knock-down over time: 4 pairs of cultures, three days, the difference grows; one gene is left alone ----
"$PYTHON" - <<'PYTHON' || fail "the time course"
import random
draw = random.Random(1)
names, rows = [], [[], [], []]
with open("days.csv", "w") as f:
    print("sample,group,day,culture", file=f)
    for pair in range(6):
        base = draw.gauss(0, 1)
        for group in ("control", "knock-down"):
            for day in (0, 4, 10):
                names.append(f"{group}{pair}d{day}")
                print(names[-1], group, day, pair, sep=",", file=f)
                down = group != "control"
                rows[0].append(base - (3 if down else 0) + draw.gauss(0, 0.3))
                rows[1].append(base + (day / 2 if down else 0) + draw.gauss(0, 0.3))
                rows[2].append(base + draw.gauss(0, 0.3))
with open("qpcr.tsv", "w") as f:
    print("gene", *names, sep="\t", file=f)
    for gene, values in zip(("ROR2", "PAX6", "ACTB"), rows):
        print(gene, *(round(v, 3) for v in values), sep="\t", file=f)
PYTHON
"$MIURA" differential qpcr.tsv --groups days.csv --reference control --pair culture --time day --hits p --out days --quiet || fail "over time"
course() { awk -F'\t' -v gene="$1" -v time="$2" -v want="$3" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == gene && $2 == time { print $at[want] }' days/tables/differential_times.tsv; }
[ "$(cut -f2 days/tables/differential_times.tsv | sed -n '2,6p' | tr '\n' ' ')" = "0 4 10 average interaction " ] || fail "times: $(cut -f1,2 days/tables/differential_times.tsv)"
[ "$(course ROR2 average p)" = 0.03125 ] && [ "$(course ROR2 average direction)" = down ] || fail "ROR2: $(course ROR2 average p)"
[ "$(course PAX6 interaction p)" = 0.03125 ] || fail "PAX6 does not rise with time: $(course PAX6 interaction p)"
[ "$(course PAX6 10 direction)" = up ] && [ -z "$(course ACTB 10 direction)" ] || fail "day 10"
[ "$(course ROR2 average n_perm)" = 64 ] && [ "$(course ROR2 average perm_type)" = exact ] || fail "relabelings"

# ---- what the user can mend ----
"$MIURA" "${differential[@]}" --hits p --alpha 0.01 --dump-config >dumped.ini && "$MIURA" differential --config dumped.ini --dump-config | diff - dumped.ini || fail "a dumped configuration is not the same when read again"
refused() { expect "$1" "$2" 1 "${@:3}" --out one; }
before=$(sha256sum one/tables/*)
refused 64 'no table' differential
refused 64 'no sheet of groups' differential beta.csv
refused 64 'say which group' differential beta.csv --groups sheet.csv
refused 65 'column group: has no group control; there is KD, WT' differential beta.csv --groups sheet.csv --reference control
refused 65 'column other: has the groups a, b, c: say which' differential beta.csv --groups sheet.csv --group other --reference a
refused 65 'has no other group z' differential beta.csv --groups sheet.csv --group other --reference a --compared z
refused 65 'column grup: is missing; did you mean .group' differential beta.csv --groups sheet.csv --group grup --reference WT
refused 65 'column other: pair a has 2 samples of WT and 2 of KD' "${differential[@]}" --pair other
refused 64 'unit goes with --time' "${differential[@]}" --unit clone
refused 64 'annotation and --time' "${differential[@]}" --time clone --annotation probes.csv
sed 's/^S/s/' sheet.csv >lower.csv
refused 65 "lower.csv: column sample: names none of the samples of beta.csv: names are compared as they stand, e.g. 's0' with 'S0'" differential beta.csv --groups lower.csv --reference WT
tr ',' ' ' <beta.csv >spaces.csv
refused 65 'spaces.csv:1: has one column: names of samples are to follow between commas, semicolons or tabs' differential spaces.csv --groups sheet.csv --reference WT
refused 64 "promoter: probes.csv has no region class TSS20; there is TSS1500, TSS200" "${differential[@]}" --annotation probes.csv --promoter TSS20
refused 64 '--gene needs an --annotation' "${differential[@]}" --gene WNT5A
refused 65 "probes.csv: no feature of beta.csv lies in gene WNT5B; did you mean 'WNT5A'" "${differential[@]}" --annotation probes.csv --gene WNT5B
cut -d, -f1-3 probes.csv >placeless.csv
refused 65 'placeless.csv: has no columns chromosome and position' "${differential[@]}" --annotation placeless.csv --gene WNT5A
refused 64 "test is one of moderated, t, welch, wilcoxon, not 'limma'" "${differential[@]}" --test limma
refused 64 "Welch's test has no pairs" "${differential[@]}" --test welch --pair clone
refused 64 'alpha lies between' "${differential[@]}" --alpha 0
refused 66 'absent.csv: not found' "${differential[@]}" --annotation absent.csv
refused 65 'has no columns probe, gene and region_class' "${differential[@]}" --annotation sheet.csv
sed 's/^cg/ch/' probes.csv >others.csv
refused 65 'names none of the features' "${differential[@]}" --annotation others.csv
sed '2s/,[^,]*/,1.2/' beta.csv >bad.csv
expect 65 'column S0: 1.2 of cg0 is no beta value' 3 differential bad.csv --groups sheet.csv --reference WT --beta --out one
[ "$before" = "$(sha256sum one/tables/*)" ] || fail "a refused run changed an older result"

# ---- the answers of limma: 450k probes of 12 samples by sex, and leukemias ----
bulk="$SOURCE/../shared/golden/bulk"
if [ ! -d "$bulk" ]; then
  echo "the golden tables of ../shared are absent: not compared with them"
  exit 0
fi
sheet_of() { { echo "sample,class"; paste -d, <(tr '\t' '\n' | tr -d ' ' | sed '/^$/d') "$1"; } }
gzip -dc "$bulk/data/melon450k_beta_3363x12.tsv.gz" | tr -d ' ' | awk -F'\t' 'NR == 1 || !/NA/' >melon.tsv
head -1 melon.tsv | sheet_of "$bulk/data/melon_sex.txt" >melon.csv
head -1 "$bulk/data/golub_expr.tsv" | sheet_of "$bulk/data/golub_class.txt" >golub.csv
"$MIURA" differential melon.tsv --groups melon.csv --group class --reference F --m-values --out melon --quiet || fail "450k"
"$MIURA" differential "$bulk/data/golub_expr.tsv" --groups golub.csv --group class --reference 0 --null-permutations 50 --out golub --quiet || fail "golub"
"$MIURA" differential melon.tsv --groups melon.csv --group class --reference F --m-values --test t --hits p --out melon_max --null-permutations 0 --quiet || fail "450k by relabeling"
"$PYTHON" - "$bulk" <<'PYTHON' || fail "multtest has other figures for the 450k array"
import csv, sys
found = {row["feature"]: row for row in csv.DictReader(open("melon_max/tables/differential.tsv"), delimiter="\t")}
lines = open(f"{sys.argv[1]}/methyl/maxT_teq_Mvalue_B792.tsv").read().splitlines()[1:]
assert len(lines) == len(found) == 3291, (len(lines), len(found))
for line in lines:  # index, statistic, raw and adjusted p of all 792 labelings
    cells = line.split("\t")
    row, statistic = found[cells[0]], float(cells[2])
    assert abs(float(row["statistic"]) - statistic) <= 1e-10 * abs(statistic), (cells[0], row["statistic"])
    for column, at in (("p", 3), ("p_maxT", 4)):
        assert round(792 * float(row[column])) == round(792 * float(cells[at])), (cells[0], column, row[column])
PYTHON
"$PYTHON" - "$bulk" <<'PYTHON' || fail "limma has other figures"
import csv, sys
for name, golden, difference, rows in (("melon", "methyl/limma_sex.tsv", "difference_m", 3291), ("golub", "golub/limma_top50.tsv", "difference", 50)):
    found = {row["feature"]: row for row in csv.DictReader(open(f"{name}/tables/differential.tsv"), delimiter="\t")}
    lines = open(f"{sys.argv[1]}/{golden}").read().splitlines()[1:]
    assert len(lines) == rows, len(lines)
    for line in lines:
        cells = line.split("\t")
        for column, at in ((difference, 1), ("statistic", 3), ("p", 4), ("q_bh", 5)):
            wanted = float(cells[at])
            assert abs(float(found[cells[0]][column]) - wanted) <= 1e-10 * abs(wanted), (name, cells[0], column)
PYTHON
echo passed
