#include "miura/enrichment/gene_windows.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "miura/matrix/table_columns.hpp"

namespace miura::enrichment {

namespace {

using matrix::Interval;

struct TrackRow {
  const Interval* gene;
  std::int64_t window_start, window_end;
  std::string_view track;
  const Interval* interval;
};

/// Intervals by chromosome and start, and the length of the longest: to find what lies in a window without looking at
/// all.
class Sorted {
public:
  explicit Sorted(std::span<const Interval> intervals) {
    for (const auto& interval : intervals) {
      sorted_.push_back(&interval);
      longest_ = std::max(longest_, interval.length());
    }
    std::ranges::stable_sort(sorted_, {}, [](const auto* i) { return std::tie(i->chromosome, i->start, i->end); });
  }
  template <class Visit>
  void within(const std::string& chromosome, std::int64_t start, std::int64_t end, Visit&& visit) const {
    const auto place = [](const Interval* i) { return std::tie(i->chromosome, i->start); };
    const std::int64_t from = start - longest_;
    for (auto at = std::ranges::lower_bound(sorted_, std::tie(chromosome, from), {}, place);
         at != sorted_.end() && (*at)->chromosome == chromosome && (*at)->start < end; ++at)
      if ((*at)->end > start) visit(**at);
  }

private:
  std::vector<const Interval*> sorted_;
  std::int64_t longest_ = 0;
};

}  // namespace

matrix::Intervals promoters(std::span<const Interval> genes, const PromoterWindow& window) {
  matrix::Intervals found;
  for (const auto& gene : genes) {
    auto promoter = gene;
    const bool forward = gene.strand != '-';
    const auto first_base = forward ? gene.start : gene.end - 1;
    promoter.start = std::max(std::int64_t{0}, first_base - (forward ? window.upstream : window.downstream));
    promoter.end = first_base + 1 + (forward ? window.downstream : window.upstream);
    found.push_back(std::move(promoter));
  }
  return found;
}

matrix::Intervals genes_named(std::span<const Interval> genes, std::span<const std::string> names,
                              std::vector<std::string>& unknown) {
  std::set<std::string_view> wanted(names.begin(), names.end()), seen;
  matrix::Intervals found;
  for (const auto& gene : genes)
    if (wanted.contains(gene.name)) {
      seen.insert(gene.name);
      found.push_back(gene);
    }
  for (const auto name : wanted)
    if (!seen.contains(name)) unknown.emplace_back(name);
  return found;
}

matrix::Table gene_tracks(std::span<const Interval> genes, std::span<const Track> tracks, std::int64_t flank) {
  std::vector<Sorted> sorted;
  for (const auto& track : tracks) sorted.emplace_back(track.intervals);
  std::vector<TrackRow> rows;
  for (const auto& gene : genes) {
    const auto start = std::max(std::int64_t{0}, gene.start - flank), end = gene.end + flank;
    rows.push_back({&gene, start, end, "gene", &gene});
    for (std::size_t t = 0; t < tracks.size(); ++t)
      sorted[t].within(gene.chromosome, start, end, [&](const Interval& interval) {
        rows.push_back({&gene, start, end, tracks[t].name, &interval});
      });
  }
  matrix::TableColumns<TrackRow> table("gene_tracks", rows);
  table.add("gene", [](const TrackRow& r) { return r.gene->name; });
  table.add("chrom", [](const TrackRow& r) { return r.gene->chromosome; });
  table.add("window_start", &TrackRow::window_start);
  table.add("window_end", &TrackRow::window_end);
  table.add("track", [](const TrackRow& r) { return r.track; });
  table.add("start", [](const TrackRow& r) { return r.interval->start; });
  table.add("end", [](const TrackRow& r) { return r.interval->end; });
  table.add("name", [](const TrackRow& r) { return r.interval->name; });
  table.add("score", [](const TrackRow& r) { return r.interval->score; });
  table.add("strand", [](const TrackRow& r) { return std::string(1, r.interval->strand); });
  table.add("summit", [](const TrackRow& r) { return r.interval->summit; });
  return table.take();
}

}  // namespace miura::enrichment
