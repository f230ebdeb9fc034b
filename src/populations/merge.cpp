#include "miura/populations/merge.hpp"

#include <algorithm>
#include <numeric>

#include "miura/base/error.hpp"

namespace miura::populations {
namespace {

/// The clusters of other labelings that each cluster is like, and how much.
using Alike = std::vector<std::vector<Match>>;

Alike find_alike(const Overlaps& overlaps, double same) {
  Alike alike(overlaps.n_clusters());
  for (std::int32_t a = 0; a < overlaps.n_clusters(); ++a)
    for (std::int32_t l = 0; l < overlaps.n_labelings(); ++l) {
      if (l == overlaps.labeling_of(a)) continue;
      const auto best = overlaps.best_match(a, l);  // above one half there is no second
      if (best.cluster >= 0 && best.jaccard > same) alike[a].push_back(best);
    }
  return alike;
}

/// Centres, one after another: of the clusters that no centre has yet taken, the one that is most like the others.
std::vector<std::int32_t> choose_centres(const Alike& alike) {
  std::vector<std::uint8_t> taken(alike.size());
  std::vector<double> score(alike.size());
  const auto rate = [&](std::int32_t c) {
    score[c] = 0;
    for (const auto& m : alike[c])
      if (!taken[m.cluster]) score[c] += m.jaccard;
  };
  for (std::int32_t c = 0; c < std::ssize(alike); ++c) rate(c);

  std::vector<std::int32_t> centres;
  for (;;) {
    std::int32_t centre = -1;
    for (std::int32_t c = 0; c < std::ssize(alike); ++c)
      if (!taken[c] && (centre < 0 || score[c] > score[centre])) centre = c;
    if (centre < 0) return centres;
    centres.push_back(centre);
    std::vector<std::int32_t> star{centre};
    for (const auto& m : alike[centre]) star.push_back(m.cluster);
    for (const auto c : star) taken[c] = 1;
    for (const auto c : star)
      for (const auto& m : alike[c])
        if (!taken[m.cluster]) rate(m.cluster);
  }
}

/// Every cluster goes to the centre that it is most like, of equals the first.
std::vector<std::int32_t> assign(const Alike& alike, const std::vector<std::int32_t>& centres) {
  std::vector<std::int32_t> population(alike.size(), -1);
  std::vector<double> closest(alike.size(), 0.0);
  for (std::int32_t p = 0; p < std::ssize(centres); ++p)
    for (const auto& m : alike[centres[p]])
      if (m.jaccard > closest[m.cluster]) {
        closest[m.cluster] = m.jaccard;
        population[m.cluster] = p;
      }
  for (std::int32_t p = 0; p < std::ssize(centres); ++p) population[centres[p]] = p;
  return population;
}

}  // namespace

Merged merge(const Overlaps& overlaps, const MergeOptions& options) {
  if (!(options.same >= 0.5 && options.same < 1))
    throw UsageError("populations.same must be at least 0.5 and less than 1");
  const auto alike = find_alike(overlaps, options.same);
  const auto centres = choose_centres(alike);
  const auto population = assign(alike, centres);

  std::vector<std::int32_t> n_clusters(centres.size()), order(centres.size()), number(centres.size());
  for (const auto p : population) ++n_clusters[p];
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) {
    if (n_clusters[a] != n_clusters[b]) return n_clusters[a] > n_clusters[b];
    const auto cells_a = overlaps.n_cells(centres[a]), cells_b = overlaps.n_cells(centres[b]);
    return cells_a != cells_b ? cells_a > cells_b : centres[a] < centres[b];
  });
  Merged merged;
  for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = static_cast<std::int32_t>(i);
  for (const auto p : order) merged.centre.push_back(centres[p]);
  for (const auto p : population) merged.population.push_back(number[p]);
  return merged;
}

}  // namespace miura::populations
