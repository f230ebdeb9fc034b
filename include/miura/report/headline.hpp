#pragma once

#include <string>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// What may be said of a study's associations, in plain text.
struct Headline {
  std::string claim;                 ///< one sentence
  std::vector<std::string> caveats;  ///< sentences that must stand beside it
  bool declared = false;             ///< some association passed
};

/// An association is declared only if its family-wise p of the primary family is at most alpha and its status lets it
/// into the family. Otherwise the sentence says that none is, names the strongest and how little so few lots can show
/// (power of the maxT procedure over seven clusters: docs/methods/report.md).
Headline headline(const StudyReport& report);

/// The tests of one family that count, by rising family-wise p, then falling |rho|, then outcome, the primary partition
/// before others, partition, cluster.
std::vector<const AssociationRow*> ranked_tests(const StudyReport& report, Family family);

/// All rows of a family, one for each population and outcome: that of the primary partition where it has one, else the
/// first by rank. Rows without a population stand for themselves. By rank, then those that do not count.
std::vector<const AssociationRow*> distinct_rows(const StudyReport& report, Family family);

/// Whether this row may be called declared: see headline(). A secondary row only if a primary one passed (gatekeeping).
bool is_declared(const StudyReport& report, const AssociationRow& row);

}  // namespace miura::report
