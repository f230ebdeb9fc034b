#!/usr/bin/env bash
# miura mine and miura differential on real panels give the figures of SciPy.
. "$SOURCE/tests/app/support.sh"

[ -d "$SOURCE/../shared/golden/bulk" ] || skip "the golden tables of ../shared are absent"
mkdir panels
"$PYTHON" "$SOURCE/tests/app/bulk_panels.py" "$MIURA" "$SOURCE/../shared" panels
case $? in
  0) echo passed ;;
  77) skip "no SciPy" ;;
  *) fail "SciPy has other figures" ;;
esac
