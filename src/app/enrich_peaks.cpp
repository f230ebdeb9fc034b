#include "app/enrich_peaks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "miura/base/error.hpp"
#include "miura/enrichment/overlap.hpp"
#include "miura/input/intervals.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;
using enrichment::Background, enrichment::ComparedSets, enrichment::Track;
using matrix::Intervals;

/// a of x/a.bed.gz
std::string name_of(fs::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path.stem().string();
}

/// Each peak as the bases round its summit.
void narrow_to_summits(Intervals& peaks, std::int64_t window, const fs::path& path) {
  for (auto& peak : peaks) {
    if (peak.summit < 0)
      throw InputError({path}, fmt::format("--summit-window: the peak {}:{}-{} has no summit; narrowPeak has them",
                                           peak.chromosome, peak.start, peak.end));
    peak.start = std::max(std::int64_t{0}, peak.summit - window);
    peak.end = peak.summit + window + 1;
  }
}

Track read_track(const EnrichOptions& o, const std::string& path, bool is_peaks, PeakStudy& study) {
  Track track{name_of(path), input::read_intervals(path, {.score_column = o.score_column})};
  if (track.intervals.empty()) throw InputError({path}, "holds no intervals");
  if (is_peaks && o.summit_window > 0) narrow_to_summits(track.intervals, o.summit_window, path);
  for (const auto* tracks : {&study.peaks, &study.with})
    if (std::ranges::find(*tracks, track.name, &Track::name) != tracks->end())
      throw UsageError(fmt::format("{}: another file of intervals has this name", path));
  study.inputs.emplace_back(path);
  return track;
}

/// BED or sizes of chromosomes; with both, the regions must lie on the chromosomes.
void read_background(const EnrichOptions& o, PeakStudy& study) {
  if (!o.genome.empty()) {
    study.background = input::read_chromosomes(o.genome);
    study.background_name = name_of(o.genome);
    study.inputs.emplace_back(o.genome);
  }
  if (o.background.empty()) return;
  const auto regions = input::read_intervals(o.background);
  if (regions.empty()) throw InputError({o.background}, "holds no intervals");
  for (const auto& region : regions) {
    if (o.genome.empty()) break;
    const auto chromosome = std::ranges::find(study.background, region.chromosome, &matrix::Interval::chromosome);
    if (chromosome == study.background.end() || region.end > chromosome->end)
      throw InputError({o.background}, fmt::format("{}:{}-{} is outside the chromosomes of {}", region.chromosome,
                                                   region.start, region.end, o.genome));
  }
  study.background = regions;
  study.background_name = name_of(o.background);
  study.inputs.emplace_back(o.background);
}

void read_gene_places(const EnrichOptions& o, PeakStudy& study) {
  if (o.gene_table.empty()) return;
  study.genes = input::read_genes(o.gene_table);
  study.inputs.emplace_back(o.gene_table);
  const auto named = [&](const std::vector<std::string>& names, const std::string& source) {
    std::vector<std::string> unknown;
    auto found = enrichment::genes_named(study.genes, names, unknown);
    if (found.empty()) throw InputError({o.gene_table}, "has none of the genes of " + source);
    if (!unknown.empty())
      study.warnings.push_back(fmt::format("{} of {} genes of {} are not in {}: left out, e.g. {}", unknown.size(),
                                           names.size(), source, o.gene_table, unknown.front()));
    return found;
  };
  if (!o.hits.empty()) {
    study.hits = named(input::read_gene_list(o.hits), o.hits);
    study.inputs.emplace_back(o.hits);
  }
  if (!o.tracks.empty()) study.tracked = named(o.tracks, "--track");
}

/// Intervals of one direction: the sign of the score.
Intervals of_direction(const Intervals& intervals, const std::string& direction) {
  if (direction == "all") return intervals;
  Intervals chosen;
  std::ranges::copy_if(intervals, std::back_inserter(chosen),
                       [&](const auto& i) { return direction == "up" ? i.score > 0 : i.score < 0; });
  return chosen;
}

/// A background of regions that has at least one chromosome of every set.
class Universe {
public:
  Universe(std::string name, const Intervals& regions)
      : name_(std::move(name)), example_(regions.front().chromosome), regions_(regions) {}

  ComparedSets compare(MPI_Comm comm, const EnrichOptions& o, const Track& first, const std::string& first_direction,
                       const Track& second, const std::string& second_direction) const {
    for (const auto* track : {&first, &second})
      if (std::ranges::none_of(track->intervals, [&](const auto& i) { return regions_.has(i.chromosome); }))
        throw UsageError(fmt::format("{} and the background {} share no chromosome: '{}' and '{}'", track->name, name_,
                                     track->intervals.front().chromosome, example_));
    const auto a = of_direction(first.intervals, first_direction), b = of_direction(second.intervals, second_direction);
    return {.first = first.name,
            .second = second.name,
            .first_direction = first_direction,
            .second_direction = second_direction,
            .background = name_,
            .n_first = std::ssize(a),
            .n_second = std::ssize(b),
            .test = test_overlap(comm, regions_, a, b, o.overlap)};
  }

private:
  std::string name_, example_;
  Background regions_;
};

const std::vector<std::pair<std::string, std::string>> directions{
    {"all", "all"}, {"up", "up"}, {"up", "down"}, {"down", "up"}, {"down", "down"}};

/// Peaks against the other sets, or against each other where no others are given.
void compare_sets(MPI_Comm comm, const EnrichOptions& o, const PeakStudy& study, std::vector<ComparedSets>& compared) {
  if (study.background.empty()) return;
  const Universe universe(study.background_name, study.background);
  std::vector<std::pair<const Track*, const Track*>> pairs;
  for (std::size_t i = 0; i < study.peaks.size(); ++i) {
    for (const auto& other : study.with) pairs.emplace_back(&study.peaks[i], &other);
    for (auto j = i + 1; study.with.empty() && j < study.peaks.size(); ++j)
      pairs.emplace_back(&study.peaks[i], &study.peaks[j]);
  }
  for (const auto& [first, second] : pairs)
    for (const auto& [a, b] : directions)
      if (o.by_direction || a == "all") compared.push_back(universe.compare(comm, o, *first, a, *second, b));
}

/// Peaks against the promoters and the bodies of the hits, among those of all genes of the table.
void compare_hits(MPI_Comm comm, const EnrichOptions& o, const PeakStudy& study, std::vector<ComparedSets>& compared) {
  if (study.hits.empty()) return;
  const auto name = name_of(o.hits), all = name_of(o.gene_table);
  const Universe promoters(all + " promoters", enrichment::promoters(study.genes, o.promoter));
  const Universe bodies(all + " bodies", study.genes);
  const Track hit_promoters{name + " promoters", enrichment::promoters(study.hits, o.promoter)};
  const Track hit_bodies{name + " bodies", study.hits};
  for (const auto& peaks : study.peaks)
    for (const std::string direction : {"all", "up", "down"}) {
      if (direction != "all" && !o.by_direction) continue;
      compared.push_back(promoters.compare(comm, o, peaks, direction, hit_promoters, "all"));
      compared.push_back(bodies.compare(comm, o, peaks, direction, hit_bodies, "all"));
    }
}

std::string told_of(const ComparedSets& sets) {
  const auto& test = sets.test.first;
  const auto named = [](const std::string& name, const std::string& direction) {
    return direction == "all" ? name : name + " (" + direction + ")";
  };
  return fmt::format("{} of {} of {} overlap {}; by chance {:.1f}, 95 % at most {}; p {:.2g}\n", test.observed,
                     sets.test.n_first, named(sets.first, sets.first_direction),
                     named(sets.second, sets.second_direction), test.null_mean, test.null_q95, test.p_more);
}

}  // namespace

PeakStudy read_peak_study(const EnrichOptions& o) {
  PeakStudy study;
  for (const auto& path : o.peaks) study.peaks.push_back(read_track(o, path, true, study));
  for (const auto& path : o.with) study.with.push_back(read_track(o, path, false, study));
  read_background(o, study);
  read_gene_places(o, study);
  return study;
}

std::vector<matrix::Table> overlap_peaks(MPI_Comm comm, const EnrichOptions& o, const PeakStudy& study,
                                         std::string& told) {
  std::vector<ComparedSets> compared;
  compare_sets(comm, o, study, compared);
  compare_hits(comm, o, study, compared);
  for (const auto& sets : compared) told += told_of(sets);
  std::vector<matrix::Table> tables;
  if (!compared.empty()) tables.push_back(overlap_table(compared));
  if (!study.tracked.empty()) {
    auto tracks = study.peaks;
    tracks.insert(tracks.end(), study.with.begin(), study.with.end());
    tables.push_back(gene_tracks(study.tracked, tracks, o.flank));
  }
  return tables;
}

}  // namespace miura::app
