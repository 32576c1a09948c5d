#include <algorithm>

#include "ottl/parser.hpp"

namespace entail::ottl {

Parser::MaybePart Parser::path(const Token& first) {
  std::vector<std::string> words = {first.value};
  std::string written = first.value;
  while (is(".") && ahead().kind == Token::Kind::name) {
    words.push_back(ahead().value);
    written += "." + ahead().value;
    at_ += 2;
  }
  if (const std::string_view reason = refused_path(written); !reason.empty())
    return fail(first.offset, "'" + written + "' is not supported: " + std::string(reason));
  Holder holder = context_ == Context::span ? Holder::span : Holder::event;
  std::string rest = written;
  if (const auto named = holder_of(words[0], context_)) {
    if (words.size() == 1) return fail(first.offset, "'" + written + "' alone says nothing; name a part of it", {}, {});
    holder = *named;
    rest = written.substr(words[0].size() + 1);
  }
  if (rest == "attributes") return attribute(holder, first);
  return field(holder, rest, first, written);
}

Parser::MaybePart Parser::attribute(Holder holder, const Token& first) {
  if (is(".")) return fail(here().offset, "an attribute is written attributes[\"key\"]");
  if (!is("["))
    return add({.kind = Node::Kind::attributes, .detail = static_cast<std::uint8_t>(holder)}, first.offset, {});
  const std::size_t key_offset = ahead().offset;
  const Result<Parts, Fault> parts = keys();
  if (!parts) return parts.error();
  if (is(".")) return fail(here().offset, "what is inside an attribute is written [\"key\"] or [0]");
  const Value* const key = literal_of(parts->front());
  if (key == nullptr)
    return add({.kind = Node::Kind::any_attribute, .detail = static_cast<std::uint8_t>(holder)}, first.offset, *parts);
  if (key->kind != Value::Kind::text) return fail(key_offset, "the key of an attribute is a text in double quotes");
  AttributePath path;
  path.holder = holder;
  path.key = key->text;
  program_.attributes.push_back(std::move(path));
  return add({.kind = Node::Kind::attribute, .index = static_cast<std::uint16_t>(program_.attributes.size() - 1)},
             first.offset, Parts(parts->begin() + 1, parts->end()));
}

Parser::MaybePart Parser::field(Holder holder, const std::string& rest, const Token& first,
                                const std::string& written) {
  const auto rows = field_rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const FieldRow& known) { return known.holder == holder && known.name == rest; });
  if (row == rows.end()) {
    if (context_ == Context::span && first.value == "spanevent")
      return fail(first.offset, "conditions on span events belong in the list 'spanevent', not in 'span'");
    return fail(first.offset, "unknown path '" + written + "'", written, path_names(context_));
  }
  if (!is("["))
    return add({.kind = Node::Kind::field, .detail = static_cast<std::uint8_t>(row->field)}, first.offset, {});
  if (row->field != Field::trace_state) return fail(here().offset, "'" + written + "' has no parts");
  const std::size_t offset = ahead().offset;
  const Result<Parts, Fault> parts = keys();
  if (!parts) return parts.error();
  if (parts->size() != 1) return fail(offset, "an entry of the tracestate has no parts");
  const Value* const key = literal_of(parts->front());
  if (key != nullptr && key->kind != Value::Kind::text)
    return fail(offset, "the key of a tracestate entry is a text in double quotes");
  return add({.kind = Node::Kind::trace_state}, first.offset, *parts);
}

// REQUIRES is("[").
Result<Parser::Parts, Fault> Parser::keys() {
  Parts parts;
  if (++nesting_ > kNodeDepthMax) return too_deep(here().offset);
  while (take("[")) {
    if (is("]")) return fail(here().offset, "expected a key in double quotes, or an index");
    const MaybePart key = sum();
    if (!key) return key.error();
    const Value* const literal = literal_of(*key);
    const bool fits = literal == nullptr || literal->kind == Value::Kind::text || literal->kind == Value::Kind::integer;
    if (!key->is_operand || !fits) return fail(key->offset, "expected a key in double quotes, or an index");
    if (!take("]")) return fail(here().offset, "expected ']'");
    parts.push_back(*key);
  }
  --nesting_;
  return parts;
}

// REQUIRES is("[").
Parser::MaybePart Parser::indexed(const Part& part) {
  const Result<Parts, Fault> inner = keys();
  if (!inner) return inner.error();
  Parts parts = {part};
  parts.insert(parts.end(), inner->begin(), inner->end());
  return add({.kind = Node::Kind::indexed}, part.offset, parts);
}

}  // namespace entail::ottl
