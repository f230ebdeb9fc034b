#!/usr/bin/env bash
# Golden tables of bulk data that no other test reads: R multtest with 10,000 drawn labelings and all of 38 patients, scanpy's
# rank sums, step-down of chosen genes over 9!, ranks over all labelings of binary outcomes, four platforms of 11 lines.
. "$SOURCE/tests/app/support.sh"

[ -d "$SOURCE/../shared/golden/bulk" ] || skip "the golden tables of ../shared are absent"
mkdir golden && "$PYTHON" "$SOURCE/tests/app/bulk_golden.py" "$MIURA" "$SOURCE/../shared/golden/bulk" golden || fail "golden tables of bulk data"
echo passed
