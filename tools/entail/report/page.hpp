// The page of a report: the front end of web/, embedded when the build had Node.js. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <string_view>

namespace entail::cli::report {

// Empty: this build has no page.
std::string_view page_template() noexcept;

// The page with the data of a report in it. Nothing in `json` can end the element that holds it: '<' is escaped.
std::string page_with(std::string_view json);

}  // namespace entail::cli::report
