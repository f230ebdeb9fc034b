#pragma once

#include <string>
#include <string_view>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// What is said of lots that were mapped onto the reference, in plain text; empty where there is nothing to say.

/// "test lots of BM", "all mapped lots".
std::string words_of_group(std::string_view role, std::string_view source);

/// Names the lots that do not belong to the reference.
std::string warning_of_foreign_lots(const StudyReport& report);

/// How many of the cells of new lots are assigned.
std::string claim_on_new_lots(const StudyReport& report);

/// The largest share outside of a mapped lot beside that of a held-out training lot.
std::string comparison_with_held_out(const StudyReport& report);

/// What a row of the replication is of: lots held out to confirm (role test), others, or lots of several rows once
/// more.
enum class GroupOfLots { held_out, other, together };
GroupOfLots group_of(const ReplicationRow& row);

enum class Replication { replicated, not_replicated, too_few_lots, not_testable };

/// Replicated: p of at most alpha. Too few lots: the smallest p that these lots can reach is above alpha.
Replication replication_of(const ReplicationRow& row, double alpha);
std::string word_for(Replication replication);

/// Whether the page shows that the training lots do not declare the cluster, so that there is nothing to replicate.
bool was_not_declared(const StudyReport& report, const ReplicationRow& row);

/// Whether the declared cluster does in other lots what it does in the training lots: of the primary outcome, or the
/// first one that was tested.
std::string words_on_replication(const StudyReport& report);

}  // namespace miura::report
