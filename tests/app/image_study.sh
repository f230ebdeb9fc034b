#!/usr/bin/env bash
# A cell x feature table takes the same street (normalize.method = zscore, no gene selection): the planted population of an
# image study is found, and the result has the same bits on other layouts.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --modality image --out study --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 200 --quiet >/dev/null || fail "simulate"
grep -q 'method *= *zscore' study/study.ini || fail "the study does not ask for z-scores"
on 1 1 run study/study.ini --out one --quiet || fail "run"
on 3 2 run study/study.ini --out three --quiet || fail "run on 3 ranks"
"$MIURA" inspect --diff one three || fail "3 ranks x 2 threads give other results"
"$PYTHON" "$SOURCE/tests/app/recovery.py" study one 0.85 0.6 || fail "the planted population is not recovered"
on 1 1 run study/study.ini --out one --normalize.method log --quiet 2>err && fail "log-normalisation of a table is accepted"
grep -q '^miura: normalize.method = log needs counts' err || fail "$(cat err)"
echo passed
