// What a LinkSurvey found, as one JSON object and as tables for people. Thread rule: Immutable (functions).
#pragma once

#include <string>

#include "console.hpp"
#include "output/summary.hpp"
#include "survey/link_survey.hpp"

namespace entail::cli {

// One line, with a newline. Of `facts` the input counts and times are used.
std::string survey_json(const SurveyResult& result, const RunFacts& facts);

std::string survey_table(const SurveyResult& result, const RunFacts& facts, Paint paint);

// "FILE:LINE" or "FILE, byte N".
std::string place_text(const Place& place);

}  // namespace entail::cli
