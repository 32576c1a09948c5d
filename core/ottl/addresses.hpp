// IP addresses and networks as Go's net package reads them. Thread rule: Immutable (free functions only).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace entail::ottl {

// 16 bytes; an IPv4 address is mapped (::ffff:a.b.c.d).
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const noexcept;
};

struct IpNetwork {
  IpAddress address;
  bool is_v4 = false;  // as it is written
  unsigned bits = 0;
  bool contains(const IpAddress& other) const noexcept;
};

std::optional<IpAddress> parse_address(std::string_view text) noexcept;
std::optional<IpNetwork> parse_network(std::string_view text) noexcept;

}  // namespace entail::ottl
