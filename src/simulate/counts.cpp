#include "simulate/counts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

// Shares of barcodes that are not one healthy cell.
constexpr double doublet_share = 0.04, low_quality_share = 0.04, empty_share = 0.03;
constexpr double older_kit = 0.6;  // of the newer one's counts a cell

using Entries = std::vector<std::pair<std::int32_t, std::uint32_t>>;  // gene and count, ascending gene

/// What the cells of a lot have in common.
struct LotProfile {
  std::vector<float> log_level;
  std::vector<double> ambient;  ///< cumulated shares of the molecules that float about
  double ambient_share;         ///< of a cell's molecules
  double umi;                   ///< median of a good cell
  double stress;                ///< mean place of the cells on the stress axis
};

std::vector<float> shifted_levels(const Options& options, const Transcriptome& t, const LotPlan& lot,
                                  stats::RandomStream& random) {
  std::vector<float> log_level;
  auto of_donor = stream(options.seed, Topic::lot_profile, std::max<std::int64_t>(lot.donor_key, 0));
  for (std::size_t g = 0; g < t.log_level.size(); ++g) {
    double z = normal(random);
    if (lot.donor_key >= 0) z = std::sqrt(0.5) * (z + normal(of_donor));  // half of a lot's variance is its donor's
    double shift = options.batch * 0.08 * z + t.source_shift[lot.source][g];
    if (lot.chemistry == 1) shift += t.older_kit_shift[g];
    log_level.push_back(static_cast<float>(t.log_level[g] + shift));
  }
  constexpr float absent = -40;
  for (const auto g : lot.sex == "F" ? t.male : t.female) log_level[g] = absent;
  return log_level;
}

/// Cumulated shares of the lot's mean cell; broken cells leave more of their mitochondria.
std::vector<double> ambient_profile(const Populations& populations, const Transcriptome& t, const LotPlan& lot,
                                    const std::vector<float>& log_level) {
  std::vector<double> cumulated(log_level.size());
  double total = 0;
  for (std::size_t g = 0; g < log_level.size(); ++g) {
    double fold = 0;
    for (std::int32_t k = 0; k < populations.size(); ++k)
      fold += lot.design[k] * std::exp(static_cast<double>(t.programme[k][g]));
    total += std::exp(static_cast<double>(log_level[g])) * fold * (t.mitochondrial[g] ? 1.6 : 1.0);
    cumulated[g] = total;
  }
  for (double& c : cumulated) c /= total;
  return cumulated;
}

LotProfile profile_of(const Options& options, const Populations& populations, const Transcriptome& t,
                      const LotPlan& lot) {
  auto random = stream(options.seed, Topic::lot_profile, lot.key);
  LotProfile profile;
  profile.umi =
      (lot.chemistry == 1 ? older_kit * options.umi : options.umi) * std::exp(0.15 * options.batch * normal(random));
  profile.ambient_share = std::clamp(0.03 * std::exp(0.5 * normal(random)), 0.005, 0.12);
  profile.stress = 0.15 * options.batch * normal(random);
  profile.log_level = shifted_levels(options, t, lot, random);
  profile.ambient = ambient_profile(populations, t, lot, profile.log_level);
  return profile;
}

/// Draws cells of one lot, one by one; each thread has its own.
class CellSampler {
public:
  CellSampler(const Options& options, const Populations& populations, const Transcriptome& t, const LotPlan& lot,
              const LotProfile& profile)
      : options_(options),
        populations_(populations),
        t_(t),
        lot_(lot),
        profile_(profile),
        log_rate_(t.log_level.size()),
        rate_(t.log_level.size()),
        ambient_count_(t.log_level.size()) {}

  /// Cell `index` of the lot: what it is (without barcode), and its counts.
  std::pair<CellTruth, Entries> draw(std::int64_t index) {
    auto random = stream(options_.seed, Topic::cell, lot_.key, index);
    CellTruth truth;
    const double good_share = 1 - doublet_share - low_quality_share - empty_share;
    const double shares[] = {good_share, doublet_share, low_quality_share, empty_share};
    truth.holds = static_cast<CellClass>(pick(random, shares));
    if (truth.holds == CellClass::empty)
      return {truth, count(random, 0, 60 * std::exp(1.6 * random.uniform()))};  // 60 to 300 molecules
    std::fill(rate_.begin(), rate_.end(), 0.0);
    truth.state = pick(random, lot_.design);
    double umi = profile_.umi * std::exp(0.35 * normal(random));
    if (truth.state >= first_cycling_state) umi *= 1.25;
    if (truth.holds == CellClass::doublet) {
      const double share = beta(random, 6, 6);
      add_cell(random, truth.state, share);
      add_cell(random, pick(random, lot_.design), 1 - share);
      umi *= 1.6;
    } else {
      add_cell(random, truth.state, 1);
    }
    if (truth.holds == CellClass::low_quality) {
      leak(0.25 + 0.35 * random.uniform());
      umi *= 0.2;
    }
    const double floating = std::min(0.5, profile_.ambient_share * std::exp(0.4 * normal(random)));
    return {truth, count(random, (1 - floating) * umi, floating * umi)};
  }

private:
  /// Adds `share` of the expected shares of a cell of this state, which leans to a neighbouring state.
  void add_cell(stats::RandomStream& random, std::int32_t state, double share) {
    std::copy(profile_.log_level.begin(), profile_.log_level.end(), log_rate_.begin());
    const auto add = [&](const std::vector<float>& programme, double weight) {
      const auto w = static_cast<float>(weight);
      for (std::size_t g = 0; g < log_rate_.size(); ++g) log_rate_[g] += w * programme[g];
    };
    const double strength = std::clamp(1 + 0.15 * normal(random), 0.5, 1.5);
    const auto& neighbors = populations_.neighbors[state];
    if (neighbors.empty()) {  // a cycling cell keeps half the programme of the state it is in besides
      add(t_.programme[state], strength);
      const auto other = pick(random, std::span(lot_.design).first(first_cycling_state));
      add(t_.programme[other], 0.5 * strength);
    } else {
      const double lean = 0.5 * beta(random, 1.1, 1.7);
      add(t_.programme[state], strength * (1 - lean));
      add(t_.programme[neighbors[random.below(static_cast<std::uint32_t>(neighbors.size()))]], strength * lean);
    }
    add(t_.stress, profile_.stress + 0.3 * normal(random));
    for (float& l : log_rate_) l = std::exp(l);
    const double total = std::accumulate(log_rate_.begin(), log_rate_.end(), 0.0);
    for (std::size_t g = 0; g < rate_.size(); ++g) rate_[g] += share / total * static_cast<double>(log_rate_[g]);
  }

  /// A damaged cell: cytoplasm is lost until mitochondrial molecules make up `share`.
  void leak(double share) {
    double mitochondrial = 0;
    for (std::size_t g = 0; g < rate_.size(); ++g)
      if (t_.mitochondrial[g]) mitochondrial += rate_[g];
    for (std::size_t g = 0; g < rate_.size(); ++g)
      rate_[g] *= t_.mitochondrial[g] ? share / mitochondrial : (1 - share) / (1 - mitochondrial);
  }

  /// Counts of `own` molecules from the rates and `floating` ones from the ambient profile, both in expectation.
  Entries count(stats::RandomStream& random, double own, double floating) {
    std::fill(ambient_count_.begin(), ambient_count_.end(), 0);
    for (auto left = poisson(random, floating); left > 0; --left) {
      const auto at = std::upper_bound(profile_.ambient.begin(), profile_.ambient.end(), random.uniform());
      ++ambient_count_[std::min(at - profile_.ambient.begin(), std::ssize(ambient_count_) - 1)];
    }
    Entries entries;
    for (std::int32_t g = 0; g < std::ssize(rate_); ++g) {
      const auto n = ambient_count_[g] + (own > 0 ? gamma_poisson(random, own * rate_[g], t_.dispersion[g]) : 0);
      if (n > 0) entries.emplace_back(g, static_cast<std::uint32_t>(n));
    }
    return entries;
  }

  const Options& options_;
  const Populations& populations_;
  const Transcriptome& t_;
  const LotPlan& lot_;
  const LotProfile& profile_;
  std::vector<float> log_rate_;
  std::vector<double> rate_;
  std::vector<std::int64_t> ambient_count_;
};

/// 16 bases and the gem group. The same short list serves all lots, as a kit's whitelist does: barcodes recur.
std::string barcode_of(std::uint32_t entry) {
  entry ^= entry >> 16;  // finaliser of MurmurHash3: a permutation of the 32-bit numbers, so no two entries agree
  entry *= 0x85EBCA6BU;
  entry ^= entry >> 13;
  entry *= 0xC2B2AE35U;
  entry ^= entry >> 16;
  std::string bases;
  for (int i = 0; i < 16; ++i, entry >>= 2) bases += "ACGT"[entry & 3U];
  return bases + "-1";
}

std::vector<std::string> draw_barcodes(const Options& options, const LotPlan& lot) {
  auto random = stream(options.seed, Topic::barcode, lot.key);
  const auto listed = static_cast<std::uint32_t>(std::max<std::int64_t>(200'000, 4 * lot.n_barcodes));
  std::unordered_set<std::uint32_t> taken;
  std::vector<std::string> barcodes;
  while (std::ssize(barcodes) < lot.n_barcodes)
    if (const auto entry = random.below(listed); taken.insert(entry).second) barcodes.push_back(barcode_of(entry));
  return barcodes;
}

}  // namespace

DrawnLot draw_counts(const Options& options, const Populations& populations, const Transcriptome& transcriptome,
                     const LotPlan& lot) {
  const auto profile = profile_of(options, populations, transcriptome, lot);
  std::vector<std::pair<CellTruth, Entries>> drawn(static_cast<std::size_t>(lot.n_barcodes));
#pragma omp parallel
  {
    CellSampler sampler(options, populations, transcriptome, lot, profile);
#pragma omp for schedule(dynamic, 8)
    for (std::int64_t i = 0; i < lot.n_barcodes; ++i) drawn[i] = sampler.draw(i);
  }
  const auto barcodes = draw_barcodes(options, lot);
  for (std::int64_t i = 0; i < lot.n_barcodes; ++i) drawn[i].first.barcode = barcodes[i];
  std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.first.barcode < b.first.barcode; });
  DrawnLot result;
  for (auto& [truth, entries] : drawn) {
    for (const auto& [gene, n] : entries) result.cells.counts.push(gene, n);
    result.cells.counts.end_row();
    result.cells.lot.push_back(0);
    result.cells.barcode.push_back(truth.barcode);
    result.truth.push_back(std::move(truth));
  }
  return result;
}

}  // namespace miura::simulate
