// What of the inputs could not be used: counted by kind, and reported on standard error with file and place.
//
// Of one file at most kMessagesMax problems and as many dropped values are reported; the rest is only counted, and the
// last lines say how many. Thread rule: Confined.
#pragma once

#include <array>
#include <map>
#include <string>

#include "console.hpp"
#include "entail/entail.hpp"
#include "input/byte_source.hpp"

namespace entail::cli {

enum class Skip : std::uint8_t { logs, metrics, profiles, malformed, truncated };
constexpr std::array<std::string_view, 5> kSkipNames = {"logs", "metrics", "profiles", "malformed", "truncated"};

// Requests that the engine refused because they can never fit.
struct TooLargeCount {
  std::uint64_t requests = 0;
  std::uint64_t spans = 0;
  std::uint64_t bytes_max = 0;  // of the largest, as protobuf
};

class InputReport {
 public:
  explicit InputReport(Console& console) : console_(console) {}

  // Counts a request of another signal, which is no fault of the input.
  void skip(Request::Signal signal) noexcept;
  // Counts the problem and reports it as FILE:LINE: TEXT, or FILE: TEXT where there are no lines.
  void problem(const std::string& file, const Problem& problem);
  // Reports a good request that the engine could not accept: a loss, no fault of the input. The engine counts it.
  void loss(const std::string& file, const Problem& problem) { show(file, problem); }
  // Counts and reports what the parse of a JSON request dropped: no fault of the input. `problem` says where the
  // request is, its text behind the place of the value.
  void json_losses(const std::string& file, const Problem& problem, const Request& request);
  // Says for each file how many problems and dropped values were not reported.
  void finish();

  // Everything could be read.
  bool clean() const noexcept { return clean_; }
  using Skipped = std::array<std::uint64_t, kSkipNames.size()>;  // by Skip
  const Skipped& skipped() const noexcept { return skipped_; }
  std::uint64_t skipped(Skip kind) const noexcept { return skipped_[static_cast<std::size_t>(kind)]; }

 private:
  void show(const std::string& file, const Problem& problem);

  static constexpr std::uint64_t kMessagesMax = 10;
  Console& console_;
  Skipped skipped_ = {};
  std::map<std::string, std::uint64_t> reported_by_file_;
  struct Losses {
    std::uint64_t count = 0;
    std::uint64_t reported = 0;
  };
  std::map<std::string, Losses> json_losses_by_file_;
  bool clean_ = true;
};

}  // namespace entail::cli
