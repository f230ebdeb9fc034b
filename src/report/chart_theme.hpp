#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace miura::report {

inline constexpr const char* ink = "currentColor";
inline constexpr const char* higher = "#0072B2";
inline constexpr const char* lower = "#D55E00";

struct Colour {
  const char* fill;
  bool dark;  ///< whether text on it must be white
};

/// Okabe & Ito's palette for all kinds of colour vision, its black replaced; then the muted scheme of Paul Tol.
inline constexpr std::array palette{
    Colour{"#0072B2", true},  Colour{"#E69F00", false}, Colour{"#009E73", true},  Colour{"#CC79A7", false},
    Colour{"#56B4E9", false}, Colour{"#D55E00", true},  Colour{"#F0E442", false}, Colour{"#999999", false},
    Colour{"#882255", true},  Colour{"#44AA99", false}, Colour{"#332288", true},  Colour{"#DDCC77", false},
    Colour{"#AA4499", true},  Colour{"#117733", true},  Colour{"#88CCEE", false}, Colour{"#661100", true}};

/// A Vega-Lite specification of layers over the same data, as wide as its place, in the colours of the page.
nlohmann::json layered_chart(std::string_view description, nlohmann::json data, nlohmann::json layers);

/// Lets the reader choose whose rows are drawn, by the text in a field; `shown` at first. `label` stands before the
/// choices.
void choose(nlohmann::json& spec, const std::string& field, const std::vector<std::string>& choices,
            std::string_view shown, std::string_view label);
/// The same of field `cluster`.
void choose_cluster(nlohmann::json& spec, const std::vector<std::string>& clusters, std::string_view shown);

/// An axis of names that are cut in their middle: lots and gene sets are alike at their start.
nlohmann::json axis_of_names(int most_letters, int most_pixels);

/// A level of y, or of x, that the eye should compare with: a line that is drawn once, whatever the data.
nlohmann::json level_of(const char* channel, double value, nlohmann::json mark);

/// The x channel of a field that holds bases of a chromosome.
nlohmann::json along_chromosome(const char* field, std::string_view chromosome, std::int64_t start, std::int64_t end);

/// Fields and titles of a tooltip, in their order.
nlohmann::json tooltip(std::initializer_list<std::array<const char*, 2>> fields);

}  // namespace miura::report
