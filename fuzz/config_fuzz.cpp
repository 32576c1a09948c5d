// parse_options(): any text gives options that pass every check, or errors with positions inside the text.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "config/check_options.hpp"
#include "entail/options.hpp"

namespace {

void check(std::string_view text, const entail::ConfigContext& context) {
  const entail::ConfigResult result = entail::parse_options(text, entail::Options(), context);
  ENTAIL_CHECK(result.options.has_value() == result.errors.empty());
  const auto lines = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  for (const entail::ConfigMessage& error : result.errors) {
    ENTAIL_CHECK(!error.text.empty());
    ENTAIL_CHECK(error.line <= lines + 2);
  }
  if (!result.options) return;
  for (const entail::option::Finding& finding : entail::config::check_options(*result.options).findings)
    ENTAIL_CHECK(!finding.is_error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {});
  entail::ConfigContext context;
  context.instance = "a";
  context.environment = {{"A", "${A}"}, {"B", "1s"}};
  check(text, context);
  return 0;
}
