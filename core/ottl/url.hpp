// URLs as Go's net/url reads and writes them. Thread rule: Immutable (free functions only).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entail::ottl {

struct Url {
  std::string scheme;
  std::string opaque;
  bool has_user = false;
  bool has_password = false;
  std::string user;
  std::string password;
  std::string host;  // with the port, as written
  std::string path;
  std::string raw_path;  // if the usual escapes of the path are not those that were written
  std::string raw_query;
  std::string fragment;
  std::string raw_fragment;
  bool omits_host = false;
  bool forces_query = false;

  std::string_view host_name() const noexcept;
  std::string_view port() const noexcept;
  std::string user_info() const;
  std::string written() const;
};

std::optional<Url> parse_url(std::string_view text);

// "a=1&b=2&a=3": each key with its values, in the order of the keys.
std::optional<std::vector<std::pair<std::string, std::vector<std::string>>>> parse_query(std::string_view text);

}  // namespace entail::ottl
