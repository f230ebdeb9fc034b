#!/usr/bin/env bash
# tools/bench/measure on a small study without rivals: every part runs, and the tables of the document are made of its JSON.
. "$SOURCE/tests/app/support.sh"

sed '/^<!-- measured/,/^<!-- end/{/^<!-- /!d}' "$SOURCE/docs/performance.md" >document.md
cp document.md empty.md
measure() { "$PYTHON" "$SOURCE/tools/bench/measure" --small --work work --build "$(dirname "$MIURA")" --document document.md "$@" 2>err.txt; }
measure || fail "measure: $(tail -3 err.txt)"

# between NAME: what stands between the marks of NAME
between() { sed -n "/^<!-- measured: $1 -->/,/^<!-- end/{/^<!-- /!p}" document.md; }
number='[0-9][0-9.]*'
between machine | grep -qE "makes [1-9]$number GFlop/s .* reads $number GB/s" || fail "machine: $(between machine)"
between studies | grep -qE "^\| miura \| $number \(of $number\) \| $number \| $number \| $number \|" || fail "studies: $(between studies)"
for stage in 'reading, quality control' markers layout mapping 'writing, checksums, page; start of the program'; do
  between studies | grep -qE "^\| $stage \| $number \| ($number)? \|" || fail "no time of $stage: $(between studies)"
done
between scaling | grep -qE "^\| \*\*all of it\*\* \| $number \| $number \| $number \|" || fail "scaling: $(between scaling)"
for kernel in 'PCA, 20,000 x 2,000' 'exact neighbours, 20,000 x 50' 'Leiden, ' 'permutations, step-down' 'reading 20 million' 'writing 160 MB'; do
  between kernels | grep -qE "^\| $kernel[^|]* \| $number \|" || fail "no time of $kernel: $(between kernels)"
done
diff <(sed '/^<!-- measured/,/^<!-- end/{/^<!-- /!d}' document.md) empty.md || fail "words outside the marks were changed"

# what is kept is not measured again; a part that is named is
cp document.md first.md
measure || fail "again: $(tail -3 err.txt)"
diff document.md first.md || fail "kept parts give another document"
[ ! -s err.txt ] || fail "kept parts were measured again: $(cat err.txt)"
measure --only machine || fail "--only: $(tail -3 err.txt)"
grep -q machine_bench err.txt || fail "--only machine measures nothing"

# a part that is not there, and a document without a place, are refused
measure --only nothing && fail "an unknown part is taken"
grep -q 'there is no part nothing' err.txt || fail "unknown part: $(cat err.txt)"
sed -i '/measured: kernels/d' document.md
measure && fail "a document without a place for kernels is taken"
grep -q 'no place for `kernels`' err.txt || fail "no place: $(cat err.txt)"
