// Traces as the file of a viewer: Jaeger's JSON, or trace events for Perfetto.
//
// Neither form can be written span by span: Jaeger groups the spans of a trace, and Perfetto needs to know which spans
// overlap and which ones links lead to. So all spans are held until write(). Thread rule: Confined. Memory: the text of
// the spans, at most kHeldBytesMax, and what std::string reserves beyond it (at most as much again).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "output/output_file.hpp"
#include "spans/span_reader.hpp"

namespace entail::cli {

// Neither viewer can show more.
constexpr std::uint64_t kHeldBytesMax = std::uint64_t{512} << 20;

class ViewerFile {
 public:
  virtual ~ViewerFile() = default;
  virtual void add(const SpanView& span) = 0;
  // Call once, behind the last span.
  virtual void write(OutputFile& file) = 0;

  std::uint64_t held_bytes() const noexcept { return held_bytes_; }
  // What the form cannot show, and so is not in the file.
  std::uint64_t spans_untimed() const noexcept { return spans_untimed_; }
  std::uint64_t links_undrawn() const noexcept { return links_undrawn_; }

 protected:
  std::uint64_t held_bytes_ = 0;
  std::uint64_t spans_untimed_ = 0;
  std::uint64_t links_undrawn_ = 0;
};

// "jaeger" or "perfetto"; null for any other name.
std::unique_ptr<ViewerFile> viewer_file(std::string_view name);

}  // namespace entail::cli
