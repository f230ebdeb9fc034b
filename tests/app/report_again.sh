#!/usr/bin/env bash
# The page is rendered again from the finished result alone, without the checkpoints and whatever became of the page, and is the same.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 0 --lots-ad 1 --lots-uc 0 --cells-per-lot 70 --genes 700 --quiet >/dev/null || fail "simulate"
on 1 1 run study/study.ini --out result --quiet || fail "run"
rm -r result/checkpoint
cp result/report.html as_it_was.html
on 1 1 report result >log || fail "report"
grep -q 'result/report.html is as it was' log || fail "$(cat log)"
cmp as_it_was.html result/report.html || fail "the page is another one"
renders_again result
for ranks in 1 2; do
  echo '<p>nothing</p>' >result/report.html
  on $ranks 1 report result --quiet || fail "report on $ranks ranks"
  cmp as_it_was.html result/report.html || fail "the page is another one on $ranks ranks"
  "$MIURA" inspect --verify result >/dev/null || fail "the result is damaged"
done

# a result whose page came from another version: its record is brought up to date
"$PYTHON" - <<'PY'
import json
record = json.load(open("result/provenance.json"))
record["outputs"]["report.html"] = "0" * 64
json.dump(record, open("result/provenance.json", "w"), indent=2)
PY
on 1 1 report result >log || fail "report of another version"
grep -q 'as it was' log && fail "another page is said to be the same"
"$MIURA" inspect --verify result >/dev/null || fail "the record is not sealed again"
grep -q rendered_again result/provenance.json || fail "the record does not tell"

# elsewhere, without a change of the result; not where another result has its own page
for ranks in 1 2; do
  sha256sum result/*.* >before
  on $ranks 1 report result --out elsewhere/page$ranks >log || fail "report --out"
  grep -q "elsewhere/page$ranks/report.html" log || fail "$(cat log)"
  cmp as_it_was.html elsewhere/page$ranks/report.html || fail "elsewhere the page is another one"
  sha256sum --check --quiet before || fail "the result was changed"
done
cp -r result other
echo '<p>its own</p>' >other/report.html
expect 73 'other: holds another result' 2 report result --out other
grep -q 'its own' other/report.html || fail "the page of another result was overwritten"
expect 73 'before/page: cannot be created' 1 report result --out before/page
on 1 1 report result --out result/../result >log || fail "report --out of its own folder"
grep -q 'as it was' log || fail "$(cat log)"

for ranks in 1 2; do
  expect 66 'nowhere' $ranks report nowhere
  expect 66 'report.cbor: not found' $ranks report study
  expect 64 'no result' $ranks report
  expect 66 'nowhere: not found' $ranks report nowhere --out elsewhere
  expect 66 'report.cbor: not found' $ranks report study --out elsewhere
done
head -c 1000 result/report.cbor >cut && cp cut result/report.cbor
expect 65 'report.cbor: holds no page of miura' 2 report result
cmp as_it_was.html result/report.html || fail "a damaged result costs the page"
echo passed
