#include "ottl/evaluation.hpp"

#include <exception>

#include "base/bytes.hpp"
#include "ottl/arithmetic.hpp"
#include "ottl/conversion.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

using base::bytes_of;

}  // namespace

Outcome Evaluation::run() noexcept {
  bool yes = false;
  try {
    if (!condition(program_.root, yes)) return Outcome::error;
  } catch (const std::exception&) {  // no memory for what a converter makes, or a string longer than any may be
    return Outcome::error;
  }
  return yes ? Outcome::yes : Outcome::no;
}

bool Evaluation::condition(std::uint16_t index, bool& out) {
  const Node& node = program_.nodes[index];
  switch (node.kind) {
    case Node::Kind::conjunction:
    case Node::Kind::disjunction: {
      const bool any = node.kind == Node::Kind::disjunction;
      for (unsigned i = 0; i < node.count; ++i) {
        if (!condition(operand(node, i), out)) return false;
        if (out == any) return true;
      }
      return true;
    }
    case Node::Kind::negation:
      if (!condition(operand(node, 0), out)) return false;
      out = !out;
      return true;
    case Node::Kind::comparison: {
      Value left;
      Value right;
      if (!value(operand(node, 0), left) || !value(operand(node, 1), right)) return false;
      out = holds(left, static_cast<Relation>(node.detail), right);
      return true;
    }
    default: {
      Value result;
      if (!value(index, result) || result.kind != Kind::boolean) return false;
      out = result.integer != 0;
      return true;
    }
  }
}

bool Evaluation::value(std::uint16_t index, Value& out) {
  const Node& node = program_.nodes[index];
  switch (node.kind) {
    case Node::Kind::constant:
    case Node::Kind::folded:
      out = program_.constants[node.index];
      return true;
    case Node::Kind::field:
      out = source_.field(static_cast<Field>(node.detail));
      return true;
    case Node::Kind::trace_state:
      return trace_state(node, out);
    case Node::Kind::attribute:
      out = source_.attribute(program_.attributes[node.index].holder, program_.attributes[node.index].slot);
      return node.count == 0 || is_absent(out) || path_steps(node, 0, out);
    case Node::Kind::any_attribute:
      return any_attribute(node, out);
    case Node::Kind::attributes:
      return all_attributes(static_cast<Holder>(node.detail), out);
    case Node::Kind::call:
      return call(node, out);
    case Node::Kind::list:
    case Node::Kind::map:
      return items(node, out);
    case Node::Kind::indexed:
      return indexed(node, out);
    case Node::Kind::local:
      out = locals_[node.index];
      return true;
    case Node::Kind::negative:
      return value(operand(node, 0), out) && negate(out);
    case Node::Kind::add:
    case Node::Kind::subtract:
    case Node::Kind::multiply:
    case Node::Kind::divide:
      return arithmetic(node, out);
    case Node::Kind::comparison:
    case Node::Kind::conjunction:
    case Node::Kind::disjunction:
    case Node::Kind::negation: {
      bool yes = false;
      if (!condition(index, yes)) return false;
      out = Value::of_boolean(yes);
      return true;
    }
    case Node::Kind::lambda:
      return false;  // a lambda is only called
  }
  return false;
}

bool Evaluation::arithmetic(const Node& node, Value& out) {
  Value left;
  Value right;
  return value(operand(node, 0), left) && value(operand(node, 1), right) && calculate(node.kind, left, right, out);
}

// The key is a literal, as parsers of tracestates want it.
bool Evaluation::trace_state(const Node& node, Value& out) {
  Value key;
  if (!value(operand(node, 0), key) || key.kind != Kind::text) return false;
  if (program_.nodes[operand(node, 0)].kind != Node::Kind::constant) {
    // Only a tracestate that parses gets as far as its key.
    out = {};
    return source_.trace_state_entry({}).kind == Kind::nil;
  }
  out = source_.trace_state_entry(key.text);
  return true;
}

bool Evaluation::all_attributes(Holder holder, Value& out) {
  const std::size_t count = source_.attribute_count(holder);
  Value* const pairs = arena_.values(2 * count);
  if (pairs == nullptr && count != 0) return false;
  std::size_t filled = 0;
  source_.for_each_attribute(holder, [&](std::string_view key, const Value& item) {
    if (filled == count) return false;
    pairs[2 * filled] = Value::of_text(key);
    pairs[2 * filled + 1] = item;
    ++filled;
    return true;
  });
  out = Value::of_items(Kind::map, Form::plain, pairs, filled);
  return true;
}

bool Evaluation::any_attribute(const Node& node, Value& out) {
  Value key;
  if (!value(operand(node, 0), key) || key.kind != Kind::text) return false;
  out = {};
  source_.for_each_attribute(static_cast<Holder>(node.detail), [&](std::string_view known, const Value& item) {
    if (known != key.text) return true;
    out = item;
    return false;
  });
  return is_absent(out) || path_steps(node, 1, out);
}

// Keys behind attributes["key"]: a missing member is nil; an index beyond the end, or into what has none, is an error.
bool Evaluation::path_steps(const Node& node, unsigned first_key, Value& out) {
  for (unsigned i = first_key; i < node.count; ++i) {
    Value key;
    if (!out.is_container() || !value(operand(node, i), key)) return false;
    const Value holder = out;
    if (!take_steps(holder)) return false;
    if (holder.kind == Kind::list) {
      if (key.kind != Kind::integer || !element_of(holder, key.integer, out)) return false;
      continue;
    }
    if (key.kind != Kind::text) return false;
    out = {};
    if (!member_of(holder, key.text, out)) return true;
  }
  return true;
}

// Keys behind a call or a parameter: what is missing is an error.
bool Evaluation::indexed(const Node& node, Value& out) {
  if (!value(operand(node, 0), out)) return false;
  for (unsigned i = 1; i < node.count; ++i) {
    Value key;
    if (!value(operand(node, i), key)) return false;
    const Value holder = out;
    if (!take_steps(holder)) return false;
    if (key.kind == Kind::text) {
      if (holder.kind != Kind::map || !member_of(holder, key.text, out)) return false;
    } else if (key.kind != Kind::integer && key.kind != Kind::native_int) {
      return false;
    } else if (holder.kind == Kind::bytes) {
      const Bytes bytes = bytes_of(holder.text);
      if (key.integer < 0 || static_cast<std::uint64_t>(key.integer) >= bytes.size()) return false;
      out = Value::of_integer(bytes[static_cast<std::size_t>(key.integer)], Kind::native_int);
    } else if (holder.kind != Kind::list || !element_of(holder, key.integer, out)) {
      return false;
    }
  }
  return true;
}

// A list or a map as it is written.
bool Evaluation::items(const Node& node, Value& out) {
  const bool is_map = node.kind == Node::Kind::map;
  Value* const made = arena_.values(node.count);
  if (made == nullptr && node.count != 0) return false;
  for (unsigned i = 0; i < node.count; ++i) {
    if (!value(operand(node, i), made[i])) return false;
    if (is_map && i % 2 == 1 && !to_member(made[i], arena_, made[i])) return false;
  }
  out = is_map ? Value::of_items(Kind::map, Form::plain, made, node.count / 2)
               : Value::of_items(Kind::list, Form::raw, made, node.count);
  return true;
}

bool Evaluation::call(const Node& node, Value& out) {
  const CallSite& site = program_.calls[node.index];
  Call call(*this, site);
  return call.read_arguments() && site.row->evaluate(call, out);
}

}  // namespace entail::ottl
