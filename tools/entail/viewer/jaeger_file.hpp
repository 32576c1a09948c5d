// The JSON that the Jaeger UI opens and its query API returns: {"data": [TRACE...]}, in the order in which the traces
// arrived. Fields as Jaeger names them; what OTLP has and Jaeger has not is in tags, as Jaeger's own receiver puts it.
//
// A link is a reference FOLLOWS_FROM, or CHILD_OF if its attribute opentracing.ref_type says child_of. References carry
// no attributes: a link that has some is in the logs of the span, too. Thread rule: Confined.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "viewer/viewer_file.hpp"

namespace entail::cli {

class JaegerFile final : public ViewerFile {
 public:
  void add(const SpanView& span) override;
  void write(OutputFile& file) override;

 private:
  struct Trace {
    std::string id;
    std::string spans;                                             // JSON, separated by commas
    std::string processes;                                         // likewise, with their keys
    std::unordered_map<std::string, std::size_t> process_numbers;  // by resource
  };

  Trace& trace_of(std::string_view trace_id);
  static std::size_t process_of(Trace& trace, const SpanView& span);

  std::vector<Trace> traces_;
  std::unordered_map<std::string, std::size_t> trace_indexes_;
};

}  // namespace entail::cli
