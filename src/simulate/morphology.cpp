#include "simulate/morphology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr double merged_share = 0.015, debris_share = 0.015;
constexpr double separation = 2.4;  // scale of the shifts below at effect 1: states that touch, but can be told apart

constexpr std::array<std::string_view, 5> channels{"DNA", "ER", "RNA", "AGP", "Mito"};
enum : std::int32_t { dna, er, rna, agp, mito };
enum : std::int32_t { size, elongation, roughness, nucleus, ploidy, first_channel };
constexpr std::int32_t stain(std::int32_t channel) { return first_channel + 2 * channel; }
constexpr std::int32_t texture(std::int32_t channel) { return first_channel + 2 * channel + 1; }
constexpr std::int32_t n_factors = first_channel + 2 * 5;
using Factors = std::array<double, n_factors>;

struct Loading {
  std::int32_t factor;
  double weight;
};

enum class Scale { linear, log, logit };  // how the latent value becomes a measured one

/// A measured feature: center + spread x (loadings . factors + own noise), on its scale.
struct Feature {
  std::string name;
  Scale scale;
  double center, spread;
  std::vector<Loading> loadings;
};

void add_channel(std::vector<Feature>& features, std::int32_t c) {
  const auto name = [&](std::string_view what) { return fmt::format("{}_{}", what, channels[c]); };
  const auto s = stain(c), t = texture(c);
  features.push_back({name("Intensity_Mean"), Scale::log, 6.8, 0.35, {{s, .85}, {size, -.3}}});
  features.push_back({name("Intensity_Std"), Scale::log, 5.4, 0.40, {{s, .7}, {t, .45}}});
  features.push_back({name("Intensity_Integrated"), Scale::log, 14.3, 0.75, {{s, .6}, {size, .65}}});
  features.push_back({name("Granularity_2px_percent"), Scale::linear, 18, 5, {{t, .8}}});
  features.push_back({name("Granularity_8px_percent"), Scale::linear, 9, 3, {{t, -.6}, {size, .3}}});
  features.push_back({name("Texture_Contrast"), Scale::log, 1.2, 0.9, {{t, .75}, {s, .3}}});
  features.push_back({name("Texture_Entropy_bit"), Scale::linear, 6.5, 0.6, {{t, .6}, {s, .4}}});
}

std::vector<Feature> all_features() {
  std::vector<Feature> features{
      {"Cell_Area_um2", Scale::log, 7.5, 0.45, {{size, .95}}},
      {"Cell_Perimeter_um", Scale::log, 5.4, 0.28, {{size, .8}, {elongation, .4}, {roughness, .2}}},
      {"Cell_MajorAxis_um", Scale::log, 4.3, 0.30, {{size, .7}, {elongation, .6}}},
      {"Cell_MinorAxis_um", Scale::log, 3.4, 0.30, {{size, .75}, {elongation, -.55}}},
      {"Cell_Eccentricity", Scale::logit, 1.2, 0.80, {{elongation, .9}}},
      {"Cell_FormFactor", Scale::logit, -0.4, 0.60, {{elongation, -.6}, {roughness, -.6}}},
      {"Cell_Solidity", Scale::logit, 2.0, 0.60, {{roughness, -.8}}},
      {"Cell_Extent", Scale::logit, 0.3, 0.45, {{roughness, -.5}, {elongation, -.3}}},
      {"Nucleus_Area_um2", Scale::log, 5.5, 0.30, {{nucleus, .9}, {size, .2}}},
      {"Nucleus_Eccentricity", Scale::logit, 0.4, 0.70, {{elongation, .5}}},
      {"Nucleus_FormFactor", Scale::logit, 1.8, 0.50, {{nucleus, -.3}, {roughness, -.3}}},
      {"Nucleus_to_Cell_Area", Scale::log, -2.0, 0.40, {{nucleus, .6}, {size, -.7}}},
      {"Nucleus_DNA_Integrated", Scale::log, 12.8, 0.45, {{ploidy, .9}, {stain(dna), .3}}}};
  for (std::int32_t c = 0; c < std::ssize(channels); ++c) add_channel(features, c);
  return features;
}

/// Shifts of the factors, in their standard deviations within a state. Rows as in morphological_states().
std::vector<std::vector<Loading>> state_shifts() {
  return {{{size, .7}, {roughness, .5}},
          {{texture(mito), 1.9}, {stain(mito), 1.3}, {texture(er), .9}, {elongation, -.6}},
          {{size, -1.3}, {nucleus, -.6}, {stain(rna), .9}, {texture(agp), -.8}},
          {{elongation, 1.8}, {stain(agp), .9}, {texture(rna), -.6}},
          {{ploidy, 2.2}, {size, -1.0}, {elongation, -1.2}, {stain(dna), 1.5}, {texture(dna), 1.2}},
          {{size, 1.9}, {nucleus, 1.4}, {stain(rna), -.8}, {texture(agp), .9}}};
}

/// What staining, focus and culture do to all cells of a lot.
Factors lot_shift(const Options& options, const LotPlan& lot) {
  auto random = stream(options.seed, Topic::lot_profile, lot.key);
  Factors shift{};
  for (std::int32_t f = 0; f < n_factors; ++f)
    shift[f] = options.batch * (f < first_channel ? 0.1 : 0.2) * normal(random);
  if (lot.chemistry == 1)
    for (std::int32_t c = 0; c < std::ssize(channels); ++c)
      shift[stain(c)] += options.batch * (c % 2 == 0 ? 0.25 : -0.25);
  if (source_names[lot.source] == "AD") shift[size] += 0.25;
  if (source_names[lot.source] == "UC") shift[size] -= 0.3, shift[elongation] += 0.25;
  return shift;
}

class CellSampler {
public:
  CellSampler(const Options& options, const Populations& populations, const LotPlan& lot,
              const std::vector<Feature>& features)
      : options_(options),
        populations_(populations),
        lot_(lot),
        features_(features),
        lot_shift_(lot_shift(options, lot)) {}

  /// Cell `index` of the lot, and its values in the order of the features.
  std::pair<CellTruth, std::vector<double>> draw(std::int64_t index) const {
    auto random = stream(options_.seed, Topic::cell, lot_.key, index);
    CellTruth truth;
    // What a segmentation gets wrong: two cells in one outline, and crumbs.
    const double shares[] = {1 - merged_share - debris_share, merged_share, debris_share};
    truth.holds = static_cast<CellClass>(pick(random, shares));
    truth.state = pick(random, lot_.design);
    auto factors = draw_factors(random, truth.state);
    if (truth.holds == CellClass::doublet) {
      const auto other = draw_factors(random, pick(random, lot_.design));
      for (std::int32_t f = 0; f < n_factors; ++f) factors[f] = 0.5 * (factors[f] + other[f]);
      factors[size] += 1.8;
      factors[nucleus] += 1.5;
      factors[ploidy] += 1.8;
    }
    if (truth.holds == CellClass::low_quality) factors[size] -= 3, factors[roughness] += 1.5;
    std::vector<double> value;
    for (const auto& feature : features_) value.push_back(measure(random, feature, factors));
    return {truth, value};
  }

private:
  Factors draw_factors(stats::RandomStream& random, std::int32_t state) const {
    Factors factors = lot_shift_;
    for (double& f : factors) f += normal(random);
    const auto& neighbors = populations_.neighbors[state];
    const double lean = 0.5 * beta(random, 1.1, 2.5);
    const auto neighbor = neighbors[random.below(static_cast<std::uint32_t>(neighbors.size()))];
    for (const auto& [factor, shift] : shifts_[state])
      factors[factor] += options_.effect * separation * (1 - lean) * shift;
    for (const auto& [factor, shift] : shifts_[neighbor])
      factors[factor] += options_.effect * separation * lean * shift;
    return factors;
  }

  static double measure(stats::RandomStream& random, const Feature& feature, const Factors& factors) {
    double latent = 0, explained = 0;
    for (const auto& [factor, weight] : feature.loadings) {
      latent += weight * factors[factor];
      explained += weight * weight;
    }
    latent += std::sqrt(1 - explained) * normal(random);
    const double x = feature.center + feature.spread * latent;
    switch (feature.scale) {
      case Scale::log:
        return std::exp(x);
      case Scale::logit:
        return 1 / (1 + std::exp(-x));
      case Scale::linear:
        break;
    }
    return x;
  }

  const Options& options_;
  const Populations& populations_;
  const LotPlan& lot_;
  const std::vector<Feature>& features_;
  Factors lot_shift_;
  std::vector<std::vector<Loading>> shifts_ = state_shifts();
};

}  // namespace

Populations morphological_states() {
  return {.state = {{"spread", {.30, .30, .26}},
                    {"granular-mitochondria", {.18, .14, .12}},
                    {"compact", {.18, .16, .24}},
                    {"elongated", {.16, .18, .20}},
                    {"rounded-mitotic", {.08, .08, .12}},
                    {"flat-enlarged", {.10, .14, .06}}},
          .neighbors = {{1, 2, 3, 5}, {0, 2}, {0, 1, 3}, {0, 2}, {2}, {0}},
          .functional = 1,
          .immune = 2};
}

matrix::Features morphology_features() {
  matrix::Features features;
  for (auto& feature : all_features()) features.id.push_back(std::move(feature.name));
  features.symbol = features.id;
  return features;
}

DrawnLot draw_morphology(const Options& options, const Populations& populations, const LotPlan& lot) {
  const auto features = all_features();
  const CellSampler sampler(options, populations, lot, features);
  DrawnLot result;
  result.truth.resize(static_cast<std::size_t>(lot.n_barcodes));
  result.cells.table.resize(result.truth.size() * features.size());
  result.cells.lot.assign(result.truth.size(), 0);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < lot.n_barcodes; ++i) {
    auto [truth, value] = sampler.draw(i);
    result.truth[i] = std::move(truth);
    result.truth[i].barcode = fmt::format("w{:03d}-{:06d}", i / 250 + 1, i + 1);  // well and object
    std::copy(value.begin(), value.end(), result.cells.table.begin() + i * std::ssize(features));
  }
  for (const auto& truth : result.truth) result.cells.barcode.push_back(truth.barcode);
  return result;
}

}  // namespace miura::simulate
