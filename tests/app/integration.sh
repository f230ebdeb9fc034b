#!/usr/bin/env bash
# Integration of batches: by default by chemistry, the associations without it beside; several in one family; the same bits for
# any ranks x threads and after a stop; wrong declarations are refused before any work.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 120 --genes 900 --quiet >/dev/null ||
  fail "simulate"
# settings apart from the integration, so that there are some clusters and not many partitions
with=(--cluster.resolution 1.2 --cluster.resolutions 0.8,1.2 --cluster.seeds 2)
run() { on "$1" "$2" run study/study.ini --out "$3" "${with[@]}" "${@:4}" 2>log || fail "miura run ${*:4}: $(cat log)"; }

run 1 1 by_default
grep -q 'integration: chemistry (several chemistries with several lots each)' log || fail "the default is not by chemistry: $(cat log)"
run 2 1 chemistry --integrate.by chemistry
diff -r by_default/tables chemistry/tables || fail "the default is not what is declared as chemistry"
run 1 2 none --integrate.by none
[ ! -e none/tables/integration.tsv ] || fail "integration.tsv without integration"
run 1 1 several --integrate.by 'chemistry, none'
run 1 1 stronger --integrate.by chemistry --integrate.theta 2
"$PYTHON" "$SOURCE/tests/app/integration.py" chemistry none several stronger || fail "the runs do not fit together"
grep -q 'With and without integration' chemistry/report.html || fail "the page does not show both"
grep -q 'With and without integration' none/report.html && fail "the page shows both where there is one"

# ---- the same bits
all='lot,chemistry,none'
run 1 1 all1 --integrate.by "$all"
grep -q 'integrated by lot: what truly differs' log || fail "no warning about an integration by lot: $(cat log)"
for layout in '2 1' '3 1' '4 1' '1 2'; do
  set -- $layout
  run "$1" "$2" "all$1$2" --integrate.by "$all"
  "$MIURA" inspect --diff all1 "all$1$2" || fail "$1 ranks x $2 threads give other results"
done

# ---- stage after stage
run 2 1 steps --integrate.by "$all" --to integrate
grep -q 'stopped after stage integrate' log || fail "$(cat log)"
run 3 1 steps --integrate.by "$all" --from integrate --to integrate
grep -q 'pca: taken from its checkpoint' log || fail "--from integrate computes pca again"
grep -q 'integrate: taken' log && fail "--from integrate takes integrate from its checkpoint"
run 1 1 steps --integrate.by "$all" --to cluster
grep -q 'integrate: taken from its checkpoint' log || fail "integrate is computed again: $(cat log)"
run 2 1 steps --integrate.by "$all"
"$MIURA" inspect --diff all1 steps || fail "going on from checkpoints gives other results"
run 1 1 steps --integrate.by "$all" --integrate.theta 2 --to integrate
grep -q 'pca: taken from its checkpoint' log || fail "another theta computes pca again"
grep -q 'integrate: taken' log && fail "another theta takes the old coordinates"
run 1 1 steps --integrate.by chemistry --to integrate
grep -q 'integrate: taken' log && fail "another declaration takes the old coordinates"

# ---- batches of one lot: allowed where declared, with a warning
sed 's/,v2,/,v3,/; /^BM01,/s/,v3,/,v1,/' study/samples.csv >study/alone.csv
run 1 1 alone --study.samples alone.csv --to integrate
grep -q "integration: none (chemistry 'v1' has one lot only)" log || fail "a batch of one lot is corrected by default: $(cat log)"
run 1 1 alone --study.samples alone.csv --integrate.by chemistry --to integrate
grep -q 'but v1 is that of lot BM01 alone' log || fail "no warning about a batch of one lot: $(cat log)"

# ---- an outcome that goes with the chemistry
awk -F, -v OFS=, 'NR == 1 { print $0, "kit"; next } { print $0, /,v2,/ ? 2 : 3 }' study/samples.csv >study/kit.csv
run 1 1 chemistry --study.samples kit.csv --integrate.by chemistry --association.outcomes kit --association.primary kit --to association
grep -q 'cluster: taken from its checkpoint' log || fail "another outcome clusters again: $(cat log)"
grep -q 'all lots of v2 have the same kit' log || fail "no warning about an outcome that goes with the chemistry: $(cat log)"

# ---- what cannot be
refused() { for ranks in 1 3; do expect "$1" "$2" $ranks run study/study.ini --out bad "${@:3}"; done; }
refused 64 "integrate.by is none, lot, chemistry, or several of these by commas, not 'chemestry'" --integrate.by chemestry
refused 64 "integrate.by: 'lot' is named twice" --integrate.by lot,none,lot
refused 64 'integrate.theta lies between 0 and .*, not -1' --integrate.theta -1
refused 64 'integrate.sigma lies between .* not 0' --integrate.sigma 0
sed 's/,v2,/,v3,/' study/samples.csv >study/one.csv
refused 64 'integrate.by = chemistry: all lots have the same' --study.samples one.csv --integrate.by chemistry
sed 's/,v[23],/,,/' study/samples.csv >study/without.csv
refused 64 'integrate.by = chemistry: the sample sheet gives no lot a chemistry' --study.samples without.csv --integrate.by none,chemistry
sed '/^BM03,/s/,v[23],/,,/' study/samples.csv >study/gap.csv
refused 65 'gap.csv:4: column chemistry: is empty, but cells are to be integrated by it \(lot BM03\)' --study.samples gap.csv --integrate.by chemistry
refused 64 'several integrations need clustering, but cluster.labels' --integrate.by lot,none --cluster.labels mine
[ ! -e bad/checkpoint ] || fail "a refused declaration leaves checkpoints behind"
echo passed
