// Request::visit(): the decoded views as plain values, with the names that Statistics uses for what is wrong.
#include <algorithm>
#include <vector>

#include "base/bytes.hpp"
#include "context/identity.hpp"
#include "context/tracestate.hpp"
#include "engine/request_impl.hpp"
#include "entail/link_vocabulary.hpp"
#include "notes/span_note.hpp"
#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"

namespace entail {
inline namespace v1 {
namespace {

using context::Identity;

constexpr std::uint8_t kStatusCodeUnknown = 3;

std::string_view problem_name(Identity identity) noexcept {
  switch (identity) {
    case Identity::good:
      return {};
    case Identity::null_target:
      return "null_target";
    case Identity::bad_hex:
      return "bad_hex";
    case Identity::wrong_length:
      return "wrong_length";
    case Identity::all_zero:
      break;
  }
  return "all_zero";
}

class Visit {
 public:
  Visit(const otlp::Decoded& decoded, RequestVisitor& visitor) : decoded_(decoded), visitor_(visitor) {
    services_.resize(decoded.resources.size());
    for (std::size_t i = 0; i < services_.size(); ++i) services_[i] = service_of(decoded.resources[i]);
  }

  void span(const otlp::SpanView& view) {
    SpanInfo info;
    const Bytes trace_id = bytes(view.trace_id);
    const Bytes span_id = bytes(view.span_id);
    const Identity identity = context::classify(trace_id, span_id, view.bad_hex, false);
    info.problem = problem_name(identity);
    if (identity == Identity::good) {
      info.trace_id = base::load_trace_id(trace_id.data());
      info.span_id = base::load_span_id(span_id.data());
    }
    if (view.parent_span_id.size == 8) info.parent_span_id = base::load_span_id(bytes(view.parent_span_id).data());
    info.name = name_of(view);
    info.service = services_[decoded_.scopes[view.scope].resource];
    info.start_ns = view.start_ns;
    info.end_ns = view.end_ns;
    info.status_code = static_cast<std::uint8_t>(std::min<std::uint32_t>(view.status_code, kStatusCodeUnknown));
    info.offset = view.payload.offset;
    info.size_bytes = view.payload.size;
    info.link_count = view.link_count;
    info.dropped_links_count = view.dropped_links_count;
    visitor_.on_span(info);
    if (view.link_count == 0) return;
    otlp::LinkCursor links(decoded_, view);
    for (otlp::LinkView link; links.next(link);) this->link(info, link);
  }

 private:
  Bytes bytes(wire::Range range) const noexcept { return wire::slice(decoded_.bytes, range); }

  void link(const SpanInfo& span, const otlp::LinkView& view) {
    LinkInfo info;
    const Bytes trace_id = bytes(view.trace_id);
    const Bytes span_id = bytes(view.span_id);
    const bool has_payload = view.attribute_count != 0 || view.trace_state.size != 0;
    const Identity identity = context::classify(trace_id, span_id, view.bad_hex, has_payload);
    info.problem = problem_name(identity);
    if (identity == Identity::good) {
      info.trace_id = base::load_trace_id(trace_id.data());
      info.span_id = base::load_span_id(span_id.data());
    }
    info.flags = view.flags;
    if (view.trace_state.size != 0)
      info.bad_tracestate = !context::parse_tracestate(base::text_of(bytes(view.trace_state))).ok();
    info.offset = view.field.offset;
    info.attribute_count = view.attribute_count;
    types_.clear();
    if (view.attribute_count != 0) {
      otlp::AttributeCursor attributes(decoded_.bytes, view.first_attribute, view.attributes_end,
                                       otlp::link_field::kAttributes);
      for (otlp::AttributeView attribute; attributes.next(attribute);) {
        if (attribute.kind != otlp::AttributeView::Kind::string) continue;
        const std::string_view key = base::text_of(bytes(attribute.key));
        if (key == link_key::kType || key == link_key::kRelationship)
          types_.push_back(base::text_of(bytes(attribute.string)));
      }
    }
    info.types = types_;
    visitor_.on_link(span, info);
  }

  std::string_view name_of(const otlp::SpanView& view) const noexcept {
    std::string_view name;
    wire::FieldCursor fields(decoded_.bytes, view.payload);
    for (wire::FieldView field; fields.next(field);)
      if (field.is(otlp::span_field::kName)) name = base::text_of(bytes(field.payload));  // the last one wins
    return name;
  }

  std::string_view service_of(const otlp::ResourceView& view) const noexcept {
    for (std::uint32_t i = 0; i < view.field_count; ++i)
      if (const auto service = notes::find_service(bytes(decoded_.fields[view.first_field + i]))) return *service;
    return {};
  }

  const otlp::Decoded& decoded_;
  RequestVisitor& visitor_;
  std::vector<std::string_view> services_;  // by resource
  std::vector<std::string_view> types_;     // of one link
};

}  // namespace

void Request::visit(RequestVisitor& visitor) const {
  Visit visit(impl_->decoded, visitor);
  for (const otlp::SpanView& span : impl_->decoded.spans) visit.span(span);
}

}  // namespace v1
}  // namespace entail
