// Converters of numbers.
#include <cmath>

#include "ottl/evaluation.hpp"
#include "ottl/go_number.hpp"
#include "text/ascii.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

bool natural_log(Call& call, Value& out) {
  if (call[0].kind == Kind::nil || call[0].floating <= 0) return false;
  out = Value::of_floating(std::log(call[0].floating));
  return true;
}

bool parse_int(Call& call, Value& out) {
  const std::optional<std::int64_t> number = parse_go_integer(call[0].text, call[1].integer);
  if (number) out = Value::of_integer(*number);
  return number.has_value();
}

// The last digit of a card number and the like checks the others.
bool is_valid_luhn(Call& call, Value& out) {
  if (call[0].kind == Kind::nil) return false;
  std::string digits;
  for (const char c : call[0].text) {
    if (c == ' ') continue;
    if (!text::is_digit(c)) return false;
    digits += c;
  }
  out = Value::of_boolean(false);
  if (digits.empty()) return true;
  int sum = 0;
  for (std::size_t i = digits.size() - 1; i-- > 0;) {
    const int digit = digits[i] - '0';
    const bool doubled = (digits.size() - 2 - i) % 2 == 0;
    sum += !doubled ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
  }
  out = Value::of_boolean((10 - sum % 10) % 10 == digits.back() - '0');
  return true;
}

constexpr FunctionRow kRows[] = {
    {.name = "Log", .parameters = {{{"Target", Take::floating_like}}}, .evaluate = natural_log},
    {.name = "ParseInt", .parameters = {{{"Target", Take::text}, {"Base", Take::integer}}}, .evaluate = parse_int},
    {.name = "IsValidLuhn", .parameters = {{{"Target", Take::text_like}}}, .evaluate = is_valid_luhn},
};

}  // namespace

std::span<const FunctionRow> numbers_rows() { return kRows; }

}  // namespace entail::ottl::functions
