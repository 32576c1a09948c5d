#include "ottl/value.hpp"

#include <algorithm>
#include <vector>

#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "ottl/source.hpp"
#include "wire/field_cursor.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr unsigned kCompareDepthMax = 128;  // otlp refuses deeper values

using base::bytes_of;

template <class T>
bool compare(const T& left, Relation relation, const T& right) noexcept {
  switch (relation) {
    case Relation::equal:
      return left == right;
    case Relation::not_equal:
      return left != right;
    case Relation::less:
      return left < right;
    case Relation::less_or_equal:
      return left <= right;
    case Relation::greater:
      return left > right;
    case Relation::greater_or_equal:
      return left >= right;
  }
  return false;
}

bool deep_equal(const Value& left, bool left_raw, const Value& right, bool right_raw, unsigned depth);

bool equal_lists(const Value& left, bool left_raw, const Value& right, bool right_raw, unsigned depth) {
  ItemCursor lefts(left);
  ItemCursor rights(right);
  std::string_view key;
  Value a;
  Value b;
  while (lefts.next(key, a))
    if (!rights.next(key, b) || !deep_equal(a, left_raw, b, right_raw, depth)) return false;
  return true;
}

// Larger maps are sorted: comparing two maps of n members takes n log n steps (G10).
constexpr std::size_t kScannedMembersMax = 16;

class MemberIndex {
 public:
  MemberIndex(const Value& map, std::size_t count) : map_(map) {
    if (count <= kScannedMembersMax) return;
    members_.reserve(count);
    ItemCursor cursor(map);
    Member member;
    while (cursor.next(member.key, member.value)) members_.push_back(member);
    std::ranges::stable_sort(members_, {}, &Member::key);  // the first of equal keys counts
  }
  bool find(std::string_view key, Value& out) const noexcept {
    if (members_.empty()) return member_of(map_, key, out);
    const auto found = std::ranges::lower_bound(members_, key, {}, &Member::key);
    if (found == members_.end() || found->key != key) return false;
    out = found->value;
    return true;
  }

 private:
  struct Member {
    std::string_view key;
    Value value;
  };
  const Value& map_;
  std::vector<Member> members_;  // empty: few members
};

bool equal_maps(const Value& left, bool left_raw, const Value& right, bool right_raw, std::size_t count,
                unsigned depth) {
  const MemberIndex rights(right, count);
  ItemCursor lefts(left);
  std::string_view key;
  Value a;
  Value b;
  while (lefts.next(key, a))
    if (!rights.find(key, b) || !deep_equal(a, left_raw, b, right_raw, depth)) return false;
  return true;
}

// left_raw: what holds it was converted to Go's own types, and it with that.
bool deep_equal(const Value& left, bool left_raw, const Value& right, bool right_raw, unsigned depth) {
  if (left.kind != right.kind || depth == kCompareDepthMax) return false;
  if (!left.is_container())
    return left.kind == Kind::bytes ? left.text == right.text : holds(left, Relation::equal, right);
  if (left.form == Form::texts || right.form == Form::texts) return false;
  if ((left_raw || left.form == Form::raw) != (right_raw || right.form == Form::raw)) return false;
  const std::size_t count = count_of(left);
  if (count != count_of(right)) return false;
  // What a raw container holds was not converted.
  left_raw = left_raw && left.form != Form::raw;
  right_raw = right_raw && right.form != Form::raw;
  return left.kind == Kind::list ? equal_lists(left, left_raw, right, right_raw, depth + 1)
                                 : equal_maps(left, left_raw, right, right_raw, count, depth + 1);
}

bool compare_containers(const Value& left, Relation relation, const Value& right) {
  if (left.form == Form::texts || right.form == Form::texts) return relation == Relation::not_equal;
  if (relation != Relation::equal && relation != Relation::not_equal) return false;
  const bool raw = left.form == Form::raw || right.form == Form::raw;
  return deep_equal(left, raw, right, raw, 0) == (relation == Relation::equal);
}

// Empty bytes are nil: pdata returns them as a nil slice.
bool is_nil(const Value& value) noexcept {
  return value.kind == Kind::nil || (value.kind == Kind::bytes && value.text.empty());
}

bool compare_unlike(const Value& left, Relation relation, const Value& right) noexcept {
  if (left.is_number() && right.is_number()) return compare(left.as_double(), relation, right.as_double());
  if (is_nil(left) && is_nil(right)) return compare(0, relation, 0);
  return relation == Relation::not_equal;
}

}  // namespace

Instant instant_after(std::int64_t second, std::int64_t ns) noexcept {
  std::int64_t seconds = ns / kNsPerSecond;
  std::int64_t rest = ns % kNsPerSecond;
  if (rest < 0) {
    --seconds;
    rest += kNsPerSecond;
  }
  const std::uint64_t sum = static_cast<std::uint64_t>(second) + static_cast<std::uint64_t>(seconds);
  return {static_cast<std::int64_t>(sum), static_cast<std::uint32_t>(rest)};
}

Instant instant_of(const Value& time) noexcept {
  return time.form == Form::wide ? Instant{time.integer, time.count} : instant_after(0, time.integer);
}

Value time_of(Instant instant) noexcept {
  std::int64_t ns = 0;
  if (!__builtin_mul_overflow(instant.second, kNsPerSecond, &ns) &&
      !__builtin_add_overflow(ns, static_cast<std::int64_t>(instant.nanosecond), &ns))
    return Value::of_time(ns);
  Value out = Value::of_time(instant.second);
  out.form = Form::wide;
  out.count = instant.nanosecond;
  return out;
}

std::size_t count_of(const Value& container) noexcept {
  if (container.form != Form::wire) return container.count;
  wire::FieldCursor cursor(bytes_of(container.text));
  std::size_t count = 0;
  for (wire::FieldView field; cursor.next(field);) count += field.is(otlp::list_field::kValues);
  return count;
}

bool ItemCursor::next(std::string_view& key, Value& item) noexcept {
  if (container_.form != Form::wire) {
    if (at_ == container_.count) return false;
    if (container_.kind == Kind::map) {
      key = container_.items[2 * at_].text;
      item = container_.items[2 * at_ + 1];
    } else {
      key = {};
      item = container_.items[at_];
    }
    ++at_;
    return true;
  }
  const Bytes bytes = bytes_of(container_.text);
  wire::FieldCursor cursor(bytes, at_, static_cast<std::uint32_t>(bytes.size()));
  for (wire::FieldView field; cursor.next(field);) {
    at_ = field.whole.offset + field.whole.size;
    if (!field.is(otlp::list_field::kValues)) continue;
    if (container_.kind == Kind::list) {
      key = {};
      item = value_of(bytes, otlp::read_value(bytes, field.payload));
      return true;
    }
    otlp::AttributeView attribute;
    otlp::AttributeCursor pair(bytes, field.whole.offset, at_, otlp::list_field::kValues);
    if (!pair.next(attribute)) return false;
    key = container_.text.substr(attribute.key.offset, attribute.key.size);
    item = value_of(bytes, attribute);
    return true;
  }
  at_ = static_cast<std::uint32_t>(bytes.size());
  return false;
}

bool element_of(const Value& list, std::int64_t index, Value& out) noexcept {
  if (index < 0) return false;
  if (list.form != Form::wire) {
    if (index >= std::int64_t{list.count}) return false;
    out = list.items[index];
    return true;
  }
  ItemCursor cursor(list);
  std::string_view key;
  while (cursor.next(key, out))
    if (index-- == 0) return true;
  return false;
}

bool member_of(const Value& map, std::string_view key, Value& out) noexcept {
  ItemCursor cursor(map);
  std::string_view known;
  Value item;
  while (cursor.next(known, item)) {
    if (known != key) continue;
    out = item;
    return true;
  }
  return false;
}

bool holds(const Value& left, Relation relation, const Value& right) {
  if (left.kind != right.kind) return compare_unlike(left, relation, right);
  switch (left.kind) {
    case Kind::nil:
      return compare(0, relation, 0);
    case Kind::floating:
      return compare(left.floating, relation, right.floating);
    case Kind::boolean:
    case Kind::integer:
    case Kind::duration:
      return compare(left.integer, relation, right.integer);
    case Kind::time:
      if (left.form != Form::wide && right.form != Form::wide) return compare(left.integer, relation, right.integer);
      return compare(instant_of(left), relation, instant_of(right));
    case Kind::text:
      return compare(left.text, relation, right.text);
    case Kind::bytes:
      if (!is_nil(left) && !is_nil(right)) return compare(left.text, relation, right.text);
      return is_nil(left) && is_nil(right) ? compare(0, relation, 0) : relation == Relation::not_equal;
    case Kind::list:
    case Kind::map:
      return compare_containers(left, relation, right);
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
    case Kind::native_int:
    case Kind::events:
    case Kind::links:
    case Kind::status: {
      const bool equal = left.text == right.text && left.integer == right.integer;
      return relation == (equal ? Relation::equal : Relation::not_equal);
    }
  }
  return false;
}

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::nil:
      return "nil";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
    case Kind::floating:
    case Kind::native_int:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::bytes:
      return "bytes";
    case Kind::duration:
      return "a duration";
    case Kind::time:
      return "a time";
    case Kind::list:
    case Kind::events:
    case Kind::links:
      return "a list";
    case Kind::map:
      return "a map";
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
      return "an ID";
    case Kind::status:
      return "a status";
  }
  return {};
}

}  // namespace entail::ottl
