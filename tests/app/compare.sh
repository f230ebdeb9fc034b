#!/usr/bin/env bash
# miura compare: deviation, comparability and specification of the lots of a finished study, alike on any layout.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 9 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet >/dev/null || fail "simulate"
# the last four training lots come from a new process
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; if (!at["process"]) { $0 = $0 ",process"; added = 1 } print; next }
  { word = ($1 ~ /0[6-9]$/) ? "new" : "standard"; if (added) $0 = $0 "," word; else $at["process"] = word; print }' study/samples.csv >study/changed.csv
on 1 1 run study/study.ini --study.samples changed.csv --neighborhoods.test false --genes.test false --out result --quiet || fail "run"

change=(compare result --samples study/changed.csv --before standard --after new --cluster 0 --outcome vegf_ischemia
  --margin wide:0=50 --margin narrow:0=0.000001 --margin wide:vegf_ischemia=1e9 --require 'vegf_ischemia<=1e9')
on 1 1 "${change[@]}" --out one >one.txt || fail "compare"
on 1 2 "${change[@]}" --out threads --quiet || fail "compare with two threads"
on 3 1 "${change[@]}" --out ranks --quiet || fail "compare on three ranks"
for table in deviation heterogeneity comparability comparability_verdict specification; do
  [ "$(wc -l <one/tables/$table.tsv)" -ge 2 ] || fail "table $table is empty"
  cmp one/tables/$table.tsv threads/tables/$table.tsv || fail "$table differs with two threads"
  cmp one/tables/$table.tsv ranks/tables/$table.tsv || fail "$table differs on three ranks"
done
cell() { awk -F'\t' -v row="$2" -v want="$3" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == row { print $at[want]; exit }' "one/tables/$1.tsv"; }
[ "$(cell comparability_verdict wide result)" = equivalent ] || fail "within wide margins: $(cell comparability_verdict wide result)"
[ "$(cell comparability_verdict narrow result)" != equivalent ] || fail "equivalent within a margin of nothing"
cell comparability_verdict wide verdict | grep -q 'does not prove comparability (ICH Q5E)' || fail "the verdict says too much"
grep -q 'similar in the observed attributes for wide' one.txt || fail "the verdict is not told"
[ "$(cell comparability wide n1)" -eq 5 ] && [ "$(cell comparability wide n2)" -eq 4 ] || fail "other lots were compared"
[ "$(cell specification 0 status)" = NOT_TESTED ] || fail "a requirement that all lots meet has a threshold"
[ "$(cell specification 0 requirement)" = 1000000000 ] || [ "$(cell specification 0 requirement)" = 1e+09 ] || fail "requirement: $(cell specification 0 requirement)"
on 1 1 inspect --verify one >/dev/null || fail "checksums"

# ---- without a change there is the deviation, and of new lots what the embedding tells ----
on 2 1 compare result --quiet || fail "compare without a change"
[ ! -e result-comparison/tables/comparability.tsv ] || fail "a comparison that nobody asked for"
awk -F'\t' '$3 == "test" { print $4 }' result-comparison/tables/deviation.tsv | sort | tr '\n' ' ' | grep -qx 'mean_embedding sliced_w2 ' || fail "statistics of a lot without shares"

# ---- what the user can mend ----
for ranks in 1 2; do
  expect 66 'nothing/tables/lots.tsv: not found' $ranks compare nothing
  expect 64 '--cluster 99: the partition has 0, 1' $ranks compare result --cluster 99
  expect 64 '--before and --after go together' $ranks compare result --before standard
  expect 64 'no lot has process newer; there is standard, new' $ranks compare result --before standard --after newer --cluster 0
  expect 64 'is no --cluster or --outcome' $ranks compare result --margin 0=1
  expect 64 'a margin is above 0' $ranks compare result --cluster 0 --margin 0=-1
  expect 64 '--require is OUTCOME>=VALUE' $ranks compare result --cluster 0 --require 3
  expect 64 '--partition is one of none,' $ranks compare result --partition none
done
"$MIURA" compare result --cluster 0 --cluster 1 --margin a:0=2 --dump-config >compare.ini || fail "--dump-config"
"$MIURA" compare --config compare.ini --dump-config | diff - compare.ini || fail "a dumped configuration is not the same when read again"
echo passed
