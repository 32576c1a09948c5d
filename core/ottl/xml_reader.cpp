#include "ottl/strcase.hpp"
#include "ottl/xml.hpp"
#include "text/ascii.hpp"
#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name_start(char c) noexcept { return text::is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_name(char c) noexcept { return is_name_start(c) || text::is_digit(c) || c == '-' || c == '.'; }

bool is_character(char32_t code) noexcept {
  return code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xd800) ||
         (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

// The text between & and ;
bool append_entity(std::string_view name, std::string& out) {
  if (name == "lt") return out += '<', true;
  if (name == "gt") return out += '>', true;
  if (name == "amp") return out += '&', true;
  if (name == "apos") return out += '\'', true;
  if (name == "quot") return out += '"', true;
  if (name.size() < 2 || name[0] != '#') return false;
  const bool is_hex = name[1] == 'x';
  name.remove_prefix(is_hex ? 2 : 1);
  if (name.empty() || name.size() > 8) return false;
  std::uint32_t code = 0;
  for (const char c : name) {
    const int digit = text::hex_digit(c);
    if (digit < 0 || (!is_hex && digit > 9)) return false;
    code = code * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
  }
  if (!is_character(code)) return false;
  append_character(code, out);
  return true;
}

}  // namespace

bool XmlReader::fail() noexcept {
  failed_ = true;
  return false;
}

void XmlReader::skip_space() noexcept {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool XmlReader::next(XmlToken& token) {
  if (failed_) return false;
  token = {};
  if (closes_) {
    closes_ = false;
    token.kind = XmlToken::Kind::end;
    open_.pop_back();
    return true;
  }
  if (at_ == text_.size()) return open_.empty() ? false : fail();
  return text_[at_] == '<' ? read_markup(token) : read_text(token);
}

// Line ends become \n; entities and characters are checked.
bool XmlReader::read_content(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    if (raw[0] == '&') {
      const std::size_t end = raw.find(';');
      if (end == std::string_view::npos || !append_entity(raw.substr(1, end - 1), out)) return false;
      raw.remove_prefix(end + 1);
      continue;
    }
    if (raw[0] == '\r') {
      out += '\n';
      raw.remove_prefix(raw.starts_with("\r\n") ? 2 : 1);
      continue;
    }
    const std::size_t size = text::utf8_character_size(raw);
    if (size == 0 || !is_character(first_character(raw).code)) return false;
    out += raw.substr(0, size);
    raw.remove_prefix(size);
  }
  return true;
}

bool XmlReader::read_text(XmlToken& token) {
  const std::size_t end = std::min(text_.find('<', at_), text_.size());
  const std::string_view raw = text_.substr(at_, end - at_);
  if (raw.find("]]>") != std::string_view::npos || !read_content(raw, token.text)) return fail();
  at_ = end;
  return true;
}

bool XmlReader::read_until(std::string_view end, std::string& out) {
  const std::size_t found = text_.find(end, at_);
  if (found == std::string_view::npos) return fail();
  out = text_.substr(at_, found - at_);
  at_ = found + end.size();
  return true;
}

bool XmlReader::read_markup(XmlToken& token) {
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("<!--")) {
    at_ += 4;
    token.kind = XmlToken::Kind::comment;
    return read_until("-->", token.text) && (token.text.find("--") == std::string::npos || fail());
  }
  if (rest.starts_with("<![CDATA[")) {
    at_ += 9;
    token.kind = XmlToken::Kind::cdata;
    return read_until("]]>", token.text);
  }
  if (rest.starts_with("<?")) {
    at_ += 2;
    token.kind = XmlToken::Kind::instruction;
    std::string no_prefix;
    if (!read_name(no_prefix, token.name)) return false;
    skip_space();
    return read_until("?>", token.text);
  }
  if (rest.starts_with("<!")) {
    at_ += 2;
    token.kind = XmlToken::Kind::directive;
    return read_until(">", token.text);
  }
  return rest.starts_with("</") ? read_end(token) : read_start(token);
}

bool XmlReader::read_name(std::string& prefix, std::string& name) {
  const auto word = [&](std::string& out) {
    if (at_ == text_.size() || !is_name_start(text_[at_])) return fail();
    while (at_ < text_.size() && is_name(text_[at_])) out += text_[at_++];
    return true;
  };
  if (!word(name)) return false;
  if (at_ == text_.size() || text_[at_] != ':') return true;
  ++at_;
  prefix = std::move(name);
  name.clear();
  return word(name);
}

bool XmlReader::read_start(XmlToken& token) {
  ++at_;
  token.kind = XmlToken::Kind::start;
  if (!read_name(token.prefix, token.name)) return false;
  if (open_.size() == kXmlDepthMax) return fail();
  open_.push_back(token.prefix + ":" + token.name);
  for (;;) {
    skip_space();
    if (at_ == text_.size()) return fail();
    if (text_[at_] == '>') {
      ++at_;
      return true;
    }
    if (text_.substr(at_).starts_with("/>")) {
      at_ += 2;
      closes_ = true;
      return true;
    }
    if (!read_attribute(token)) return false;
  }
}

bool XmlReader::read_attribute(XmlToken& token) {
  XmlAttribute& attribute = token.attributes.emplace_back();
  if (!read_name(attribute.prefix, attribute.name)) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != '=') return fail();
  ++at_;
  skip_space();
  if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return fail();
  const std::size_t end = text_.find(text_[at_], at_ + 1);
  if (end == std::string_view::npos) return fail();
  const std::string_view raw = text_.substr(at_ + 1, end - at_ - 1);
  if (raw.find('<') != std::string_view::npos || !read_content(raw, attribute.value)) return fail();
  at_ = end + 1;
  return true;
}

bool XmlReader::read_end(XmlToken& token) {
  at_ += 2;
  token.kind = XmlToken::Kind::end;
  if (!read_name(token.prefix, token.name)) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != '>' || open_.empty() || open_.back() != token.prefix + ":" + token.name)
    return fail();
  ++at_;
  open_.pop_back();
  return true;
}

}  // namespace entail::ottl
