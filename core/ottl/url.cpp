#include "ottl/url.hpp"

#include <algorithm>
#include <unordered_map>

#include "ottl/addresses.hpp"
#include "ottl/strcase.hpp"
#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

enum class Part : std::uint8_t { path, user, host, zone, query, fragment };

using text::is_letter_or_digit;
bool contains(std::string_view set, char c) noexcept { return set.find(c) != std::string_view::npos; }

bool is_escaped(char c, Part part) noexcept {
  if (is_letter_or_digit(c) || contains("-_.~", c)) return false;
  switch (part) {
    case Part::host:
    case Part::zone:
      return !contains("!$&'()*+,;=:[]<>\"", c);
    case Part::path:
      return !contains("$&+,/:;=@", c);
    case Part::user:
      return !contains("$&+,;=", c);
    case Part::query:
      return true;
    case Part::fragment:
      return !contains("$&+,/:;=?@!()*", c);
  }
  return true;
}

std::string escaped(std::string_view text, Part part) {
  std::string out;
  for (const char c : text) {
    if (!is_escaped(c, part)) {
      out += c;
    } else if (c == ' ' && part == Part::query) {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
  return out;
}

// Whether an escape may stand in a host, where only bytes beyond ASCII, or what a host may hold, are escaped.
bool is_good_escape(std::string_view escape, Part part) noexcept {
  const auto byte = static_cast<char>(text::hex_digit(escape[1]) << 4 | text::hex_digit(escape[2]));
  if (escape == "%25" || (part != Part::host && part != Part::zone)) return true;
  if (part == Part::host) return text::hex_digit(escape[1]) >= 8;
  return byte == ' ' || !is_escaped(byte, Part::host);
}

bool unescaped(std::string_view text, Part part, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size() || text::hex_digit(text[at + 1]) < 0 || text::hex_digit(text[at + 2]) < 0) return false;
      if (!is_good_escape(text.substr(at, 3), part)) return false;
      out += static_cast<char>(text::hex_digit(text[at + 1]) << 4 | text::hex_digit(text[at + 2]));
      at += 2;
      continue;
    }
    const bool in_host = part == Part::host || part == Part::zone;
    if (in_host && static_cast<unsigned char>(c) < 0x80 && is_escaped(c, part)) return false;
    out += c == '+' && part == Part::query ? ' ' : c;
  }
  return true;
}

// What was written may stay as it is.
bool is_valid_encoding(std::string_view text, Part part) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [part](char c) { return contains("!$&'()*+,;=:@[]%", c) || !is_escaped(c, part); });
}

std::string escaped_as_written(std::string_view text, std::string_view raw, Part part) {
  std::string plain;
  if (!raw.empty() && is_valid_encoding(raw, part) && unescaped(raw, part, plain) && plain == text)
    return std::string(raw);
  return text == "*" && part == Part::path ? "*" : escaped(text, part);
}

bool is_port(std::string_view text) noexcept {
  return text.empty() || (text[0] == ':' && std::all_of(text.begin() + 1, text.end(), text::is_digit));
}

// False: a scheme is missing before a colon.
bool take_scheme(std::string_view& rest, std::string& scheme) {
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (text::is_letter(c)) continue;
    if (c == ':') {
      if (at == 0) return false;
      scheme = to_lower(rest.substr(0, at));
      rest.remove_prefix(at + 1);
      return true;
    }
    const bool may_follow = text::is_digit(c) || c == '+' || c == '-' || c == '.';
    if (!may_follow || at == 0) return true;
  }
  return true;
}

bool read_ip_literal(std::string_view host, std::string& out) {
  const std::size_t close = host.rfind(']');
  if (close == std::string_view::npos || !is_port(host.substr(close + 1))) return false;
  const std::string_view name = host.substr(1, close - 1);
  const std::size_t zone = std::min(name.find("%25"), name.size());
  std::string address;
  std::string zone_text;
  if (!unescaped(name.substr(0, zone), Part::host, address)) return false;
  if (!unescaped(name.substr(zone), Part::zone, zone_text)) return false;
  const bool has_zone = zone_text.size() > 1;
  if (!parse_address(address) || address.find(':') == std::string::npos) return false;
  if (!zone_text.empty() && !has_zone) return false;
  out = "[" + address + zone_text + "]" + std::string(host.substr(close + 1));
  return true;
}

bool read_host(std::string_view scheme, std::string_view host, std::string& out) {
  const std::size_t open = host.rfind('[');
  if (open == 0) return read_ip_literal(host, out);
  if (open != std::string_view::npos) return false;
  std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    if (scheme != "http" && scheme != "https") colon = host.rfind(':');
    if (!is_port(host.substr(colon))) return false;
  }
  return unescaped(host, Part::host, out);
}

bool read_authority(std::string_view authority, Url& url) {
  const std::size_t at = authority.rfind('@');
  if (!read_host(url.scheme, at == std::string_view::npos ? authority : authority.substr(at + 1), url.host))
    return false;
  if (at == std::string_view::npos) return true;
  const std::string_view user = authority.substr(0, at);
  for (const char c : user)
    if (!is_letter_or_digit(c) && !contains("-._:~!$&'()*+,;=%@", c)) return false;
  const std::size_t colon = user.find(':');
  url.has_user = true;
  url.has_password = colon != std::string_view::npos;
  if (!unescaped(user.substr(0, colon), Part::user, url.user)) return false;
  return !url.has_password || unescaped(user.substr(colon + 1), Part::user, url.password);
}

bool read_path(std::string_view text, Url& url) {
  if (!unescaped(text, Part::path, url.path)) return false;
  if (escaped(url.path, Part::path) != text) url.raw_path = text;
  return true;
}

void take_query(std::string_view& rest, Url& url) {
  const std::size_t at = rest.find('?');
  if (at == std::string_view::npos) return;
  url.forces_query = at + 1 == rest.size();
  url.raw_query = rest.substr(at + 1);
  rest = rest.substr(0, at);
}

bool read_all_but_fragment(std::string_view rest, Url& url) {
  if (rest == "*") {
    url.path = "*";
    return true;
  }
  if (!take_scheme(rest, url.scheme)) return false;
  take_query(rest, url);
  if (!rest.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = rest;
      return true;
    }
    if (contains(rest.substr(0, rest.find('/')), ':')) return false;
  }
  if ((!url.scheme.empty() || !rest.starts_with("///")) && rest.starts_with("//")) {
    const std::string_view authority =
        rest.substr(2, rest.find('/', 2) == std::string_view::npos ? std::string_view::npos : rest.find('/', 2) - 2);
    rest.remove_prefix(2 + authority.size());
    if (!read_authority(authority, url)) return false;
  } else if (!url.scheme.empty() && rest.starts_with('/')) {
    url.omits_host = true;
  }
  return read_path(rest, url);
}

// Splits off the port, and the brackets of an IPv6 address.
std::pair<std::string_view, std::string_view> split_port(std::string_view host) noexcept {
  std::string_view port;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && is_port(host.substr(colon))) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, port};
}

}  // namespace

std::string_view Url::host_name() const noexcept { return split_port(host).first; }
std::string_view Url::port() const noexcept { return split_port(host).second; }

std::string Url::user_info() const {
  std::string out = escaped(user, Part::user);
  if (has_password) out += ":" + escaped(password, Part::user);
  return out;
}

std::string Url::written() const {
  std::string out;
  if (!scheme.empty()) out += scheme + ":";
  if (!opaque.empty()) {
    out += opaque;
  } else {
    const bool has_authority = !scheme.empty() || !host.empty() || has_user;
    if (has_authority && !(omits_host && host.empty() && !has_user)) {
      if (!host.empty() || !path.empty() || has_user) out += "//";
      if (has_user) out += user_info() + "@";
      out += escaped(host, Part::host);
    }
    const std::string escaped_path = escaped_as_written(path, raw_path, Part::path);
    if (!escaped_path.empty() && escaped_path[0] != '/' && !host.empty()) out += '/';
    if (out.empty() && contains(std::string_view(escaped_path).substr(0, escaped_path.find('/')), ':')) out += "./";
    out += escaped_path;
  }
  if (forces_query || !raw_query.empty()) out += "?" + raw_query;
  if (!fragment.empty()) out += "#" + escaped_as_written(fragment, raw_fragment, Part::fragment);
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t mark = text.find('#');
  const std::string_view before = text.substr(0, mark);
  for (const char c : before)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
  if (!read_all_but_fragment(before, url)) return std::nullopt;
  if (mark == std::string_view::npos || mark + 1 == text.size()) return url;
  const std::string_view fragment = text.substr(mark + 1);
  if (!unescaped(fragment, Part::fragment, url.fragment)) return std::nullopt;
  if (escaped(url.fragment, Part::fragment) != fragment) url.raw_fragment = fragment;
  return url;
}

std::optional<std::vector<std::pair<std::string, std::vector<std::string>>>> parse_query(std::string_view text) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  std::unordered_map<std::string, std::size_t> places;
  constexpr std::ptrdiff_t kPairsMax = 10000;
  if (std::count(text.begin(), text.end(), '&') >= kPairsMax) return std::nullopt;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    if (contains(pair, ';')) return std::nullopt;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string key;
    std::string value;
    if (!unescaped(pair.substr(0, equals), Part::query, key)) return std::nullopt;
    if (!unescaped(pair.substr(std::min(equals + 1, pair.size())), Part::query, value)) return std::nullopt;
    const auto [place, is_new] = places.try_emplace(key, out.size());
    if (is_new) out.push_back({std::move(key), {}});
    out[place->second].second.push_back(std::move(value));
  }
  return out;
}

}  // namespace entail::ottl
