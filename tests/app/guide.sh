#!/usr/bin/env bash
# The commands of the tutorials run as they stand, and print what the pages show. Numbers may differ (another version, another C library):
# words, names and columns may not.
. "$SOURCE/tests/app/support.sh"

mkdir bin
ln -s "$MIURA" bin/miura
export PATH="$work/bin:$PATH" OMP_NUM_THREADS=1

# block FENCE PAGE: what stands between ```FENCE and ```
block() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' "$2"; }
wording() { sed -E 's/\b[0-9a-f]{64}\b|\([0-9a-f]{7,40}\+?\)/#/g; s/-?[0-9]+([.,][0-9]+)*(e[-+]?[0-9]+)?/#/g; s/[[:space:]]+/ /g; s/ $//'; }

for page in cqa cma; do
  text=$SOURCE/docs/guide/$page-tutorial.md
  block sh "$text" >$page.sh
  block text "$text" | grep -vFx -e ... -e '' | wording | sort -u >$page.shown
  [ -s $page.sh ] && [ -s $page.shown ] || fail "$page: no commands, or no output, in $text"
  mkdir $page
  (cd $page && bash -e ../$page.sh) >$page.txt 2>&1 || fail "$page: a command of $text ends with an error: $(tail -n 5 $page.txt)"
  wording <$page.txt | sort -u >$page.printed
  missing=$(comm -23 $page.shown $page.printed)
  [ -z "$missing" ] || fail "$page: shown in $text, and not printed: $missing"
done

# every page and file that the guide names is there
for page in "$SOURCE"/docs/guide/*.md; do
  grep -oE '\]\([^):]+\)' "$page" | sed -E 's/^..([^#)]*).*$/\1/' | sort -u | while read -r target; do
    [ -e "$SOURCE/docs/guide/$target" ] || fail "$page: no $target"
  done || exit 1
done
echo passed
