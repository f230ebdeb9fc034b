#include "simulate/transcriptome.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <numeric>

#include "simulate/gene_table.hpp"
#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr std::uint64_t biology = 2016;  // seed of everything that is the same in all studies

enum : std::int32_t { progenitor, functional, matrix_rich, interferon, osteogenic, contractile, s_phase, g2m_phase };

/// Level of a family in cultured stromal cells: mean and sd of ln(transcripts per 10,000).
struct Level {
  double mean, sd;
};

Level level_of(Family family) {
  switch (family) {
    case Family::mitochondrial:
      return {3.6, 0.5};
    case Family::respiratory:
      return {1.4, 0.6};
    case Family::marker:
      return {-0.2, 0};
    case Family::matrix:
      return {2.2, 0.9};
    case Family::interferon:
      return {-0.7, 0.8};
    case Family::osteogenic:
      return {-0.7, 0.8};
    case Family::contractile:
      return {1.6, 0.8};
    case Family::progenitor:
      return {0.1, 0.7};
    case Family::stress:
      return {0.6, 0.7};
    case Family::s_phase:
      return {-0.8, 0.5};
    case Family::g2m_phase:
      return {-0.8, 0.6};
    case Family::ribosomal:
      return {3.4, 0.45};
    case Family::housekeeping:
      return {4.0, 0.4};
    case Family::female:
      return {-0.2, 0};
    case Family::male:
      return {-1.0, 0.3};
    case Family::other:
      break;
  }
  return {-0.6, 1.4};
}

/// How far a state moves a family: mean and sd of the ln fold change.
struct Move {
  std::int32_t state;
  Family family;
  double mean, sd;
};

constexpr Move moves[] = {
    {functional, Family::mitochondrial, 0.42, 0.08},
    {functional, Family::respiratory, 0.45, 0.12},
    {functional, Family::marker, 1.4, 0},
    {functional, Family::matrix, -0.65, 0.2},
    {progenitor, Family::progenitor, 0.6, 0.2},
    {matrix_rich, Family::matrix, 0.5, 0.15},
    {matrix_rich, Family::stress, 0.4, 0.2},
    {matrix_rich, Family::respiratory, -0.15, 0.08},
    {interferon, Family::interferon, 1.2, 0.35},
    {osteogenic, Family::osteogenic, 1.4, 0.35},
    {contractile, Family::contractile, 0.8, 0.2},
    {s_phase, Family::s_phase, 1.5, 0.3},
    {s_phase, Family::g2m_phase, 0.3, 0.2},
    {g2m_phase, Family::g2m_phase, 1.7, 0.35},
    {g2m_phase, Family::s_phase, 0.3, 0.2},
};

// Each state also moves genes that no list names.
constexpr double moved_share = 0.07, moved_sd = 0.55;

/// ln fold change of a gene in a state. Draws the same numbers whatever comes out.
double fold_of(stats::RandomStream& random, std::int32_t state, Family family) {
  const bool chosen = random.uniform() < moved_share;
  const double z = normal(random);
  if (family == Family::other) return chosen ? moved_sd * z : 0;
  for (const auto& move : moves)
    if (move.state == state && move.family == family) return move.mean + move.sd * z;
  return 0;
}

/// Fills what the named genes leave of 10,000 transcripts with the others, and turns levels into ln of shares.
void share_out(std::vector<double>& log_level, std::int64_t n_named) {
  double named = 0, others = 0;
  for (std::int64_t g = 0; g < std::ssize(log_level); ++g) (g < n_named ? named : others) += std::exp(log_level[g]);
  const double fill = std::log((10'000 - named) / others);
  for (std::int64_t g = 0; g < std::ssize(log_level); ++g)
    log_level[g] += (g < n_named ? 0 : fill) - std::log(10'000.0);
}

}  // namespace

Populations stromal_states() {
  return {.state = {{"progenitor", {.28, .27, .30}},
                    {"CL3", {.17, .13, .11}},
                    {"matrix", {.15, .18, .12}},
                    {"interferon", {.12, .11, .13}},
                    {"osteogenic", {.09, .07, .06}},
                    {"contractile", {.08, .10, .06}},
                    {"cycling_S", {.07, .08, .13}},
                    {"cycling_G2M", {.05, .06, .09}}},
          .neighbors = {{1, 2, 3, 4, 5}, {0}, {0, 4, 5}, {0, 2}, {0, 2}, {0, 2}, {}, {}},
          .functional = functional,
          .immune = interferon};
}

Transcriptome make_transcriptome(const Options& options, const Populations& populations) {
  Transcriptome t;
  const auto named = named_genes();
  t.programme.resize(populations.state.size());
  for (std::int32_t g = 0; g < options.genes; ++g) {
    auto random = stream(biology, Topic::gene, 0, g);
    const bool has_name = g < std::ssize(named);
    const auto family = has_name ? named[g].family : Family::other;
    t.genes.id.push_back(has_name ? std::string(named[g].ensembl_id) : fmt::format("ENSG9{:010d}", g + 1));
    t.genes.symbol.push_back(has_name ? std::string(named[g].symbol) : fmt::format("GENE{:05d}", g + 1));
    const auto level = level_of(family);
    t.log_level.push_back(level.mean + level.sd * normal(random));
    t.dispersion.push_back((0.08 + 0.4 / (1 + std::exp(t.log_level.back()))) * std::exp(0.4 * normal(random)));
    for (std::int32_t k = 0; k < populations.size(); ++k)
      t.programme[k].push_back(static_cast<float>(options.effect * fold_of(random, k, family)));
    const bool stressed = random.uniform() < moved_share;
    const double z = normal(random);
    t.stress.push_back(static_cast<float>(family == Family::stress ? 0.8 + 0.2 * z : stressed ? 0.3 * z : 0));
    t.source_shift[0].push_back(0);
    for (const int source : {1, 2}) {
      const double sd = random.uniform() < 0.04 ? 0.9 : 0.18;  // a few genes tell the tissue that cells come from
      t.source_shift[source].push_back(static_cast<float>(sd * normal(random)));
    }
    t.older_kit_shift.push_back(static_cast<float>(options.batch * 0.1 * normal(random)));
    t.mitochondrial.push_back(family == Family::mitochondrial);
    if (family == Family::female) t.female.push_back(g);
    if (family == Family::male) t.male.push_back(g);
  }
  share_out(t.log_level, std::ssize(named));
  return t;
}

}  // namespace miura::simulate
