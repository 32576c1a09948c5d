// The number nearest to the range of each numeric_attribute policy, for the distance of a dropped trace
// (distance.hpp). A trace has a word for each range, which only rises, so threads may raise it in any order.
//
// Thread rule: Immutable after finish(). Cost: a span's attributes are skipped by their marks, as in AttributeTable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/decode.hpp"

namespace entail::policy {

constexpr unsigned kNearNumbersMax = 16;  // further policies have no distance

class NearNumbers {
 public:
  // The index of the range, both bounds inclusive, or nothing if there are kNearNumbersMax of them.
  std::optional<unsigned> add(std::string_view key, std::int64_t min, std::int64_t max);
  // Call once, after the last add().
  void finish();
  unsigned count() const noexcept { return static_cast<unsigned>(ranges_.size()); }

  // Raise words[i] by the number of the attributes that is nearest to range i. REQUIRES count() words.
  void measure_span(const otlp::Decoded& decoded, const otlp::SpanView& span, std::uint64_t* words) const noexcept;
  void measure_resource(Bytes bytes, wire::Range resource, std::uint64_t* words) const noexcept;

  // The number outside the range that a word holds, and the bound that it missed; nothing if it holds none.
  struct Near {
    double value = 0;
    std::int64_t bound = 0;
    bool is_below = false;
  };
  struct Bounds {
    std::int64_t min = 0;
    std::int64_t max = 0;
  };
  static std::optional<Near> near(Bounds bounds, std::uint64_t word) noexcept;

 private:
  struct Range {
    std::string key;
    Bounds bounds;
  };
  void measure(Bytes bytes, const otlp::AttributeView& attribute, std::uint64_t* words) const noexcept;

  std::vector<Range> ranges_;
  std::array<std::uint8_t, otlp::kKeyMarks + 1> is_marked_{};  // 1: some key has this mark; kNoKeyMark always
};

}  // namespace entail::policy
