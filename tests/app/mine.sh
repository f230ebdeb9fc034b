#!/usr/bin/env bash
# miura mine: a planted panel of ten training and thirteen test lines, from the user's tables to what replicates, alike
# on any layout; and what the user can mend.
. "$SOURCE/tests/app/support.sh"

"$PYTHON" "$SOURCE/tests/app/planted_lines.py" . || fail "planted lines"
mine=(mine mine.ini --mining.affordable 1000000 --mining.permutations 999)
on 1 1 "${mine[@]}" --out one --quiet || fail "mine"
for table in mining_counts mining_probes mining_intersections mining_replication mining_replication_terms propensity propensity_markers marker_expression outcome_correlation survivors lines specification; do
  [ "$(wc -l <one/tables/$table.tsv)" -ge 2 ] || fail "table $table is empty"
done
for layout in "1 2" "2 1" "3 1" "4 1"; do
  on $layout "${mine[@]}" --out layout --quiet || fail "mine on $layout ranks and threads"
  diff -r one/tables layout/tables || fail "tables differ on $layout ranks and threads"
  cmp one/report.html layout/report.html || fail "the page differs on $layout ranks and threads"
  rm -r layout
done
grep -q 'Confirmed in other lines: .*SALL3' one/report.html || fail "the page does not say what is confirmed"
grep -q "$(sha256sum array.csv | cut -d' ' -f1)" one/report.html || fail "the page has no hash of its inputs"
[ "$(awk -F'\t' '$1 == "ecto" && $2 == "train" && $6 == "PAX6"' one/tables/marker_expression.tsv | wc -l)" -eq 10 ] || fail "expression of a marker"
on 1 1 inspect --verify one >/dev/null || fail "checksums"

# rows TABLE CONDITION: how many rows of a table meet an awk condition on its columns, written as c["name"]
rows() { awk -F'\t' "NR == 1 { for (i = 1; i <= NF; ++i) name[i] = \$i; next } { for (i = 1; i <= NF; ++i) c[name[i]] = \$i; if ($2) ++n } END { print n + 0 }" "one/tables/$1.tsv"; }
[ "$(rows mining_intersections 'c["gene"] == "SALL3" && c["intersection"] == "switch" && c["member"] == 1')" -eq 3 ] || fail "the switch gene is not in its intersection"
[ "$(rows mining_intersections 'c["gene"] == "SALL3" && c["intersection"] == "platforms" && c["member"] == 1')" -eq 2 ] || fail "the switch gene is not seen on both platforms"
[ "$(rows mining_replication 'c["gene"] == "SALL3" && c["rule"] == "switch" && c["replicated"] == 1')" -eq 1 ] || fail "the switch gene does not survive the test lines"
[ "$(rows mining_replication 'c["naive"] == 1 && c["train_rho"] * c["test_rho"] <= 0')" -eq 0 ] || fail "rho of training and test lines are of different terms"
[ "$(rows mining_replication 'c["gene"] == "SALL3" && c["rule"] == "switch" && c["term"] ~ /^array\/(ecto|meso|endo):[+-]$/')" -eq 1 ] || fail "no term beside rho"
[ "$(rows mining_replication_terms 'c["gene"] == "SALL3" && c["rule"] == "switch" && c["tested_in"] == "array_test" && (c["sign"] == "+") == (c["train_rho"] > 0) && c["train_rho"] * c["test_rho"] > 0')" -eq 3 ] || fail "the switch gene, term by term"
[ "$(rows mining_counts 'c["kind"] == "intersection" && c["n_lines"] == 10 && c["p"] > 0 && c["p"] <= 1')" -eq 2 ] || fail "counts of intersections"
[ "$(rows mining_probes 'c["gene"] == "PAX6" && c["outcome"] == "ecto" && c["measurement"] == "array"')" -eq 0 ] || fail "a marker is tested in its own samples"
[ "$(rows propensity 'c["outcome"] == "ecto" && c["set"] == "test"')" -eq 13 ] || fail "test lines have no propensity"
[ "$(rows lines 'c["set"] == "test" && c["selected"] != ""')" -gt 0 ] || fail "no test line is judged by a threshold"

# ---- test lines decide nothing of training ----
digest=$(grep -o '"training_choices_sha256": "[0-9a-f]*"' one/provenance.json) || fail "no digest of the choices"
opened=$(grep -n 'training has made its choices' one/log.txt | cut -d: -f1)
[ -n "$opened" ] || fail "the choices are not in the log"
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= NF; ++i) $i = $i * 3 + NR + i } 1' array_test.csv >other.csv && mv other.csv array_test.csv
on 1 1 "${mine[@]}" --out other --quiet || fail "mine with other test values"
grep -qF "$digest" other/provenance.json || fail "other test values changed a choice of training"
cmp one/tables/mining_probes.tsv other/tables/mining_probes.tsv || fail "other test values changed a training table"
cmp -s one/tables/mining_replication.tsv other/tables/mining_replication.tsv && fail "other test values changed nothing"

# ---- what the user can mend ----
variant() { sed "$1" mine.ini >variant.ini; }
for ranks in 1 2; do
  variant 's/^platform = array$/platfrom = array/'
  expect 64 "variant.ini:[0-9]+: unknown option 'platfrom' of \[measurement.array\]; did you mean 'platform'" $ranks mine variant.ini
  variant 's/^rule = ecto:s /rule = ekto:s /'
  expect 64 "variant.ini:[0-9]+: 'ekto' is no outcome and no measurement of training lines; did you mean 'ecto'" $ranks mine variant.ini
  variant 's/^measurement = qpcr$/measurement = qpcrs/'
  expect 64 "variant.ini:[0-9]+: no \[measurement.qpcrs\]; did you mean 'qpcr'" $ranks mine variant.ini
  variant 's/^table = array_test.csv/table = array.csv/'
  expect 65 'array.csv: .*a line of the test set is one of the training lines \(lot line01\)' $ranks mine variant.ini --mining.affordable 1 --mining.permutations 9 --out overlap
  variant 's/^table = cage.csv/table = gone.csv/'
  expect 66 'gone.csv: not found' $ranks mine variant.ini
  variant 's/-s endo/+ endo/'
  expect 64 'signs \+ and -, or s and -s for either direction, not both' $ranks mine variant.ini
  variant 's/^rule = ecto:s .*/&\nthreshold = 2/'
  expect 64 'variant.ini:[0-9]+: threshold lies between 0 and 0.5, not 2' $ranks mine variant.ini
done
expect 64 'no configuration: miura mine MINE.ini' 1 mine
expect 64 "mining.list is one of hits, all, not 'some'" 1 mine mine.ini --mining.list some
on 1 1 mine mine.ini --dump-config | grep -qxF '[measurement.array]' || fail "dump of named sections"
echo OK
