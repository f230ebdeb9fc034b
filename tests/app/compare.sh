#!/usr/bin/env bash
# miura compare: deviation, comparability and specification of the lots of a finished study, alike on any layout.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 9 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --pairs 4 --cells-per-lot 80 --genes 800 --quiet >/dev/null || fail "simulate"
# the last four training lots come from a new process; those of the pairs stay before and after another change
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i } $1 ~ /^BM0[6-9]/ { $at["process"] = "new" } { print }' study/samples.csv >study/changed.csv
on 1 1 run study/study.ini --study.samples changed.csv --neighborhoods.test false --genes.test false --stability.replicates 0 --cluster.resolution 1 --integrate.by none --out result --quiet || fail "run"

change=(compare result --samples study/changed.csv --before standard --after new --cluster 0 --outcome vegf_ischemia
  --marker LRRC75A --marker LRRC75A:0 --components 2 --margin wide:components=30 --margin wide:LRRC75A=20 --margin wide:LRRC75A:0=20
  --margin-from fn:vegf_ischemia=100 --margin wide:0=50 --margin narrow:0=0.000001 --margin wide:vegf_ischemia=1e9 --require 'vegf_ischemia<=1e9')
on 1 1 "${change[@]}" --out one >one.txt || fail "compare"
on 1 2 "${change[@]}" --out threads --quiet || fail "compare with two threads"
on 3 1 "${change[@]}" --out ranks --quiet || fail "compare on three ranks"
for table in deviation heterogeneity comparability comparability_verdict margin specification; do
  [ "$(wc -l <one/tables/$table.tsv)" -ge 2 ] || fail "table $table is empty"
  cmp one/tables/$table.tsv threads/tables/$table.tsv || fail "$table differs with two threads"
  cmp one/tables/$table.tsv ranks/tables/$table.tsv || fail "$table differs on three ranks"
done
cmp one/report.html ranks/report.html || fail "the page differs on three ranks"
for words in 'wide: cluster 0, logit of its share: [+-]' 'wide: LRRC75A:0, log2 counts per million: [+-]' 'fn: vegf_ischemia, in its own unit: [+-]' 'wide: composition, distance in [12] components in standard deviations: '; do
  grep -qE "^  $words" one.txt || fail "no '$words' in what compare prints: $(cat one.txt)"
done
renders_again one
grep -q 'similar in the observed attributes for wide' one/report.html && grep -q 'From claim to specification' one/report.html || fail "the page"
folder=one
cell() { awk -F'\t' -v row="$2" -v want="$3" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == row { print $at[want]; exit }' "$folder/tables/$1.tsv"; }
# of USE ENDPOINT COLUMN: a cell of comparability.tsv
of() { awk -F'\t' -v use="$1" -v name="$2" -v want="$3" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == use && $2 == name { print $at[want]; exit }' "$folder/tables/comparability.tsv"; }
[ "$(cell comparability_verdict wide result)" = equivalent ] || fail "within wide margins: $(cell comparability_verdict wide result)"
[ "$(cell comparability_verdict narrow result)" != equivalent ] || fail "equivalent within a margin of nothing"
cell comparability_verdict wide verdict | grep -q 'does not prove comparability (ICH Q5E)' || fail "the verdict says too much"
grep -q 'similar in the observed attributes for wide' one.txt || fail "the verdict is not told"
[ "$(cell comparability wide n1)" -eq 6 ] && [ "$(cell comparability wide n2)" -eq 4 ] || fail "other lots were compared"
[ "$(cell specification 0 status)" = NOT_TESTED ] || fail "a requirement that all lots meet has a threshold"
[ "$(cell specification 0 requirement)" = 1000000000 ] || [ "$(cell specification 0 requirement)" = 1e+09 ] || fail "requirement: $(cell specification 0 requirement)"
on 1 1 inspect --verify one >/dev/null || fail "checksums"

# ---- components, markers, and margins from the outcome ----
[ "$(of wide components test)" = noncentral_f ] && [ "$(of wide components result)" = equivalent ] || fail "components: $(of wide components result)"
[ "$(of wide components n1)" -eq 6 ] && [ "$(of wide components false_accept)" = 0.05 ] || fail "rates of the components"
[ "$(of wide LRRC75A kind)" = marker ] && [ "$(of wide LRRC75A:0 margin)" = 20 ] || fail "markers: $(of wide LRRC75A kind)"
[ "$(of fn vegf_ischemia margin)" = 100 ] || fail "the margin of the outcome itself: $(of fn vegf_ischemia margin)"
[ "$(of fn 0 margin)" = "$(cell margin fn margin)" ] && of fn 0 flags | grep -q MARGIN_FROM_OUTCOME || fail "the margin of a cluster: $(of fn 0 margin)"
[ "$(cell margin fn n)" -eq 5 ] || fail "margins are from training lots that are not after the change: $(cell margin fn n)"
grep -q 'LRRC75A:0' one/tables/specification.tsv || fail "no specification of a marker"
if "$PYTHON" -c 'import anndata' 2>/dev/null; then
  "$PYTHON" - result/study.h5ad "$(of wide LRRC75A:0 diff)" "$(of wide LRRC75A:0 n1)" "$(of wide LRRC75A:0 n2)" <<'PY' || fail "the expression of a marker is another one by anndata"
import sys, anndata, numpy as np
a = anndata.read_h5ad(sys.argv[1])
assert a.uns["miura"]["transferred"].endswith(",1,0"), a.uns["miura"]["transferred"]  # the primary partition
cluster = a.obs["cluster"].astype(object).where(a.obs["cluster"].notna(), a.obs["mapped_cluster"].astype(object))
depth, seen = {}, {}
for lot in a.obs["lot"].cat.categories:
    cells = ((a.obs["lot"] == lot) & (cluster == "0")).to_numpy()
    if cells.sum() >= 10:
        depth[lot] = a.layers["counts"][cells].sum()
        seen[lot] = a.layers["counts"][cells][:, a.var_names.get_loc("LRRC75A")].sum()
prior = 2 / np.mean(list(depth.values()))
value = {lot: np.log2(1e6 / (1 + 2 * prior) * (seen[lot] / depth[lot] + prior)) for lot in depth}
after, before = ([v for lot, v in value.items() if lot in lots] for lots in ([f"BM0{i}" for i in range(6, 10)], [f"BM0{i}" for i in range(1, 6)] + ["BM10"]))
assert (len(before), len(after)) == (int(sys.argv[3]), int(sys.argv[4])), (before, after)
assert abs(np.mean(after) - np.mean(before) - float(sys.argv[2])) < 1e-9, (np.mean(after) - np.mean(before), sys.argv[2])
PY
fi

# ---- lots before and after a change are found by themselves, and so are their pairs, though they are mapped ----
on 2 1 compare result --cluster 0 --cluster 1 --components 2 --margin 0=50 --margin 1=50 --margin components=100 --out pairs --quiet || fail "compare the pairs"
folder=pairs
[ "$(of '' 0 test)" = paired ] && [ "$(of '' 0 n2)" -eq 4 ] && [ "$(of '' 1 result)" = equivalent ] || fail "pairs: $(cat pairs/tables/comparability.tsv)"
of '' components flags | grep -q PAIRS_IGNORED || fail "components of pairs"
cell comparability_verdict '' verdict | grep -q 'no function was compared, although vegf_ischemia was measured' || fail "the verdict leaves function out: $(cell comparability_verdict '' verdict)"
on 1 1 compare result --samples study/changed.csv --cluster 0 --margin 0=50 --margin vegf_ischemia=1e9 --out function --quiet || fail "compare with function"
folder=function
[ "$(of '' vegf_ischemia kind)" = outcome ] || fail "the primary outcome was not compared by itself"
cell comparability_verdict '' verdict | grep -q 'function among them' || fail "composition and function: $(cell comparability_verdict '' verdict)"

# ---- without a change there is the deviation ----
on 2 1 compare result --quiet || fail "compare without a change"
[ ! -e result-comparison/tables/comparability.tsv ] || fail "a comparison that nobody asked for"
for role in test process train; do
  awk -F'\t' -v role=$role '$3 == role { print $4 }' result-comparison/tables/deviation.tsv | sort -u | tr '\n' ' ' |
    grep -qx 'aitchison mean_embedding outside_share sliced_w2 ' || fail "statistics of a lot with role $role"
done
cp -r result unmapped && rm unmapped/tables/mapped_lots.tsv
on 1 1 compare unmapped --quiet 2>/dev/null || fail "compare without outside shares"
grep -q 'outside of the reference is not looked at' unmapped-comparison/log.txt || fail "the outside share is missing without a word"
! grep -q outside_share unmapped-comparison/tables/deviation.tsv || fail "an outside share from nowhere"

# ---- what the user can mend ----
for ranks in 1 2; do
  expect 66 'nothing/tables/lots.tsv: not found' $ranks compare nothing
  expect 64 '--cluster 99: the partition has 0, 1' $ranks compare result --cluster 99
  expect 64 '--before and --after go together' $ranks compare result --before standard
  expect 64 'no lot has process newer; there is after, before, new, standard' $ranks compare result --before standard --after newer --cluster 0
  expect 64 'is no --cluster, --marker or --outcome' $ranks compare result --margin 0=1
  expect 64 'the study has no gene NOGENE' $ranks compare result --marker NOGENE:0
  expect 64 '--marker LRRC75A:99: the partition has 0, 1' $ranks compare result --marker LRRC75A:99
  expect 64 '--components is 0 to 3' $ranks compare result --components 4
  expect 64 '--margin-from 0=1: 0 is no outcome' $ranks compare result --samples study/changed.csv --cluster 0 --margin-from 0=1
  expect 64 'a margin is above 0' $ranks compare result --cluster 0 --margin 0=-1
  expect 64 '--require is OUTCOME>=VALUE' $ranks compare result --cluster 0 --require 3
  expect 64 '--partition is one of none,' $ranks compare result --partition none
done
"$MIURA" compare result --cluster 0 --cluster 1 --margin a:0=2 --dump-config >compare.ini || fail "--dump-config"
"$MIURA" compare --config compare.ini --dump-config | diff - compare.ini || fail "a dumped configuration is not the same when read again"
echo passed
