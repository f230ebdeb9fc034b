#include "report/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace miura::report {

namespace {

constexpr const char* none = "\u2013";

}  // namespace

std::string count_text(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (auto at = std::ssize(digits) - 3; at > first; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string rounded_text(double value) {
  if (!std::isfinite(value)) return none;
  return std::abs(value) >= 100 ? count_text(std::llround(value)) : fmt::format("{:.3g}", value);
}

std::string rho_text(double value) {
  if (!std::isfinite(value)) return none;
  const auto text = fmt::format("{:.2f}", value);
  if (text == "-0.00") return "0.00";
  return std::abs(value) < 1 && (text == "1.00" || text == "-1.00") ? fmt::format("{:.4g}", value) : text;
}

std::string percent_text(double share) {
  if (!std::isfinite(share)) return none;
  const double percent = 100 * share;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return fmt::format("{:.1f} %", percent);
}

std::string p_text(double p, double alpha) {
  if (!std::isfinite(p)) return none;
  for (int digits = 2; digits < 17; ++digits) {
    auto text = fmt::format("{:.{}g}", p, digits);
    const double shown = std::stod(text);
    if (p == alpha || ((shown < alpha) == (p < alpha) && shown != alpha)) return text;
  }
  return fmt::format("{}", p);
}

}  // namespace miura::report
