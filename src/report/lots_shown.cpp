#include "report/lots_shown.hpp"

#include <fmt/format.h>

#include "report/numbers.hpp"
#include "report/page_parts.hpp"

namespace miura::report {

Html note_of_lots_shown(std::size_t n_lots, std::size_t most, std::string_view table) {
  if (n_lots <= most) return {};
  const auto count = [](std::size_t n) { return count_text(static_cast<std::int64_t>(n)); };
  return note(fmt::format("Shown are {} of {} lots, evenly along this order; all are in {}.", count(most),
                          count(n_lots), table));
}

}  // namespace miura::report
