#!/usr/bin/env bash
# miura associate: the same bytes on any layout, the result folder, bad input of every kind, real blood cells as a near-null,
# and the answers of independent programs.
. "$SOURCE/tests/app/support.sh"

# ---- a table of 30 features and 9 samples; the first goes with vegf, within sources too ----
"$PYTHON" - <<'PYTHON' || fail "the table"
import random
draw = random.Random(5)
samples = [f"L{i}" for i in range(9)]
vegf = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
with open("table.tsv", "w") as f:
    print("feature", *samples, sep="\t", file=f)
    print("state", *(v * v for v in vegf), sep="\t", file=f)
    for i in range(28):
        print(f"noise{i}", *(round(draw.random(), 3) for _ in samples), sep="\t", file=f)
    print("partly", *([0.5, "NA"] + [round(draw.random(), 3) for _ in range(7)]), sep="\t", file=f)
with open("sheet.csv", "w") as f:
    print("sample,source,vegf,ido,passage,sick,comment", file=f)
    for i, s in enumerate(samples):
        print(s, "BM" if i % 2 else "AD", vegf[i], "" if i == 4 else round(draw.random(), 3), i % 4, i % 2, "kept cold", sep=",", file=f)
    print("L99,UC,3,3,3,0,of another study", file=f)
PYTHON
associate=(associate table.tsv --outcomes sheet.csv)
OMP_NUM_THREADS=1 "$MIURA" "${associate[@]}" --out one >out.txt 2>err.txt || fail "associate: $(cat err.txt)"
[ ! -s out.txt ] || fail "associate writes to stdout"
grep -q 'has no column for L99: passed over' err.txt || fail "no warning of a sample without values: $(cat err.txt)"
table=one/tables/association.tsv
[ "$(head -1 $table | tr '\t' '\n' | sed -n '1,4p;28,29p' | tr '\n' ' ')" = "family feature outcome n family_size statistic " ] || fail "header: $(head -1 $table)"
[ "$(wc -l <$table)" -eq 121 ] || fail "not 30 features x 4 numeric columns"
[ "$(cut -f1,3 $table | sort -u | tail -n +1 | grep -c primary)" -eq 1 ] || fail "more than one primary outcome"
awk -F'\t' '$2 == "state" && $3 == "vegf" && $9 == 1 && $19 < 0.05 && $26 == "OK"' $table | grep -q . || fail "the planted feature is not found"
awk -F'\t' '$2 == "partly" && $3 == "vegf" && $26 == "NOT_TESTED" && $27 == "INCOMPLETE" && $14 != "NaN" && $19 == "NaN"' $table | grep -q . || fail "a missing value"
"$MIURA" inspect --verify one >/dev/null || fail "--verify"
"$MIURA" inspect one | grep -q association.tsv || fail "inspect"
grep -q '"command": "associate"' one/provenance.json || fail "provenance.json"
grep -q 'primary family: 29 tests' one/log.txt || fail "log.txt: $(cat one/log.txt)"
[ "$(find one -name '*.part' | wc -l)" -eq 0 ] || fail "unfinished files are left"

# ---- the same bytes on any layout ----
designs=("" "--strata source --outcome vegf" "--covariate passage --outcome vegf --outcome ido --primary ido" "--statistic welch --outcome sick"
  "--statistic wilcoxon --outcome sick --correction min-p" "--side greater --outcome vegf --ci bca" "--outcome vegf --exact-up-to 6 --permutations 5000 --seed 3")
for design in "${designs[@]}"; do
  on 1 1 "${associate[@]}" $design --out layout1 --quiet || fail "associate $design"
  for layout in "2 2" "3 1" "4 1"; do
    set -- $layout
    on "$1" "$2" "${associate[@]}" $design --out "layout$1" --quiet || fail "associate $design on $1 ranks"
    cmp -s layout1/tables/association.tsv "layout$1/tables/association.tsv" || fail "associate $design has other bytes on $1 ranks"
  done
done
"$MIURA" "${associate[@]}" --side less --alpha 0.1 --dump-config >dumped.ini || fail "--dump-config"
"$MIURA" associate --config dumped.ini --out dumped --quiet || fail "a dumped configuration"
"$MIURA" "${associate[@]}" --side less --alpha 0.1 --out given --quiet && cmp -s {dumped,given}/tables/association.tsv || fail "a dumped configuration gives another result"
gzip -nk table.tsv && "$MIURA" associate table.tsv.gz --outcomes sheet.csv --out zipped --quiet && cmp -s {one,zipped}/tables/association.tsv || fail "a packed table"

# ---- bad input: one line, the code, and the older result stays ----
before=$(sha256sum one/tables/* one/provenance.json)
refused() { expect "$1" "$2" 1 associate "${@:3}" --out one; }
refused 64 'no table' --outcomes sheet.csv
refused 64 'no sheet' table.tsv
refused 64 "statistic is one of spearman, t, welch, wilcoxon, not 'tt'" table.tsv --outcomes sheet.csv --statistic tt
refused 64 "side is one of two-sided, greater, less, not 'up'" table.tsv --outcomes sheet.csv --side up
refused 64 'alpha lies between' table.tsv --outcomes sheet.csv --alpha 2
refused 64 'exact-up-to lies between 2 and 13' table.tsv --outcomes sheet.csv --exact-up-to 40
refused 64 "unknown option 'outcom'; did you mean 'outcomes'" table.tsv --outcomes sheet.csv --outcom vegf
refused 64 'source is an outcome and the strata' table.tsv --outcomes sheet.csv --outcome source --strata source
refused 64 'outcome vegf has 9 different values; two groups need two' table.tsv --outcomes sheet.csv --outcome vegf --statistic t
refused 64 'without strata and covariate' table.tsv --outcomes sheet.csv --outcome sick --statistic t --strata source
refused 64 'outcome vegf is named twice' table.tsv --outcomes sheet.csv --outcome vegf --outcome vegf
refused 66 'absent.tsv: not found' absent.tsv --outcomes sheet.csv
refused 66 'absent.csv: not found' table.tsv --outcomes absent.csv
refused 65 "column vgef: is missing" table.tsv --outcomes sheet.csv --outcome vgef
refused 65 "sheet.csv:2: column comment: 'kept cold' is not a number" table.tsv --outcomes sheet.csv --outcome comment
sed '1s/$/,constant/; 2,$s/$/,7/' sheet.csv >constant.csv
refused 65 'column constant: does not vary' table.tsv --outcomes constant.csv --outcome vegf --covariate constant
sed 's/state\t2.25/state\thigh/' table.tsv >bad.tsv
refused 65 "bad.tsv:2: column L0: 'high' is not a number" bad.tsv --outcomes sheet.csv
sed 's/state\t2.25/state\tInf/' table.tsv >bad.tsv
expect 65 "bad.tsv:2: column L0: 'Inf' is not a finite number" 3 associate bad.tsv --outcomes sheet.csv --out one
sed 's/^L/M/' sheet.csv >bad.csv
refused 65 'names none of the samples' table.tsv --outcomes bad.csv
[ "$before" = "$(sha256sum one/tables/* one/provenance.json)" ] || fail "a refused run changed an older result"
mkdir study && echo '{"program": "miura", "outputs": {}}' >study/provenance.json
expect 73 'holds the result of another command' 1 "${associate[@]}" --out study
expect 73 'cannot be created' 1 "${associate[@]}" --out table.tsv/inside

# ---- real blood cells: age and sex of 40 donors, where nothing is to be found ----
blood="$SOURCE/tests/data/onek1k_40donors"
for test in "age spearman" "sex wilcoxon"; do
  set -- $test
  "$MIURA" associate "$blood/cell_type_shares.tsv" --outcomes "$blood/samples.csv" --outcome "$1" --statistic "$2" --out "$1" --quiet || fail "blood cells: $1"
  awk -F'\t' 'NR > 1 && $19 < 0.05' "$1/tables/association.tsv" | grep -q . && fail "a cell type is declared to go with $1"
done
"$PYTHON" - "$blood/scipy.tsv" <<'PYTHON' || fail "scipy has other figures"
import csv, math, sys
rows = lambda path: {row["feature"]: row for row in csv.DictReader(open(path), delimiter="\t")}
age, sex = rows("age/tables/association.tsv"), rows("sex/tables/association.tsv")
for name, wanted in rows(sys.argv[1]).items():
    assert abs(float(age[name]["rho"]) - float(wanted["rho_age"])) < 1e-12, name
    p = float(wanted["p_rank_sum_sex"])
    assert abs(float(sex[name]["p_exact"]) - p) < 5 * math.sqrt(p * (1 - p) / 99_999), name  # drawn relabelings
PYTHON

# ---- the answers of other programs ----
shared="$SOURCE/../shared"
if [ ! -d "$shared/golden/bulk" ]; then
  echo "the golden tables of ../shared are absent: not compared with them"
  exit 0
fi
mkdir golden && "$PYTHON" "$SOURCE/tests/app/associate_golden.py" "$MIURA" "$shared" golden || fail "golden tables"
