#include "ottl/go_json.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/bytes.hpp"
#include "ottl/go_layout.hpp"
#include "ottl/go_number.hpp"
#include "ottl/strcase.hpp"
#include "text/ascii.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/json_string.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr unsigned kDepthMax = 128;  // bounds the stack; what is nested deeper fails

using base::bytes_of;

// The character after the backslash of a short escape; NUL: there is none.
char short_escape(char32_t code, JsonStyle style) noexcept {
  switch (code) {
    case '"':
    case '\\':
      return static_cast<char>(code);
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\b':
      return style == JsonStyle::pdata ? 'b' : '\0';
    case '\f':
      return style == JsonStyle::pdata ? 'f' : '\0';
    default:
      return '\0';
  }
}

bool is_long_escape(const Character& next, JsonStyle style) noexcept {
  const bool is_bad = next.code == 0xfffd && next.size == 1;
  const bool is_html = next.code == '<' || next.code == '>' || next.code == '&';
  return next.code < 0x20 || next.code == 0x2028 || next.code == 0x2029 || is_bad ||
         (is_html && style == JsonStyle::ottl);
}

// What is not UTF-8 is written as the escape of U+FFFD.
void append_string(std::string_view text, JsonStyle style, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const Character next = first_character(text);
    if (const char escape = short_escape(next.code, style); escape != '\0') {
      out += '\\';
      out += escape;
    } else if (is_long_escape(next, style)) {
      out += "\\u";
      text::append_hex(next.code, 4, out);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  out += '"';
}

bool append(const Value& value, JsonStyle style, bool is_raw, unsigned depth, std::string& out);

bool append_list(const Value& value, JsonStyle style, bool is_raw, unsigned depth, std::string& out) {
  ItemCursor cursor(value);
  std::string_view key;
  Value item;
  out += '[';
  for (bool first = true; cursor.next(key, item); first = false) {
    if (!first) out += ',';
    if (!append(item, style, is_raw, depth + 1, out)) return false;
  }
  out += ']';
  return true;
}

bool append_map(const Value& value, JsonStyle style, bool is_raw, unsigned depth, std::string& out) {
  std::vector<std::pair<std::string_view, Value>> pairs;
  ItemCursor cursor(value);
  std::string_view key;
  for (Value item; cursor.next(key, item);) pairs.emplace_back(key, item);
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i + 1 < pairs.size() && pairs[i].first == pairs[i + 1].first) continue;  // the last one counts
    if (!first) out += ',';
    first = false;
    append_string(pairs[i].first, style, out);
    out += ':';
    if (!append(pairs[i].second, style, is_raw, depth + 1, out)) return false;
  }
  out += '}';
  return true;
}

void append_byte_numbers(std::string_view text, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 0) out += ',';
    out += std::to_string(static_cast<std::uint8_t>(text[i]));
  }
  out += ']';
}

// A time as json.Marshal writes it: RFC 3339 with as many digits as needed. False beyond the years 0 to 9999.
bool append_rfc3339(const Value& time, std::string& out) {
  static const Layout layout("2006-01-02T15:04:05.999999999Z07:00");
  const std::int64_t year = civil_time(instant_of(time), zone_offset(time)).year;
  if (year < 0 || year > 9999) return false;
  out += format_by_layout(layout, time);
  return true;
}

// is_raw: what holds the value is held as Go's own types, in which pdata's types have no content.
bool append(const Value& value, JsonStyle style, bool is_raw, unsigned depth, std::string& out) {
  if (depth > kDepthMax) return false;
  switch (value.kind) {
    case Kind::nil:
      out += "null";
      return true;
    case Kind::boolean:
      out += value.integer != 0 ? "true" : "false";
      return true;
    case Kind::integer:
    case Kind::native_int:
    case Kind::duration:
      out += std::to_string(value.integer);
      return true;
    case Kind::floating:
      if (!std::isfinite(value.floating)) return false;
      append_go_json_double(value.floating, style == JsonStyle::pdata ? ShortExponent::yes : ShortExponent::no, out);
      return true;
    case Kind::text:
      append_string(value.text, style, out);
      return true;
    case Kind::bytes:
      if (value.text.empty()) {
        out += "null";
        return true;
      }
      out += '"';
      text::append_base64(bytes_of(value.text), out);
      out += '"';
      return true;
    case Kind::time:
      out += '"';
      if (!append_rfc3339(value, out)) return false;
      out += '"';
      return true;
    case Kind::list:
    case Kind::map: {
      const bool keeps_go_types = value.form == Form::raw || value.form == Form::texts;
      if (is_raw && !keeps_go_types) {
        out += "{}";
        return true;
      }
      return value.kind == Kind::list ? append_list(value, style, keeps_go_types, depth, out)
                                      : append_map(value, style, keeps_go_types, depth, out);
    }
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
      append_byte_numbers(value.text, out);
      return true;
    case Kind::events:
    case Kind::links:
    case Kind::status:
      out += "{}";
      return true;
  }
  return false;
}

// A recursive reader of JSON texts, as strict as the Collector's JSON library.
class Reader {
 public:
  Reader(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

  bool whole(Value& out) {
    skip_space();
    if (peek() != '{' && peek() != '[') return false;
    if (!value(0, out)) return false;
    skip_space();
    return at_ == text_.size() || peek() == '\0';  // which ends the text
  }

 private:
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() noexcept {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  bool word(std::string_view word) noexcept {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool value(unsigned depth, Value& out) {
    if (depth > kDepthMax) return false;
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth, out);
      case '[':
        return array(depth, out);
      case '"':
        out = Value::of_text({});
        return string(out.text);
      case 't':
        out = Value::of_boolean(true);
        return word("true");
      case 'f':
        out = Value::of_boolean(false);
        return word("false");
      case 'n':
        out = {};
        return word("null");
      default:
        return number(out);
    }
  }

  // Whatever strconv.ParseFloat reads of such characters, so 01 and 1. too.
  bool number(Value& out) {
    const std::size_t size = std::min(text_.substr(at_).find_first_not_of("0123456789+-.eE"), text_.size() - at_);
    if (peek() != '-' && !text::is_digit(peek())) return false;
    const std::optional<double> number = parse_go_double(text_.substr(at_, size));
    at_ += size;
    if (number) out = Value::of_floating(*number);
    return number.has_value();
  }

  // What is not UTF-8 becomes U+FFFD.
  bool string(std::string_view& out) {
    const std::size_t begin = ++at_;
    for (;; ++at_) {
      if (at_ >= text_.size() || peek() == '\0') return false;
      if (peek() == '"') break;
      if (peek() != '\\') continue;
      ++at_;
      if (at_ >= text_.size()) return false;
      if (peek() != 'u') {
        if (text::simple_escape(peek()) == 0) return false;
        continue;
      }
      for (int i = 0; i < 4; ++i)
        if (++at_ >= text_.size() || text::hex_digit(peek()) < 0) return false;
    }
    const std::string_view raw = text_.substr(begin, at_ - begin);
    ++at_;
    std::string content;
    text::append_unescaped(raw, content);
    std::string clean;
    text::append_as_utf8(content, clean);
    return arena_.copy(clean, out);
  }

  bool give(Kind kind, const std::vector<Value>& items, Value& out) {
    Value* const made = arena_.values(items.size());
    if (made == nullptr && !items.empty()) return false;
    std::copy(items.begin(), items.end(), made);
    out = Value::of_items(kind, Form::plain, made, kind == Kind::map ? items.size() / 2 : items.size());
    return true;
  }

  bool array(unsigned depth, Value& out) {
    std::vector<Value> items;
    ++at_;
    skip_space();
    if (peek() == ']') {
      ++at_;
      return give(Kind::list, items, out);
    }
    for (;;) {
      if (!value(depth + 1, items.emplace_back())) return false;
      skip_space();
      const char next = peek();
      ++at_;
      if (next == ']') return give(Kind::list, items, out);
      if (next != ',') return false;
    }
  }

  bool object(unsigned depth, Value& out) {
    std::vector<Value> items;
    ++at_;
    skip_space();
    if (peek() == '}') {
      ++at_;
      return give(Kind::map, items, out);
    }
    for (;;) {
      skip_space();
      std::string_view key;
      if (peek() != '"' || !string(key)) return false;
      skip_space();
      if (peek() != ':') return false;
      ++at_;
      items.push_back(Value::of_text(key));
      if (!value(depth + 1, items.emplace_back())) return false;
      skip_space();
      const char next = peek();
      ++at_;
      if (next == '}') return give(Kind::map, without_repeats(items), out);
      if (next != ',') return false;
    }
  }

  // The last value of a key counts.
  static std::vector<Value> without_repeats(const std::vector<Value>& items) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < items.size(); i += 2) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return items[a].text < items[b].text; });
    std::vector<std::size_t> last;
    for (std::size_t i = 0; i < order.size(); ++i)
      if (i + 1 == order.size() || items[order[i]].text != items[order[i + 1]].text) last.push_back(order[i]);
    std::sort(last.begin(), last.end());
    std::vector<Value> out;
    for (const std::size_t i : last) {
      out.push_back(items[i]);
      out.push_back(items[i + 1]);
    }
    return out;
  }

  std::string_view text_;
  Arena& arena_;
  std::size_t at_ = 0;
};

}  // namespace

bool append_go_json(const Value& value, JsonStyle style, std::string& out) {
  return append(value, style, false, 0, out);
}

bool parse_go_json(std::string_view text, Arena& arena, Value& out) { return Reader(text, arena).whole(out); }

}  // namespace entail::ottl
