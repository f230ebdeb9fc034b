#include "miura/input/intervals.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "input/sheet.hpp"
#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

using matrix::Interval;

std::string name_without_gz(const std::filesystem::path& path) {
  return (path.extension() == ".gz" ? path.stem() : path.filename()).string();
}

/// A whole number from `least` on.
std::int64_t position(const Where& where, std::string_view field, std::int64_t least) {
  std::int64_t value = 0;
  const auto [end, trouble] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (trouble != std::errc() || end != field.data() + field.size() || value < least)
    throw InputError(where, "'" + std::string(field) + "' is not a whole number from " + std::to_string(least) + " on");
  return value;
}

char strand_of(const Where& where, std::string_view field, bool may_be_unknown) {
  if (field == "+" || field == "-") return field[0];
  if (may_be_unknown && (field.empty() || field == ".")) return '.';
  throw InputError(where, "'" + std::string(field) + "' is not + or -" + (may_be_unknown ? " or ." : ""));
}

bool is_remark(std::string_view first_field) {
  return first_field.starts_with('#') || first_field == "track" || first_field == "browser" ||
         first_field.starts_with("track ") || first_field.starts_with("browser ");
}

void check_bounds(const Where& where, const Interval& interval) {
  if (interval.end <= interval.start)
    throw InputError(where, "the end is not behind the start: " + std::to_string(interval.start) + " to " +
                                std::to_string(interval.end));
}

/// Columns of BED and narrowPeak, counted from 0.
enum BedColumn : std::size_t { chrom, start, end, name, score, strand, narrow_peak_summit = 9 };

class BedRow {
public:
  BedRow(const DelimitedText& text, std::span<const std::string_view> fields) : text_(text), fields_(fields) {}

  std::string_view at(std::size_t column) const { return column < fields_.size() ? fields_[column] : ""; }
  Where where(const char* column) const { return text_.where(column); }
  std::size_t width() const { return fields_.size(); }

  std::optional<double> number(std::size_t column) const {
    const auto field = at(column);
    if (field == "." || is_missing(field)) return std::nullopt;
    const auto value = parse_number(field);
    if (!value || !std::isfinite(*value))
      throw InputError(text_.where(std::to_string(column + 1)), "'" + std::string(field) + "' is not a number");
    return value;
  }

private:
  const DelimitedText& text_;
  std::span<const std::string_view> fields_;
};

Interval bed_interval(const BedRow& row, const IntervalOptions& options, bool narrow_peak) {
  if (row.width() < 3)
    throw InputError(row.where(""), "has " + std::to_string(row.width()) +
                                        " fields between tabs; chromosome, start and end are needed");
  Interval interval{.chromosome = std::string(row.at(chrom)),
                    .start = position(row.where("start"), row.at(start), 0),
                    .end = position(row.where("end"), row.at(end), 0)};
  if (interval.chromosome.empty()) throw InputError(row.where("chrom"), "is empty");
  check_bounds(row.where(""), interval);
  if (row.at(name) != ".") interval.name = row.at(name);
  if (const auto value = row.number(options.score_column - 1)) interval.score = *value;
  interval.strand = strand_of(row.where("strand"), row.at(strand), true);
  if (!narrow_peak) return interval;
  if (row.width() <= narrow_peak_summit) throw InputError(row.where(""), "narrowPeak has 10 columns");
  const auto offset = position(row.where("peak"), row.at(narrow_peak_summit), -1);
  if (offset >= interval.length()) throw InputError(row.where("peak"), "the summit is behind the end");
  if (offset >= 0) interval.summit = interval.start + offset;
  return interval;
}

/// The value of a key in the last column of GTF: gene_id "ENSG1"; gene_name "NAME";
std::string attribute(std::string_view attributes, std::string_view key) {
  for (std::size_t at = 0; (at = attributes.find(key, at)) != std::string_view::npos; at += key.size()) {
    const bool begins = at == 0 || attributes[at - 1] == ' ' || attributes[at - 1] == ';';
    const auto opening = at + key.size();
    if (!begins || attributes.substr(opening, 2) != " \"") continue;
    const auto value = attributes.substr(opening + 2);
    return std::string(value.substr(0, value.find('"')));
  }
  return {};
}

matrix::Intervals read_gtf(const std::filesystem::path& path) {
  enum GtfColumn : std::size_t { seqname, feature = 2, gtf_start, gtf_end, gtf_strand = 6, attributes = 8, n_columns };
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  matrix::Intervals genes;
  while (const auto fields = text.next()) {
    if (is_remark((*fields)[0])) continue;
    if (fields->size() != n_columns)
      throw InputError(text.where(), "has " + std::to_string(fields->size()) + " fields; GTF has 9");
    if ((*fields)[feature] != "gene") continue;
    auto gene = attribute((*fields)[attributes], "gene_name");
    if (gene.empty()) gene = attribute((*fields)[attributes], "gene_id");
    if (gene.empty()) throw InputError(text.where("attribute"), "names no gene_name and no gene_id");
    genes.push_back({.chromosome = std::string((*fields)[seqname]),
                     .start = position(text.where("start"), (*fields)[gtf_start], 1) - 1,
                     .end = position(text.where("end"), (*fields)[gtf_end], 1),
                     .name = std::move(gene),
                     .strand = strand_of(text.where("strand"), (*fields)[gtf_strand], false)});
    check_bounds(text.where(), genes.back());
  }
  return genes;
}

matrix::Intervals read_gene_sheet(const std::filesystem::path& path) {
  Sheet sheet(path);
  const auto gene = sheet.need("gene"), chromosome = sheet.need("chrom"), first = sheet.need("start"),
             last = sheet.need("end"), direction = sheet.need("strand");
  matrix::Intervals genes;
  while (sheet.next()) {
    genes.push_back({.chromosome = std::string(sheet.at(chromosome)),
                     .start = position(sheet.where("start"), sheet.at(first), 1) - 1,
                     .end = position(sheet.where("end"), sheet.at(last), 1),
                     .name = std::string(sheet.at(gene)),
                     .strand = strand_of(sheet.where("strand"), sheet.at(direction), false)});
    if (genes.back().name.empty()) throw InputError(sheet.where("gene"), "is empty");
    if (genes.back().chromosome.empty()) throw InputError(sheet.where("chrom"), "is empty");
    check_bounds(sheet.where(), genes.back());
  }
  return genes;
}

}  // namespace

matrix::Intervals read_intervals(const std::filesystem::path& path, const IntervalOptions& options) {
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  const bool narrow_peak = name_without_gz(path).ends_with(".narrowPeak");
  matrix::Intervals intervals;
  while (const auto fields = text.next())
    if (!is_remark((*fields)[0])) intervals.push_back(bed_interval({text, *fields}, options, narrow_peak));
  return intervals;
}

matrix::Intervals read_genes(const std::filesystem::path& path) {
  auto genes = name_without_gz(path).ends_with(".gtf") ? read_gtf(path) : read_gene_sheet(path);
  if (genes.empty()) throw InputError({path}, "holds no genes");
  return genes;
}

matrix::Intervals read_chromosomes(const std::filesystem::path& path) {
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  matrix::Intervals chromosomes;
  while (const auto fields = text.next()) {
    if (is_remark((*fields)[0])) continue;
    if (fields->size() < 2) throw InputError(text.where(), "is not the name of a chromosome, a tab and its size");
    chromosomes.push_back(
        {.chromosome = std::string((*fields)[0]), .start = 0, .end = position(text.where("size"), (*fields)[1], 1)});
  }
  if (chromosomes.empty()) throw InputError({path}, "holds no chromosomes");
  return chromosomes;
}

}  // namespace miura::input
