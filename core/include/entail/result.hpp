// Result<T>: a value or an 8-byte Error; Result<T, E>: a value or an E with more detail. Errors are values everywhere
// in Entail; no exception crosses a room.
//
// Thread rule: Immutable once made. Cost: no allocation; Error is trivially copyable, text is made later by describe().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace entail {
inline namespace v1 {

// Numbers are frozen: never reused, only added to.
enum class ErrorCode : std::uint16_t {
  none = 0,
  truncated = 1,       // the bytes end inside a field
  bad_length = 2,      // a length exceeds its parent
  bad_varint = 3,      // a varint of more than ten bytes
  bad_tag = 4,         // field number 0, an unknown wire type, or a tag beyond 32 bits
  bad_group = 5,       // a group without its end tag
  too_deep = 6,        // nested beyond the depth limit
  too_large = 7,       // a message or a count beyond its limit; ingest(): can never fit into memory_limit
  bad_json = 8,        // not JSON
  bad_shape = 9,       // JSON, but not an OTLP trace request
  no_room = 10,        // a budget or a table is full: call tick() with the same now and retry
  busy = 11,           // more concurrent callers than Options allow
  time_reversed = 12,  // tick() with a time before the last one
  bad_options = 13,    // an option outside its bounds
  out_of_memory = 14,
  not_found = 15,
  closed = 16,  // ingest() or tick() after drain()
  bad_utf8 = 17,
  unknown_version = 18,  // a snapshot of an unknown version
  bad_checksum = 19,     // a damaged snapshot
  bad_snapshot = 20,     // not a snapshot, or one with an invalid field
};

// An error code and the offset in the input (0 if there is none).
class Error {
 public:
  constexpr Error() noexcept = default;
  constexpr explicit Error(ErrorCode code, std::uint64_t offset = 0) noexcept
      : packed_(static_cast<std::uint64_t>(code) | (offset << 16)) {}
  constexpr ErrorCode code() const noexcept { return static_cast<ErrorCode>(packed_ & 0xffff); }
  constexpr std::uint64_t offset() const noexcept { return packed_ >> 16; }
  constexpr bool operator==(const Error&) const noexcept = default;

 private:
  std::uint64_t packed_ = 0;
};

// "length reaches beyond its parent at byte 17". Allocates.
std::string describe(Error error);

// A value, or the error in its place. E may be an enum with none = 0. Thread rule: Confined (a value).
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  // REQUIRES ok().
  T& value() & noexcept { return *std::get_if<0>(&state_); }
  const T& value() const& noexcept { return *std::get_if<0>(&state_); }
  T&& value() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }
  // The error; E{} when ok().
  E error() const noexcept(std::is_nothrow_copy_constructible_v<E>) { return ok() ? E{} : *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

// Success, or an error of type E.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() noexcept = default;
  Result(E error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return ok(); }
  // The error; E{} when ok().
  E error() const { return error_.value_or(E{}); }

 private:
  std::optional<E> error_;
};

// Success, or an Error, in 8 bytes.
template <>
class [[nodiscard]] Result<void, Error> {
 public:
  Result() noexcept = default;
  Result(Error error) noexcept : error_(error) {}  // NOLINT(google-explicit-constructor)
  bool ok() const noexcept { return error_.code() == ErrorCode::none; }
  explicit operator bool() const noexcept { return ok(); }
  Error error() const noexcept { return error_; }

 private:
  Error error_;
};

}  // namespace v1
}  // namespace entail
