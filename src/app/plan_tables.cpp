#include "app/plan_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "miura/power/detection.hpp"
#include "miura/power/rare_population.hpp"
#include "miura/stats/correlation_interval.hpp"

namespace miura::app {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// 95 % interval of a share of n, Wilson (1927), J. Am. Stat. Assoc. 22:209.
stats::Interval wilson_interval(double share, double n) {
  constexpr double z2 = 1.959963984540054 * 1.959963984540054;
  const double centre = share + z2 / (2 * n);
  const double half = std::sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n)));
  return {(centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)};
}

/// One number of lots: what it can declare.
struct Design {
  power::Critical critical;
  std::int64_t one_sided_s;
  double detectable_rho;
};

std::vector<Design> designs_of(MPI_Comm comm, const PlanQuestion& q) {
  std::vector<Design> designs;
  for (const auto n : q.lots) {
    const auto critical = power::critical_value(comm, q.family, n, q.simulation);
    designs.push_back({critical, power::one_sided_critical_value(comm, n, q.simulation.alpha, q.simulation),
                       power::detectable_rho(comm, critical, q.power, q.simulation)});
  }
  return designs;
}

/// Columns of one type that grow row by row.
class Rows {
public:
  Rows(std::string name, std::vector<std::string> names) : table_{std::move(name), {}} {
    for (auto& column : names) table_.columns.push_back({std::move(column), std::vector<double>()});
  }
  void add(std::initializer_list<double> row) {
    auto column = table_.columns.begin();
    for (const double value : row) std::get<std::vector<double>>((column++)->values).push_back(value);
  }
  matrix::Table take() && { return std::move(table_); }

private:
  matrix::Table table_;
};

std::string number_or(double value, int digits, const char* otherwise) {
  return std::isnan(value) ? otherwise : fmt::format("{:.{}f}", value, digits);
}

/// Adds tables/plan.tsv and what it says in words.
void plan_lots(MPI_Comm comm, const PlanQuestion& q, const std::vector<Design>& designs, PlanAnswer& answer) {
  std::vector<double> rho, needed;
  for (const auto& effect : q.effects) rho.push_back(effect.rho);
  for (const auto n : power::lots_needed(comm, q.family, rho, q.power, q.most_lots, q.simulation))
    needed.push_back(n > 0 ? n : none);
  Rows rows("plan", {"lots", "rho", "tests", "outcomes", "independent_tests", "critical_rho", "power", "power_lo",
                     "power_hi", "power_confirmed", "detectable_rho", "lots_needed"});
  std::vector<std::string> basis;
  std::string power_lines, confirmed_lines;
  for (const auto& d : designs) {
    const bool possible = d.critical.rho <= 1.0;
    power_lines +=
        fmt::format("{:>6} {:>13} {:>10}", d.critical.n_lots, number_or(possible ? d.critical.rho : none, 3, "none"),
                    number_or(d.detectable_rho, 2, "none"));
    confirmed_lines += fmt::format("{:>6} {:>13} {:>10}", d.critical.n_lots, "", "");
    for (std::size_t e = 0; e < q.effects.size(); ++e) {
      const auto found = power::detection(comm, q.effects[e].rho, d.critical, d.one_sided_s, q.simulation);
      const auto interval = wilson_interval(found.power(), static_cast<double>(found.replicates));
      rows.add({static_cast<double>(d.critical.n_lots), q.effects[e].rho,
                static_cast<double>(q.family.pattern.n_clusters) * q.family.outcomes,
                static_cast<double>(q.family.outcomes), d.critical.independent_tests, possible ? d.critical.rho : none,
                found.power(), interval.low, interval.high, found.power_confirmed(), d.detectable_rho, needed[e]});
      basis.push_back(q.effects[e].basis);
      power_lines += fmt::format(" {:>7.3f}", found.power());
      confirmed_lines += fmt::format(" {:>7.3f}", found.power_confirmed());
    }
    power_lines += '\n';
    confirmed_lines += '\n';
  }
  auto table = std::move(rows).take();
  table.columns.insert(table.columns.begin() + 2, {"basis", std::move(basis)});
  answer.tables.push_back(std::move(table));

  auto header = fmt::format("{:>6} {:>13} {:>10}", "lots", "|rho| needed", "detectable");
  for (const auto& effect : q.effects) header += fmt::format(" {:>7}", fmt::format("{:.2f}", effect.rho));
  answer.text += fmt::format(
      "Chance to declare one true association of Spearman's rho, family-wise error {:g} over {} "
      "tests; detectable: rho with power {:g}\n{}\n{}",
      q.simulation.alpha, q.family.pattern.n_clusters * q.family.outcomes, q.power, header, power_lines);
  answer.text += fmt::format("and to confirm it in as many new lots (one-sided p <= {:g} of this test alone)\n{}",
                             q.simulation.alpha, confirmed_lines);
  answer.text += fmt::format("{:<32}", fmt::format("lots needed for power {:g}", q.power));
  for (const double n : needed)
    answer.text += fmt::format("{:>7} ", std::isnan(n) ? fmt::format("> {}", q.most_lots) : fmt::format("{:.0f}", n));
  answer.text += "\n\n";
}

/// Adds tables/plan_rare.tsv: whether there are cells enough of a rare population.
void plan_rare_populations(const PlanQuestion& q, PlanAnswer& answer) {
  Rows rows("plan_rare", {"share", "lot_sd", "cells", "lots", "min_cells", "p_lot", "p_reference"});
  auto text = fmt::format(
      "Chance to have at least so many cells of a rare population (sd {:g} of its logit over lots) "
      "in a lot, and in all {} lots together\n{:>7} {:>7}",
      q.lot_sd, q.lots.front(), "share", "cells");
  for (const auto m : q.min_cells) text += fmt::format(" {:>15}", fmt::format(">= {}", m));
  text += '\n';
  for (const double share : q.shares)
    for (const auto cells : q.cells) {
      text += fmt::format("{:>7.3g} {:>7}", share, cells);
      const power::Population population{share, q.lot_sd};
      for (const auto m : q.min_cells) {
        const double in_lot = power::seen_in_lot(population, cells, m);
        for (const auto lots : q.lots) {
          const double in_all = power::seen_in_lots(population, cells, lots, m, 2'000, q.simulation.seed);
          rows.add({share, q.lot_sd, static_cast<double>(cells), static_cast<double>(lots), static_cast<double>(m),
                    in_lot, in_all});
          if (lots == q.lots.front()) text += fmt::format(" {:>7.3f} {:>7.3f}", in_lot, in_all);
        }
      }
      text += '\n';
    }
  answer.text += text + "\n";
  answer.tables.push_back(std::move(rows).take());
}

/// Adds tables/plan_noise.tsv: what counting few cells takes from an association.
void plan_counting_noise(MPI_Comm comm, const PlanQuestion& q, const std::vector<Design>& designs, PlanAnswer& answer) {
  Rows rows("plan_noise", {"share", "lot_sd", "cells", "reliability", "rho", "rho_counted", "lots", "power"});
  auto text = fmt::format("What counting leaves of rho, and of the power of {} lots\n{:>7} {:>7} {:>11}",
                          q.lots.front(), "share", "cells", "reliability");
  for (const auto& effect : q.effects) text += fmt::format(" {:>15}", fmt::format("rho {:.2f}", effect.rho));
  text += '\n';
  for (const double share : q.shares)
    for (const auto cells : q.cells) {
      const double kept = power::reliability({share, q.lot_sd}, cells);
      text += fmt::format("{:>7.3g} {:>7} {:>11.3f}", share, cells, kept);
      for (const auto& effect : q.effects) {
        const double counted = power::counted_rho(effect.rho, kept);
        for (const auto& d : designs) {
          const double power = power::detection(comm, counted, d.critical, d.one_sided_s, q.simulation).power();
          rows.add({share, q.lot_sd, static_cast<double>(cells), kept, effect.rho, counted,
                    static_cast<double>(d.critical.n_lots), power});
          if (&d == &designs.front()) text += fmt::format(" {:>7.3f} {:>7.3f}", counted, power);
        }
      }
      text += '\n';
    }
  answer.text += text;
  answer.tables.push_back(std::move(rows).take());
}

}  // namespace

PlanAnswer answer_plan(MPI_Comm comm, const PlanQuestion& question) {
  PlanAnswer answer;
  const auto designs = designs_of(comm, question);
  plan_lots(comm, question, designs, answer);
  plan_rare_populations(question, answer);
  plan_counting_noise(comm, question, designs, answer);
  return answer;
}

}  // namespace miura::app
