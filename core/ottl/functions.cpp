#include "ottl/functions.hpp"

#include <algorithm>

#include "ottl/strcase.hpp"

namespace entail::ottl {

namespace functions {
#define ENTAIL_PART(name) std::span<const FunctionRow> name##_rows();
#include "ottl/functions.inc"
#undef ENTAIL_PART
}  // namespace functions

namespace {

using Rows = std::span<const FunctionRow> (*)();
#define ENTAIL_PART(name) functions::name##_rows,
constexpr Rows kParts[] = {
#include "ottl/functions.inc"
};
#undef ENTAIL_PART

// By name.
const std::vector<const FunctionRow*>& all_rows() {
  static const std::vector<const FunctionRow*> rows = [] {
    std::vector<const FunctionRow*> out;
    for (const Rows part : kParts)
      for (const FunctionRow& row : part()) out.push_back(&row);
    std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    return out;
  }();
  return rows;
}

}  // namespace

std::size_t FunctionRow::parameter_count() const noexcept {
  std::size_t count = 0;
  while (count < parameters.size() && !parameters[count].name.empty()) ++count;
  return count;
}

const FunctionRow* find_function(std::string_view name) noexcept {
  const auto& rows = all_rows();
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), name,
                       [](const FunctionRow* row, std::string_view wanted) { return row->name < wanted; });
  return found != rows.end() && (*found)->name == name ? *found : nullptr;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const FunctionRow* row : all_rows())
    if (row->refused.empty()) names.push_back(row->name);
  return names;
}

std::vector<std::string> function_usages() {
  std::vector<std::string> usages;
  for (const FunctionRow* row : all_rows())
    if (row->refused.empty()) usages.push_back(usage_of(*row));
  return usages;
}

std::string usage_of(const FunctionRow& row) {
  std::string out(row.name);
  out += '(';
  for (std::size_t i = 0; i < row.parameter_count(); ++i) {
    if (i != 0) out += ", ";
    const std::string name = to_snake(row.parameters[i].name);
    out += row.parameters[i].is_optional ? "[" + name + "]" : name;
  }
  return out + ')';
}

}  // namespace entail::ottl
