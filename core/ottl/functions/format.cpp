// Format: texts made by the verbs of Go's fmt.Sprintf.
#include "ottl/evaluation.hpp"
#include "ottl/go_format.hpp"

namespace entail::ottl::functions {

namespace {

struct FormatText final : Prepared {
  std::vector<FormatPart> parts;
};

std::unique_ptr<Prepared> prepare_format(const Literals& literals, BadArgument& bad) {
  auto out = std::make_unique<FormatText>();
  const std::string fault = parse_format(literals.text(0, {}), out->parts);
  if (!fault.empty()) bad = {0, fault};
  return out;
}

bool format(Call& call, Value& out) {
  std::vector<Value> values(call.item_count(1));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!call.read_item(1, i, values[i])) return false;
  std::string text;
  return append_formatted(call.prepared<FormatText>()->parts, values, text) && call.give(text, out);
}

constexpr FunctionRow kRows[] = {
    {.name = "Format",
     .parameters = {{{"Format", Take::written_text}, {"Vals", Take::written_list}}},
     .evaluate = format,
     .prepare = prepare_format},
};

}  // namespace

std::span<const FunctionRow> format_rows() { return kRows; }

}  // namespace entail::ottl::functions
