#pragma once

#include <string>
#include <vector>

#include "miura/report/mining_report.hpp"

namespace miura::report {

/// What may be said of a mining, in plain text and in the order of its strength: replicated in other lines, more than
/// chance gives, nothing.

/// Whether relabeled lines give as many in at most a share alpha of cases.
bool is_more_than_chance(const HitCountRow& count, double alpha);

/// The first sentence of the page.
std::string mining_claim(const MiningReport& report);

/// A sentence for each intersection, or for each outcome where there is none: its count beside chance, and what the
/// test lines say.
std::vector<std::string> mining_details(const MiningReport& report);

/// Genes, or probes without one, each once, that a rule selected and test lines confirm, by falling evidence there.
std::vector<std::string> replicated_genes(const MiningReport& report, const std::string& rule, bool is_intersection);

}  // namespace miura::report
