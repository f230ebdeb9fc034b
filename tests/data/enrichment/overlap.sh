#!/usr/bin/env bash
# What bedtools says of the intervals. Run: ./overlap.sh > bedtools.tsv
set -euo pipefail
sorted() { sort -k1,1 -k2,2n "$1"; }
count() { echo -e "$1\t$2\t$(bedtools intersect -u -a "$1" -b "$2" | wc -l)\t$(bedtools intersect -u -a "$2" -b "$1" | wc -l)\t$(bedtools jaccard -a <(sorted "$1") -b <(sorted "$2") | awk 'NR == 2 { print $1 }')"; }
echo -e "first\tsecond\tn_first\tn_second\tbases"
for pair in "a.bed b.bed" "b.bed a.bed" "a.bed islands.bed" "b.bed islands.bed" "a.bed a.bed"; do count $pair; done
# the same inside the islands alone: parts of the intervals, counted by name
clip() { bedtools intersect -a "$1" -b <(bedtools merge -i <(sorted islands.bed)) | sort -k1,1 -k2,2n; }
clip a.bed >a.clipped
clip b.bed >b.clipped
named() { bedtools intersect -u -a "$1" -b "$2" | cut -f 4 | sort -u | wc -l; }
echo -e "a.bed in islands.bed\tb.bed in islands.bed\t$(named a.clipped b.clipped)\t$(named b.clipped a.clipped)\t$(bedtools jaccard -a a.clipped -b b.clipped | awk 'NR == 2 { print $1 }')"
rm a.clipped b.clipped
