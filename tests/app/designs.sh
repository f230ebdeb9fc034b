#!/usr/bin/env bash
# The designs of the association in a whole study: strata, a covariate, sides, confounders, genes and neighborhoods; what
# they say in the tables, and that the planted population is found where the design leaves it to be found.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 11 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 150 --genes 1500 --quiet >/dev/null ||
  fail "simulate"
# two sites, of which one measures much higher: within sites nothing has changed
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "vegf_ischemia") v = i; print $0, "site", "passage", "viability"; next }
  { site = NR % 2 ? "north" : "south"; $v += site == "north" ? 100000 : 0; print $0, site, 2 + NR % 4, 90 + (NR * 7) % 10 }' study/samples.csv >sites.csv
mv sites.csv study/samples.csv
run() { on 2 1 run study/study.ini --stability.replicates 1 --quiet --out "$@"; }
# value TABLE WHERE COLUMN: that column of the rows for which the awk condition on f[NAME] holds
value() { awk -F'\t' "NR == 1 { for (i = 1; i <= NF; ++i) at[\$i] = i; next } { for (name in at) f[name] = \$at[name] } $2 { print f[\"$3\"] }" "$1"; }

run free --association.confounders passage,viability || fail "run"
run strata --association.strata site || fail "strata"
t=strata/tables/association.tsv
[ "$(value $t 'f["outcome"] == "vegf_ischemia" && f["status"] == "OK"' perm_type | sort -u)" = stratified ] || fail "strata are not used"
[ "$(value $t 'f["status"] == "OK"' n_strata | sort -u)" = 2 ] || fail "the number of strata is not told"
[ "$(value $t 'f["status"] == "OK"' n_perm | sort -u)" = 86400 ] || fail "not all 5! x 6! relabelings within strata are taken"
p_of() { value "$1/tables/association.tsv" 'f["outcome"] == "vegf_ischemia" && f["p_maxT_step"] != "NaN"' p_maxT_step | sort -g | head -1; }
echo "smallest family-wise p: free $(p_of free), within sites $(p_of strata)"
awk -v free="$(p_of free)" -v strata="$(p_of strata)" 'BEGIN { exit !(strata < free) }' ||
  fail "the strata do not bring back what the sites hide: $(p_of free) freely, $(p_of strata) within sites"

run aliased --association.strata lot || fail "a stratum for every lot"
[ "$(value aliased/tables/association.tsv '1' status | sort -u)" = NOT_TESTED ] || fail "a stratum for every lot is tested"

run covariate --association.covariate passage || fail "covariate"
value covariate/tables/association.tsv '1' status | sort -u | grep -qx APPROX || fail "a covariate does not make p approximate"
value covariate/tables/association.tsv '1' perm_type | sort -u | grep -qx FL || fail "perm_type is not FL"
run greater --association.side greater || fail "side"
paste <(value greater/tables/association.tsv 'f["outcome"] == "vegf_ischemia" && f["status"] == "OK"' rho) \
  <(value greater/tables/association.tsv 'f["outcome"] == "vegf_ischemia" && f["status"] == "OK"' p_exact) |
  awk '$1 < -0.3 && $2 < 0.5 || $1 > 0.3 && $2 > 0.5 { exit 1 }' || fail "a one-sided p does not follow the sign"

c=free/tables/confounders.tsv
for covariate in n_cells share_lost_in_qc median_counts median_genes passage viability; do
  [ "$(value $c "f[\"covariate\"] == \"$covariate\"" outcome | wc -l)" -ge 1 ] || fail "confounders.tsv lacks $covariate"
done
value $c 'f["status"] == "OK"' perm_type | sort -u | grep -qx exact || fail "confounders are not tested exactly"

g=free/tables/gene_association.tsv
[ "$(value $g 'f["group"] == "all" && f["outcome"] == "vegf_ischemia"' gene | wc -l)" -gt 1000 ] || fail "genes over all cells are missing"
value $g 'f["group"] == "0"' p_exact | awk '$1 > 0.01 { exit 1 }' || fail "rows within clusters are not limited"
value $g 'f["group"] == "all"' perm_type | sort -u | grep -qx exact || fail "the p of a gene is not exact"

[ "$(value free/tables/global.tsv 'f["status"] == "OK"' outcome | wc -l)" -ge 1 ] || fail "no global test"
value free/tables/global.tsv '1' p_omnibus | awk '$1 != "NaN" && ($1 <= 0 || $1 > 1) { exit 1 }' || fail "p_omnibus is no p"
[ -s free/neighbourhood.h5 ] || fail "no neighbourhood.h5"
run without --genes.test false --neighborhoods.test false || fail "without genes and neighborhoods"
[ ! -e without/tables/gene_association.tsv ] && [ ! -e without/neighbourhood.h5 ] || fail "what was switched off is there"

for wrong in "--association.strata sites=samples.csv:1: column sites: is missing; did you mean .site." \
  "--association.side both=association.side is one of two-sided, greater, less" \
  "--association.covariate site=column site: .*is not a number" "--cluster.resolutions 0.5,x=cluster.resolutions: .x. is not a number"; do
  code=65; case $wrong in *side*both* | *resolutions*) code=64 ;; esac
  # shellcheck disable=SC2086
  expect $code "${wrong#*=}" 2 run study/study.ini ${wrong%%=*} --out bad
done
on 3 1 run study/study.ini --stability.replicates 1 --association.strata site --quiet --out strata3 || fail "strata on three ranks"
"$MIURA" inspect --diff strata strata3 || fail "strata give other results on three ranks"
echo passed
