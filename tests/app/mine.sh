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
renders_again one

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

# ---- a threshold of each term ----
sed 's/^rule = ecto:s .*/rule = ecto:s@0.01 meso:-s endo:-s@0.2/' mine.ini >terms.ini
on 1 1 mine terms.ini --mining.affordable 1000000 --mining.permutations 999 --out terms --quiet || fail "a threshold of each term"
grep -q 'array/ecto:s@0.01 array/meso:-s array/endo:-s@0.2' terms/tables/mining_counts.tsv || fail "the rule does not name its thresholds"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $at["intersection"] == "switch" && $at["p_one_sided"] > ($at["outcome"] == "ecto" ? 0.005 : $at["outcome"] == "endo" ? 0.1 : 0.025) { exit 1 }' \
  terms/tables/mining_intersections.tsv || fail "a member is beyond the threshold of a term"

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
  variant 's/^rule = ecto:s .*/rule = ecto:s@0.7 meso:-s/'
  expect 64 'variant.ini:[0-9]+: threshold lies between 0 and 0.5, not 0.7: it is the p of a hit' $ranks mine variant.ini
  variant 's/^rule = ecto:s .*/rule = ecto:s@strict meso:-s/'
  expect 64 "variant.ini:[0-9]+: the threshold of ecto:s@strict: 'strict' is not a number" $ranks mine variant.ini
done
variant 's/^\[measurement.array\]/[mesurement.array]/'
expect 64 "variant.ini:[0-9]+: unknown option 'mesurement.array.table'; did you mean \[measurement.array\]" 1 mine variant.ini
variant 's/^rule = array:+ cage:+/rule = array:+, cage:+/'
expect 64 "'array:\+,' is not NAME:SIGN or NAME:SIGN@P between spaces" 1 mine variant.ini
variant 's/^propensity = PAX6, .*/propensity = pax6, sox1/'
expect 65 "variant.ini:[0-9]+: \[outcome.ecto\]: none of the markers pax6, sox1 is in measurement qpcr: .*'pax6' with 'PAX6'" 1 mine variant.ini --out refused
variant 's/^propensity = PAX6, .*/propensity = ectoderm.txt/'
expect 66 'ectoderm.txt: not found' 1 mine variant.ini
sed 's/^p_/q_/' array_genes.csv >other_genes.csv
variant 's/^genes = array_genes.csv/genes = other_genes.csv/'
expect 65 "other_genes.csv: names none of the features of .*array.csv: names are compared as they stand, e.g. 'q_[A-Z0-9]*' with 'p_SALL3'" 1 mine variant.ini --out refused
{ echo line,yield,grade; for i in 01 02 03; do echo "line$i,$([ $i = 03 ] && echo NA || echo 1$i),a"; done; echo Line04,3,b; } >yield.csv
sheet() { printf '[mining]\nsheet = yield.csv\n[measurement.array]\ntable = array.csv\n[outcome.y]\ncolumn = %s\n' "$1" >sheet.ini; }
sheet yield
expect 65 'yield.csv: column yield: is known of 2 of the 10 training lines; at least 3 are needed' 1 mine sheet.ini --out refused
sheet yeild
expect 65 'yield.csv:1: column yeild: is missing; there is line, yield, grade' 1 mine sheet.ini --out refused
sheet grade
expect 65 "yield.csv:2: column grade: 'a' is not a number" 1 mine sheet.ini --out refused
expect 64 'no configuration: miura mine MINE.ini' 1 mine
expect 64 "mining.list is one of hits, all, not 'some'" 1 mine mine.ini --mining.list some
on 1 1 mine mine.ini --dump-config | grep -qxF '[measurement.array]' || fail "dump of named sections"
echo OK
