#include "miura/transfer/cells.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace miura::transfer {

namespace {

/// Features of one component that have a loading, from the most positive to the most negative, equal ones by index.
std::vector<std::int32_t> by_loading(const pca::Model& model, std::int32_t component) {
  const auto loading = [&](std::int32_t j) { return model.loadings[std::int64_t{j} * model.n_components + component]; };
  std::vector<std::int32_t> order;
  for (std::int32_t j = 0; j < model.n_features; ++j)
    if (model.sd[j] > 0 && loading(j) != 0) order.push_back(j);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return loading(a) > loading(b); });
  return order;
}

/// The features at either end that "y top features, balanced" takes: y / 2 rounded half to even, of each sign. One
/// feature is the larger end.
class Ends {
public:
  Ends(const pca::Model& model, std::int32_t dims) {
    for (std::int32_t d = 0; d < dims; ++d) {
      const auto& order = order_.emplace_back(by_loading(model, d));
      const auto size = [&](std::int32_t j) {
        return std::abs(model.loadings[std::int64_t{j} * model.n_components + d]);
      };
      last_is_larger_.push_back(!order.empty() && size(order.back()) > size(order.front()));
    }
  }

  std::vector<std::int32_t> together(std::int32_t y) const {
    std::vector<std::int32_t> all;
    for (std::size_t d = 0; d < order_.size(); ++d) {
      const auto& order = order_[d];
      if (order.empty()) continue;
      if (y == 1) {
        all.push_back(last_is_larger_[d] ? order.back() : order.front());
        continue;
      }
      const auto half = std::min<std::int64_t>(std::lrint(y / 2.0), std::ssize(order));
      all.insert(all.end(), order.begin(), order.begin() + half);
      all.insert(all.end(), order.end() - half, order.end());
    }
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
  }

private:
  std::vector<std::vector<std::int32_t>> order_;
  std::vector<std::uint8_t> last_is_larger_;
};

}  // namespace

pca::Model without_missing(pca::Model model, std::span<const std::uint8_t> present) {
  if (std::ssize(present) != model.n_features) throw std::logic_error("not a mark for every feature of the model");
  for (std::int32_t j = 0; j < model.n_features; ++j)
    if (!present[j])
      std::fill_n(model.loadings.begin() + std::int64_t{j} * model.n_components, model.n_components, 0.0);
  return model;
}

std::vector<std::int32_t> filter_features(const pca::Model& model, std::int32_t dims) {
  constexpr std::int32_t most_per_component = 100;
  const auto used = std::min(dims, model.n_components);
  const auto limit = std::max<std::int64_t>(200, 2 * std::int64_t{used});
  const Ends ends(model, used);
  std::vector<std::int32_t> best;
  for (std::int32_t y = 1; y <= most_per_component; ++y) {
    auto all = ends.together(y);
    if (std::ssize(all) < limit && all.size() > best.size()) best = std::move(all);
  }
  return best;
}

matrix::Embedding dense_features(const matrix::GridMatrix& x, std::span<const std::int32_t> features) {
  std::vector<std::int32_t> place(x.n_features, -1);
  for (std::size_t f = 0; f < features.size(); ++f) place[features[f]] = static_cast<std::int32_t>(f);
  const auto width = static_cast<std::int32_t>(std::ssize(features));
  matrix::Embedding dense{x.cells, width, std::vector<float>(x.n_local() * width)};
  for (std::int64_t i = 0; i < x.n_local(); ++i)
    for (auto at = x.row_start[i]; at < x.row_start[i + 1]; ++at)
      if (const auto f = place[x.column[at]]; f >= 0)
        dense.value[i * width + f] = static_cast<float>(x.value[at] / matrix::grid_steps);
  return dense;
}

}  // namespace miura::transfer
