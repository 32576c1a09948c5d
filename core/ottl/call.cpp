#include "ottl/conversion.hpp"
#include "ottl/evaluation.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

}  // namespace

bool Call::read_arguments() {
  const auto& parameters = site_.row->parameters;
  for (std::size_t i = 0; i < parameters.size() && !parameters[i].name.empty(); ++i) {
    if (!has(i)) {
      values_[i] = {};
      continue;
    }
    switch (parameters[i].take) {
      case Take::later:
      case Take::lambda:
      case Take::written_list:
      case Take::written_text_list:
      case Take::written_texts:
        continue;
      case Take::list_of_texts:
        if (!list_texts(i, values_[i])) return false;
        break;
      case Take::text:  // the most frequent ones
        if (!evaluation_.value(site_.arguments[i], values_[i]) || values_[i].kind != Kind::text) return false;
        break;
      case Take::text_like:
        if (!evaluation_.value(site_.arguments[i], values_[i])) return false;
        if (values_[i].kind != Kind::text && !to_text_like(values_[i], arena(), values_[i])) return false;
        break;
      default:
        if (!evaluation_.value(site_.arguments[i], values_[i])) return false;
        if (!to_argument(parameters[i].take, arena(), values_[i])) return false;
    }
    if (!evaluation_.take_steps(values_[i])) return false;
  }
  return true;
}

std::size_t Call::item_count(std::size_t i) const noexcept {
  const Node& node = evaluation_.program_.nodes[site_.arguments[i]];
  if (node.kind == Node::Kind::constant) return evaluation_.program_.constants[node.index].count;
  return node.count;
}

bool Call::read_item(std::size_t i, std::size_t item, Value& out) {
  const Node& node = evaluation_.program_.nodes[site_.arguments[i]];
  if (node.kind == Node::Kind::constant) {
    out = evaluation_.program_.constants[node.index].items[item];
    return true;
  }
  return evaluation_.value(evaluation_.operand(node, static_cast<unsigned>(item)), out);
}

// A list of texts and nils. What a list in brackets holds converts as an argument does, what an attribute's list holds
// as its elements do.
bool Call::list_texts(std::size_t i, Value& out) {
  const Node& node = evaluation_.program_.nodes[site_.arguments[i]];
  Value list;
  const bool is_written = node.kind == Node::Kind::list;
  if (!is_written && !evaluation_.value(site_.arguments[i], list)) return false;
  if (list.kind == Kind::nil && !is_written) {
    out = Value::of_items(Kind::list, Form::raw, nullptr, 0);
    return true;
  }
  if (!is_written && list.kind != Kind::list && list.kind != Kind::bytes) return false;
  const std::size_t count = is_written ? node.count : list.kind == Kind::bytes ? list.text.size() : count_of(list);
  Value* const texts = arena().values(count);
  if (texts == nullptr && count != 0) return false;
  out = Value::of_items(Kind::list, Form::raw, texts, count);
  ItemCursor cursor(list);
  std::string_view key;
  for (std::size_t at = 0; at < count; ++at) {
    Value& text = texts[at];
    if (is_written) {
      if (!read_item(i, at, text)) return false;
    } else if (list.kind == Kind::bytes) {
      text = Value::of_integer(static_cast<std::uint8_t>(list.text[at]));
    } else if (!cursor.next(key, text)) {
      return false;
    } else if (list.form == Form::plain || list.form == Form::wire) {
      const Value element = text;
      text = Value::of_text({});
      if (!element_text(element, arena(), text.text)) return false;
      continue;
    }
    if (!to_text_like(text, arena(), text)) return false;
  }
  return true;
}

bool Call::apply(std::size_t i, std::span<const Value> arguments, Value& out) {
  const Program& program = evaluation_.program_;
  const Lambda& lambda = program.lambdas[program.nodes[site_.arguments[i]].index];
  for (std::size_t at = 0; at < lambda.parameters.size(); ++at) {
    const std::uint16_t local = lambda.parameters[at];
    if (local != kNoNode) evaluation_.locals_[local] = normalized(arguments[at]);
  }
  ++evaluation_.lambda_depth_;
  const bool fits = evaluation_.take_steps(Evaluation::kStepsPerLambda);
  const bool evaluated = fits && evaluation_.value(lambda.body, out);
  --evaluation_.lambda_depth_;
  return evaluated;
}

bool Call::give(Kind kind, Form form, std::span<const Value> items, Value& out) {
  Value* const made = arena().values(items.size());
  if (made == nullptr && !items.empty()) return false;
  for (std::size_t i = 0; i < items.size(); ++i) made[i] = items[i];
  out = Value::of_items(kind, form, made, kind == Kind::map ? items.size() / 2 : items.size());
  return true;
}

}  // namespace entail::ottl
