#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace miura::matrix {

/// Features x samples of whatever kind: probes of lines, genes of lots, shares of clusters. Replicated.
struct Measurements {
  std::vector<std::string> feature;  ///< names; may repeat
  std::vector<std::string> sample;   ///< ids
  std::vector<double> value;         ///< n_features x n_samples, row-major; NaN: missing

  std::int64_t n_features() const noexcept { return std::ssize(feature); }
  std::int32_t n_samples() const noexcept { return static_cast<std::int32_t>(std::ssize(sample)); }
  std::span<const double> of(std::int64_t f) const noexcept {
    return std::span(value).subspan(f * n_samples(), n_samples());
  }
};

}  // namespace miura::matrix
