#pragma once

#include <map>
#include <string>

#include "app/study_size.hpp"

namespace miura::app {

/// Bytes that a rank sends and receives in each stage, by the model of docs/scaling.md; nothing on one rank. Stages
/// that exchange less than some 100 kB are not in it.
std::map<std::string, double> message_forecast(const StudySize& size, const RunOptions& o, const Layout& layout);

}  // namespace miura::app
