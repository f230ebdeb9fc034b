#!/usr/bin/env bash
# What the command line promises: help, versions, a configuration that can be printed and read again, and no guessing.
. "$SOURCE/tests/app/support.sh"

# ---- help and versions ----
expect 64 'no command given; miura --help' 1
"$MIURA" --help >help.txt 2>err.txt || fail "--help"
[ ! -s err.txt ] || fail "--help writes to stderr"
for command in run plan simulate inspect; do
  grep -q "^  $command " help.txt || fail "--help does not tell of $command"
  "$MIURA" $command --help >$command.txt 2>err.txt || fail "$command --help"
  [ ! -s err.txt ] || fail "$command --help writes to stderr"
done
for group in General Stages Study Input 'Quality control' Normalisation 'Graph and clusters' Association; do
  grep -q "^$group.*:$" run.txt || fail "run --help has no group $group"
done
grep -qE -- '--pca.components arg \(=50\)' run.txt || fail "run --help does not show the default of pca.components"
grep -qE -- '--qc.max_pct_mito arg \(=[0-9]+\)' run.txt || fail "run --help does not show the default of qc.max_pct_mito"
tr -s ' \n' ' ' <run.txt | grep -qF 'folder for the results; by default STUDY-results' || fail "run --help does not tell where results go"
grep -qF -- '--association.alpha arg (=0.05)' run.txt || fail "run --help does not print 0.05 as 0.05"
undescribed=$(grep -E '^ +--' run.txt | grep -vE '^ +--[a-z.A-Z_-]+( \[?arg\]?( \(=[^)]*\))?)?( +[^ ].*)?$')
[ -z "$undescribed" ] || fail "options without a description: $undescribed"
"$MIURA" --version >version.txt || fail "--version"
for library in miura 'Open MPI' PETSc SLEPc HDF5; do
  grep -qE "^$library v?[0-9]+\.[0-9]+\.[0-9]+" version.txt || fail "--version does not tell that of $library: $(cat version.txt)"
done
"$MIURA" run --version | diff - version.txt || fail "run --version is not --version"
on 3 1 --version | diff - version.txt || fail "three ranks say more than one"

# ---- the configuration ----
"$MIURA" simulate --out study --lots-bm 3 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 90 --genes 600 --quiet >out.txt 2>err.txt || fail "simulate"
[ ! -s out.txt ] && [ ! -s err.txt ] || fail "simulate --quiet speaks: $(cat out.txt err.txt)"
printf '\n[pca]\ncomponents = 9   # too few\n[qc]\nmin_genes = 150\n' >>study/study.ini
changed=(--pca.components 7 --seed 3 --study.name 'a name, with # in it')
"$MIURA" run study/study.ini "${changed[@]}" --dump-config >dumped.ini || fail "--dump-config"
grep -qx 'components = 7' dumped.ini || fail "the command line does not win over the file"
grep -qx 'min_genes = 150' dumped.ini || fail "the file does not win over the default"
grep -qx 'seed = 3' dumped.ini || fail "the seed is not part of the configuration"
sed -i 's/with # in it/with#in it/' dumped.ini
changed[5]='a name, with#in it'
cp -r study again && cp dumped.ini again/study.ini
"$MIURA" run again/study.ini --dump-config | diff - dumped.ini || fail "a dumped configuration is not the same when read again"
"$MIURA" run study/study.ini "${changed[@]}" --out given --quiet >out.txt 2>err.txt || fail "a run by the command line: $(cat err.txt)"
[ ! -s out.txt ] && [ ! -s err.txt ] || fail "run --quiet speaks: $(cat out.txt err.txt)"
"$MIURA" run again/study.ini --out dumped --quiet || fail "a run by the dumped configuration"
"$MIURA" inspect --diff given dumped || fail "the dumped configuration gives another result"

# ---- no guessing ----
expect 64 "unknown option 'pca.comp'; did you mean 'pca.components'" 1 run study/study.ini --pca.comp 5
expect 64 "unknown option 'dump'; did you mean 'dump-config'" 1 run study/study.ini --dump
expect 64 "unknown option 'qc.mingenes'; did you mean 'qc.min_genes'" 1 run study/study.ini --qc.mingenes 5

# ---- paths ----
cp -r study 'a study#2, of mine'
printf '[study]\nsamples = my lots#2.csv # of May\n' >'a study#2, of mine/the study.ini'
mv 'a study#2, of mine/samples.csv' 'a study#2, of mine/my lots#2.csv'
"$MIURA" run 'a study#2, of mine/the study.ini' --to read --out 'a result#2, of mine' --quiet || fail "paths with spaces and #"
[ -s 'a result#2, of mine/checkpoint/read.h5' ] || fail "--out with spaces and # is another folder"
mkdir elsewhere
(cd elsewhere && "$MIURA" run ../study/study.ini --to read --quiet) || fail "paths are not relative to the INI file"
[ -s elsewhere/study-results/checkpoint/read.h5 ] || fail "without --out the results are not where the user is"
(cd study && "$MIURA" run study.ini --to read --out ../nearby --quiet) || fail "an INI file in the folder where the user is"
echo passed
