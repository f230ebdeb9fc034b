#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/report/comparison_report.hpp"
#include "miura/report/differential_report.hpp"
#include "miura/report/enrichment_report.hpp"
#include "miura/report/mining_report.hpp"
#include "miura/report/study_report.hpp"

namespace miura::report {

/// All that a page shows, as bytes (CBOR, RFC 8949) from which it can be rendered again. The same content gives the
/// same bytes.
std::vector<std::uint8_t> stored(const StudyReport& report);
std::vector<std::uint8_t> stored(const ComparisonReport& report);
std::vector<std::uint8_t> stored(const MiningReport& report);
std::vector<std::uint8_t> stored(const DifferentialReport& report);
std::vector<std::uint8_t> stored(const EnrichmentReport& report);

/// Files by their paths below the folder that all of them are in, so that a page is the same wherever a study lies.
std::vector<NamedText> below_their_folder(std::vector<NamedText> files);

/// The same page of whichever kind with these files and their SHA-256 as what it was made from, by their paths
/// `below_their_folder`. std::invalid_argument if the bytes are none, or of another version of the format.
std::vector<std::uint8_t> with_inputs(std::span<const std::uint8_t> bytes, const std::vector<NamedText>& inputs);

/// The content of a study's page. std::invalid_argument if the bytes are none, or of another version of the format.
StudyReport restored(std::span<const std::uint8_t> bytes);

/// The page of these bytes, whichever of the above they are. std::invalid_argument if they are none, or of another
/// version of the format.
std::string render_stored(std::span<const std::uint8_t> bytes);

}  // namespace miura::report
