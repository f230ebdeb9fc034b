#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

namespace miura::input {

/// The data frames (obs, var) of an AnnData file, whichever version wrote it: a group of columns (0.7 and later) or a
/// vector of compounds (0.5, 0.6). `at` is where the AnnData object begins, `frame` "obs", "var", "raw/var" ...

/// Names of the rows: cells or features.
std::vector<std::string> frame_index(hid_t at, const std::string& frame);

/// Names of the columns, ascending.
std::vector<std::string> frame_columns(hid_t at, const std::string& frame);

/// A column as text: categories (of all encodings) and texts as they are, integers and booleans written out, "" for
/// what is missing. InputError where there is no such column.
std::vector<std::string> frame_texts(hid_t at, const std::string& frame, const std::string& column);

}  // namespace miura::input
