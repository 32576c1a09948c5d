// Layouts of Go's time package ("2006-01-02 15:04:05"), which the Collector makes of strptime formats: writing a time
// by one, and reading one. Thread rule: Immutable (free functions only). Texts are read and written without a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/civil_time.hpp"
#include "ottl/layout_element.hpp"
#include "ottl/time_zone.hpp"

namespace entail::ottl {

// A layout to write by, split into its elements once.
class Layout {
 public:
  explicit Layout(std::string text);
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  const std::vector<Chunk>& chunks() const noexcept { return chunks_; }

 private:
  std::string text_;
  std::vector<Chunk> chunks_;  // of the text; the last one has no element
};

std::string format_by_layout(const Layout& layout, const Value& time);

struct LayoutFault {
  std::string_view element;  // of the layout, at which reading stopped; empty if it is not one
  std::string_view rest;     // what was not read
};

struct LayoutTime {
  Instant instant{};
  std::int32_t offset = 0;
  std::string zone;  // abbreviation
};

// As time.ParseInLocation. Nothing: fault says why.
std::optional<LayoutTime> parse_by_layout(std::string_view layout, std::string_view text, const TimeZone& zone,
                                          LayoutFault& fault);

}  // namespace entail::ottl
