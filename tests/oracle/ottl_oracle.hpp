// OTTL conditions, interpreted over plain data: written from the Collector's documentation, with exceptions for errors
// and no regard for speed. It shares nothing with core/policy. Thread rule: Confined (a parse cache per thread).
#pragma once

#include <optional>
#include <string>

#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// Whether the condition holds on the span, or on its event if given. Nothing: it cannot be evaluated.
// REQUIRES a condition that the configuration accepts.
std::optional<bool> meets(const std::string& condition, const workload::Attributes& resource,
                          const workload::Span& span, const workload::Event* event);

// Whether some comparison in it holds of the status ERROR, but not of UNSET. wanted = false: of its negation.
bool tests_error(const std::string& condition, bool wanted = true);

}  // namespace entail::oracle
