// OTTL conditions, interpreted over plain data: read from the Collector's documentation, with exceptions for errors and
// no care for speed. It shares nothing with core/policy. Thread rule: Confined (a cache of parsed texts per thread).
#pragma once

#include <optional>
#include <string>

#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// Does the condition hold on the span, or on its event if there is one? Nothing: it cannot be evaluated.
// REQUIRES a condition that the configuration accepts.
std::optional<bool> meets(const std::string& condition, const workload::Attributes& resource,
                          const workload::Span& span, const workload::Event* event);

}  // namespace entail::oracle
