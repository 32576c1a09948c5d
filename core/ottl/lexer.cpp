#include "ottl/lexer.hpp"

#include <array>

#include "ottl/strcase.hpp"
#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using Kind = Token::Kind;

using text::is_digit;
using text::is_letter;
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What people write instead of OTTL's words.
struct Slip {
  std::string_view written;
  std::string_view text;
};
constexpr std::array kSlips = {Slip{"&&", "'&&' is written 'and'"}, Slip{"||", "'||' is written 'or'"},
                               Slip{"!", "'!' is written 'not'"}, Slip{"'", "a string is written in double quotes"}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>, Fault> run() {
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      begin_ = at_;
      if (at_ == text_.size()) break;
      if (const Read read = next(); !read) return read.error();
    }
    add(Kind::end, "");
    return std::move(tokens_);
  }

 private:
  using Read = Result<void, Fault>;  // one token added

  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void add(Kind kind, std::string value) { tokens_.push_back({kind, begin_, at_ - begin_, std::move(value)}); }
  static Fault fail(std::size_t offset, std::string text) { return {offset, std::move(text), {}, {}}; }

  Read next() {
    const char c = peek();
    if (is_letter(c) || c == '_') {
      while (is_letter(peek()) || is_digit(peek()) || peek() == '_') ++at_;
      add(Kind::name, std::string(text_.substr(begin_, at_ - begin_)));
      return {};
    }
    if (c == '"') return quoted();
    if (c == '0' && peek(1) == 'x') return bytes();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    for (const std::string_view symbol : {"==", "!=", "<=", ">=", "=>"}) {
      if (text_.substr(at_, 2) != symbol) continue;
      at_ += 2;
      add(Kind::symbol, std::string(symbol));
      return {};
    }
    for (const Slip& slip : kSlips)
      if (text_.substr(at_).starts_with(slip.written)) return fail(at_, std::string(slip.text));
    if (std::string_view("<>()[]{},:.=+-*/").find(c) == std::string_view::npos)
      return fail(at_, "'" + std::string(1, c) + "' has no meaning here");
    ++at_;
    add(Kind::symbol, std::string(1, c));
    return {};
  }

  Read number() {
    Kind kind = Kind::whole;
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
      kind = Kind::floating;
      ++at_;
      while (is_digit(peek())) ++at_;
      const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 1 : 0;
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
      }
    }
    if (is_letter(peek()) || peek() == '_') return fail(begin_, "not a number: numbers have no units");
    add(kind, std::string(text_.substr(begin_, at_ - begin_)));
    return {};
  }

  Read bytes() {
    std::string value;
    for (at_ += 2; text::hex_digit(peek()) >= 0; at_ += 2) {
      if (text::hex_digit(peek(1)) < 0) return fail(begin_, "bytes have an even number of digits");
      value += static_cast<char>(text::hex_digit(peek()) * 16 + text::hex_digit(peek(1)));
    }
    if (value.empty() || is_letter(peek())) return fail(begin_, "bytes are written 0x and hexadecimal digits");
    add(Kind::bytes, std::move(value));
    return {};
  }

  // Go's strings, with all their escapes.
  Read quoted() {
    std::string value;
    for (++at_; at_ < text_.size() && peek() != '"'; ++at_) {
      if (peek() != '\\') {
        value += peek();
      } else if (!escape(value)) {
        return fail(at_, "unknown escape; a backslash in a text, also in a regex, is written \\\\");
      }
    }
    if (at_ == text_.size()) return fail(begin_, "the text has no closing quote");
    ++at_;
    add(Kind::text, std::move(value));
    return {};
  }

  // From the backslash to the last character of its escape. False, at the backslash: it is none.
  bool escape(std::string& value) {
    constexpr std::string_view kWritten = "\"\\nrtabfv";
    constexpr std::string_view kMeant = "\"\\\n\r\t\a\b\f\v";
    const char c = peek(1);
    if (const std::size_t known = kWritten.find(c); c != '\0' && known != std::string_view::npos) {
      value += kMeant[known];
      ++at_;
      return true;
    }
    const bool is_octal = c >= '0' && c <= '7';
    const std::size_t first = is_octal ? 1 : 2;
    const std::size_t digits = is_octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t code = 0;
    for (std::size_t i = first; i < first + digits; ++i) {
      const int digit = text::hex_digit(peek(i));
      if (digit < 0 || (is_octal && digit > 7)) return false;
      code = code * (is_octal ? 8 : 16) + static_cast<std::uint32_t>(digit);
    }
    if (digits == 0 || (is_octal && code > 255) || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    append_character(code, value);  // \x and octal digits, too, as the Collector's parser does it
    at_ += first + digits - 1;
    return true;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

Result<std::vector<Token>, Fault> lex(std::string_view condition) { return Lexer(condition).run(); }

}  // namespace entail::ottl
