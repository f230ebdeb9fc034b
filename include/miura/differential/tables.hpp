#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/differential/courses.hpp"
#include "miura/differential/regions.hpp"
#include "miura/matrix/table.hpp"

namespace miura::differential {

/// What 1 and -1 are called: `hyper` and `hypo` of beta values, else `up` and `down`.
std::string direction_word(int direction, Scale scale);

/// The tables of docs/methods/differential.md. An annotation without probes: its columns are left out.
matrix::Table differential_table(const Result& found, const matrix::Measurements& table,
                                 const matrix::ProbeAnnotation& annotation, Scale scale);
matrix::Table region_table(const Regions& found, Scale scale);
matrix::Table gene_table(const Regions& found, const matrix::Measurements& table, const Result& probes, Scale scale);
matrix::Table gene_count_table(const Regions& found, Scale scale);
/// The probes of these genes (numbers of the annotation, which tells places) along the genome, a row a probe and gene,
/// tested or not; those without a place are left out.
matrix::Table gene_probe_table(const Result& found, const matrix::Measurements& table,
                               const matrix::ProbeAnnotation& annotation, std::span<const std::int32_t> genes,
                               Scale scale);
matrix::Table course_table(std::span<const CourseRow> rows, const matrix::Measurements& table, Scale scale);

}  // namespace miura::differential
