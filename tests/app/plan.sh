#!/usr/bin/env bash
# miura plan: the same tables on any layout, a plan from a finished study, and words for what cannot be planned.
. "$SOURCE/tests/app/support.sh"
quick=(--replicates 1000 --null-replicates 1000 --relabelings 20000 --lots 6,8,11 --cells 500,2000 --quiet)

# ---- from scratch, on any layout ----
on 1 1 plan "${quick[@]}" --rho 0.7,0.9 --out one || fail "plan"
on 1 2 plan "${quick[@]}" --rho 0.7,0.9 --out threads || fail "plan with two threads"
on 3 1 plan "${quick[@]}" --rho 0.7,0.9 --out ranks || fail "plan on three ranks"
for table in plan plan_rare plan_noise; do
  [ -s one/tables/$table.tsv ] || fail "no table $table"
  cmp one/tables/$table.tsv threads/tables/$table.tsv || fail "$table differs with two threads"
  cmp one/tables/$table.tsv ranks/tables/$table.tsv || fail "$table differs on three ranks"
done
value() { awk -F'\t' -v want="$2" -v lots="$3" -v rho="$4" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  $at["lots"] == lots && $at["rho"] == rho { print $at[want]; exit }' "$1/tables/plan.tsv"; }
awk "BEGIN { exit !($(value one power 11 0.9) > 0.75 && $(value one power 11 0.9) < 0.92) }" || fail "power of 11 lots, rho .9: $(value one power 11 0.9)"
awk "BEGIN { exit !($(value one power 11 0.7) > $(value one power 8 0.7)) }" || fail "more lots have less power"
[ "$(value one lots_needed 8 0.9)" -ge 10 ] && [ "$(value one lots_needed 8 0.9)" -le 13 ] || fail "lots needed for rho .9: $(value one lots_needed 8 0.9)"
on 1 1 plan "${quick[@]}" --rho 0.7,0.9 --tests 1 --out single || fail "plan of one test"
awk "BEGIN { exit !($(value single power 11 0.7) > $(value one power 11 0.7) + 0.2) }" || fail "one test has no more power than seven"

# ---- from a finished study ----
tables=finished/tables
mkdir -p $tables
{
  printf 'lot\tsource\trole\n'
  for l in $(seq 9); do printf 'L%s\tBM\ttrain\n' "$l"; done
  printf 'Q1\tAD\tquery\n'
} >$tables/lots.tsv
{
  printf 'integration\tresolution\tseed\tcluster\tlot\tcells\tfraction\n'
  for c in 0 1 2 3; do
    for l in $(seq 9); do printf 'none\t0.5\t0\t%s\tL%s\t%s\t0\n' $c "$l" $((100 + (l * (7 * c + 3) + c * c * l * l) % 61)); done
    printf 'none\t0.5\t0\t%s\tQ1\t9\t0\n' $c
  done
} >$tables/composition.tsv
row() { printf '%s\tnone\t0.5\t0\t%s\tvegf\t%s\t%s\t%s\t%s\n' "$@"; }
{
  printf 'family\tintegration\tresolution\tseed\tcluster\toutcome\trho\tci_lo\tci_hi\tstatus\n'
  row primary 0 0.30 -0.4 0.8 OK
  row primary 1 -0.85 -0.97 -0.41 FEW_CELLS
  row primary 2 NaN NaN NaN CONSTANT_FEATURE
  row primary 3 0.20 -0.5 0.7 OK
  row secondary 0 0.95 0.8 0.99 OK
} >$tables/association.tsv
on 1 1 plan "${quick[@]:0:6}" --lots 11 --study finished --out planned >said.txt || fail "plan of a study"
grep -q '9 lots: 3 clusters tested against 1 outcome' said.txt || fail "the study is read wrongly: $(head -2 said.txt)"
grep -q 'cluster 1 with vegf, rho -0.850' said.txt || fail "the strongest association is another one: $(head -2 said.txt)"
grep -q '^11	0.41	ci	3	1	' planned/tables/plan.tsv || fail "not the end of the interval is planned with: $(cat planned/tables/plan.tsv)"
sed -i 's/-0.97\t-0.41/-0.97\t0.05/' $tables/association.tsv
on 1 1 plan "${quick[@]:0:6}" --lots 11 --study finished >said.txt || fail "plan of a study without an effect"
grep -q 'interval holds zero' said.txt || fail "an interval that holds zero is planned with"

# ---- what cannot be planned ----
expect 66 'no result folder' 2 plan --study nowhere
sed -i 's/-0.85/high/' $tables/association.tsv
expect 65 "association.tsv:3: column rho: 'high' is not a number" 2 plan --study finished
expect 64 '--lots lies between 5' 1 plan --lots 4
expect 64 '--lots are whole numbers' 1 plan --lots 8.5
expect 64 '--rho lies between' 1 plan --rho 1.5
expect 64 "--cells: 'many' is not a number" 1 plan --cells many
expect 64 "did you mean 'rho'" 1 plan --rh 0.5
touch taken
expect 73 'cannot be created' 1 plan "${quick[@]}" --out taken/below

# ---- configuration ----
"$MIURA" plan --rho 0.7 --lots 9 --dump-config >plan.ini || fail "--dump-config"
"$MIURA" plan --config plan.ini --dump-config | diff - plan.ini || fail "a dumped configuration is not the same when read again"
echo passed
