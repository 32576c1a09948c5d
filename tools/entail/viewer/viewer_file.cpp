#include "viewer/viewer_file.hpp"

#include "viewer/jaeger_file.hpp"
#include "viewer/perfetto_file.hpp"

namespace entail::cli {

std::unique_ptr<ViewerFile> viewer_file(std::string_view name) {
  if (name == "jaeger") return std::make_unique<JaegerFile>();
  if (name == "perfetto") return std::make_unique<PerfettoFile>();
  return nullptr;
}

}  // namespace entail::cli
