// Converters of the network: URL, IsInCIDR and CommunityID.
#include <algorithm>

#include "base/bytes.hpp"
#include "ottl/addresses.hpp"
#include "ottl/digests.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/go_number.hpp"
#include "ottl/url.hpp"
#include "text/base64.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

class MapBuilder {
 public:
  explicit MapBuilder(Call& call) : call_(call) {}
  void put(std::string_view key, const Value& value) {
    pairs_.push_back(Value::of_text(key));
    pairs_.push_back(value);
  }
  void put(std::string_view key, std::string_view text) {
    Value value;
    fits_ = fits_ && call_.give(text, value);
    put(key, value);
  }
  bool give(Value& out) { return fits_ && call_.give(Kind::map, Form::raw, pairs_, out); }

 private:
  Call& call_;
  std::vector<Value> pairs_;
  bool fits_ = true;
};

// {"query": {key: [values]}}
bool query_only(Call& call, std::string_view text, Value& out) {
  const auto parameters = parse_query(text);
  if (!parameters) return false;
  MapBuilder keys(call);
  for (const auto& [key, values] : *parameters) {
    std::vector<Value> items;
    for (const std::string& value : values)
      if (!call.give(value, items.emplace_back())) return false;
    Value name;
    Value list;
    if (!call.give(key, name) || !call.give(Kind::list, Form::raw, items, list)) return false;
    keys.put(name.text, list);
  }
  Value query;
  if (!keys.give(query)) return false;
  MapBuilder whole(call);
  if (!parameters->empty()) whole.put("query", query);
  return whole.give(out);
}

bool url(Call& call, Value& out) {
  const std::string_view text = call[0].text;
  if (text.empty()) return false;
  if (text[0] == '?') return query_only(call, text.substr(1), out);
  const std::optional<Url> parsed = parse_url(text);
  if (!parsed) return false;
  MapBuilder map(call);
  map.put("url.original", parsed->written());
  map.put("url.domain", parsed->host_name());
  map.put("url.scheme", parsed->scheme);
  map.put("url.path", parsed->path);
  if (!parsed->port().empty()) {
    const auto port = parse_go_integer(parsed->port(), 10);
    if (!port) return false;
    map.put("url.port", Value::of_integer(*port, Kind::native_int));
  }
  if (!parsed->fragment.empty()) map.put("url.fragment", parsed->fragment);
  if (parsed->has_user) {
    map.put("url.user_info", parsed->user_info());
    if (!parsed->user.empty()) map.put("url.username", parsed->user);
    if (parsed->has_password) map.put("url.password", parsed->password);
  }
  if (!parsed->raw_query.empty()) map.put("url.query", parsed->raw_query);
  const std::size_t dot = parsed->path.rfind('.');
  if (dot != std::string::npos && dot + 1 < parsed->path.size())
    map.put("url.extension", std::string_view(parsed->path).substr(dot + 1));
  return map.give(out);
}

struct Networks final : Prepared {
  std::vector<IpNetwork> networks;
};

std::unique_ptr<Prepared> prepare_cidr(const Literals& literals, BadArgument& bad) {
  const Value* const networks = literals.values[1];
  if (networks == nullptr) return nullptr;
  auto out = std::make_unique<Networks>();
  for (std::size_t i = 0; i < networks->count; ++i) {
    const std::string_view text = networks->items[i].text;
    if (const auto parsed = parse_network(text))
      out->networks.push_back(*parsed);
    else
      bad = {1, "'" + std::string(text) + "' is not a network, such as 10.0.0.0/8"};
  }
  return out;
}

// Networks that are not all literals are read up to the first that holds the address.
bool is_in_any(Call& call, const IpAddress& address, bool& yes) {
  for (std::size_t i = 0; i < call.item_count(1) && !yes; ++i) {
    Value network;
    if (!call.read_item(1, i, network) || network.kind != Kind::text) return false;
    const auto parsed = parse_network(network.text);
    if (!parsed) return false;
    yes = parsed->contains(address);
  }
  return true;
}

bool is_in_cidr(Call& call, Value& out) {
  const auto address = parse_address(call[0].text);
  bool yes = false;
  if (address) {
    if (const auto* const prepared = call.prepared<Networks>())
      yes = std::any_of(prepared->networks.begin(), prepared->networks.end(),
                        [&](const IpNetwork& network) { return network.contains(*address); });
    else if (!is_in_any(call, *address, yes))
      return false;
  }
  out = Value::of_boolean(yes);
  return true;
}

// The version 1 of the Community ID of a flow.
struct Endpoint {
  std::string address;  // 4 or 16 bytes
  std::int64_t port = 0;
};

bool read_endpoint(const Value& address, const Value& port, Endpoint& out) {
  if (port.integer < 0 || port.integer > 65535) return false;
  const auto parsed = parse_address(address.text);
  if (!parsed) return false;
  const auto* const bytes = reinterpret_cast<const char*>(parsed->bytes.data());
  out.address = parsed->is_v4() ? std::string(bytes + 12, 4) : std::string(bytes, 16);
  out.port = port.integer;
  return true;
}

void append_big_endian(std::int64_t word, std::string& out) {
  out += static_cast<char>(word >> 8);
  out += static_cast<char>(word);
}

bool community_id(Call& call, Value& out) {
  static constexpr std::pair<std::string_view, char> kProtocols[] = {{"ICMP", 1},  {"TCP", 6},    {"UDP", 17},
                                                                     {"RSVP", 46}, {"ICMP6", 58}, {"SCTP", '\x84'}};
  Endpoint source;
  Endpoint destination;
  if (!read_endpoint(call[0], call[1], source) || !read_endpoint(call[2], call[3], destination)) return false;
  const auto* const protocol = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                            [&](const auto& known) { return known.first == call.text(4, "TCP"); });
  const std::int64_t seed = call.has(5) ? call[5].integer : 0;
  if (protocol == std::end(kProtocols) || seed < 0 || seed > 65535) return false;
  const bool same_size = source.address.size() == destination.address.size();
  const bool swaps = !same_size ? source.address.size() > destination.address.size()
                                : source.address > destination.address ||
                                      (source.address == destination.address && source.port > destination.port);
  if (swaps) std::swap(source, destination);
  std::string flow;
  append_big_endian(seed, flow);
  flow += source.address + destination.address;
  flow += protocol->second;
  flow += '\0';
  append_big_endian(source.port, flow);
  append_big_endian(destination.port, flow);
  std::string id = "1:";
  text::append_base64(base::bytes_of(sha1(flow)), id);
  return call.give(id, out);
}

constexpr FunctionRow kRows[] = {
    {.name = "URL", .parameters = {{{"URI", Take::text}}}, .evaluate = url},
    {.name = "IsInCIDR",
     .parameters = {{{"Target", Take::text}, {"Networks", Take::written_text_list}}},
     .evaluate = is_in_cidr,
     .prepare = prepare_cidr},
    {.name = "CommunityID",
     .parameters = {{{"SourceIP", Take::text},
                     {"SourcePort", Take::integer},
                     {"DestinationIP", Take::text},
                     {"DestinationPort", Take::integer},
                     {"Protocol", Take::text, true},
                     {"Seed", Take::integer, true}}},
     .evaluate = community_id},
};

}  // namespace

std::span<const FunctionRow> network_rows() { return kRows; }

}  // namespace entail::ottl::functions
