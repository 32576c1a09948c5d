#include <algorithm>

#include "engine/request_impl.hpp"
#include "otlp/decode.hpp"
#include "otlp/repair.hpp"

namespace entail {
inline namespace v1 {
namespace {

// End times that are 0, before the start or beyond int64 do not move a clock (docs/design.md 3.0).
std::int64_t end_time_max_of(const otlp::Decoded& decoded) noexcept {
  std::uint64_t latest = 0;
  for (const otlp::SpanView& span : decoded.spans) {
    if (span.end_ns < span.start_ns || span.end_ns > std::uint64_t{INT64_MAX}) continue;
    latest = std::max(latest, span.end_ns);
  }
  return static_cast<std::int64_t>(latest);
}

}  // namespace

Result<void> Request::Impl::decode(Bytes bytes, const otlp::Marks* marks) {
  const Result<void> done = otlp::decode(bytes, marks, decoded);
  end_time_max_ns = end_time_max_of(decoded);
  return done;
}

Request::Request() : impl_(std::make_unique<Impl>()) {}
Request::~Request() = default;
Request::Request(Request&&) noexcept = default;
Request& Request::operator=(Request&&) noexcept = default;

Result<void> Request::parse_protobuf(Bytes bytes) {
  impl_->signal = Signal::traces;
  impl_->json.clear();
  return impl_->decode(bytes, nullptr);
}

Result<void> Request::parse_json(std::string_view text) {
  impl_->signal = Signal::traces;
  impl_->end_time_max_ns = 0;
  impl_->decoded.clear();
  const Result<void> read = impl_->json_reader.read(text, impl_->json);
  if (!read.ok()) return read;
  impl_->signal = impl_->json.signal;
  return impl_->decode(impl_->json.protobuf, &impl_->json.marks);
}

Request::Signal Request::signal() const noexcept { return impl_->signal; }
std::uint64_t Request::span_count() const noexcept { return impl_->decoded.spans.size(); }
std::int64_t Request::end_time_max_ns() const noexcept { return impl_->end_time_max_ns; }
std::uint64_t Request::values_lost() const noexcept { return impl_->json.values_lost; }
std::uint64_t Request::unknown_keys() const noexcept { return impl_->json.unknown_keys; }
std::uint64_t Request::json_loss_count() const noexcept {
  return impl_->json.values_lost + impl_->json.malformed_ids + impl_->json.unknown_keys;
}
std::vector<JsonLoss> Request::first_json_losses() const {
  std::vector<JsonLoss> losses;
  for (const otlp::JsonFault& fault : impl_->json.faults)
    losses.push_back({fault.reason, impl_->json_reader.path(fault.offset)});
  return losses;
}
Bytes Request::protobuf() const noexcept { return impl_->decoded.bytes; }

Result<Bytes> repair_otlp(Bytes traces_data, std::vector<std::uint8_t>& buffer, RepairLosses* losses) {
  return otlp::repair(traces_data, buffer, losses);
}

Result<void> append_otlp_json(Bytes traces_data, std::string& out, PrintLosses* losses) {
  return otlp::append_json(traces_data, out, losses);
}

}  // namespace v1
}  // namespace entail
