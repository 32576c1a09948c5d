#include "input/input_report.hpp"

namespace entail::cli {

void InputReport::passed_over(Request::Signal signal) noexcept {
  switch (signal) {
    case Request::Signal::traces:
      return;
    case Request::Signal::logs:
      ++skipped_[static_cast<std::size_t>(Skip::logs)];
      return;
    case Request::Signal::metrics:
      ++skipped_[static_cast<std::size_t>(Skip::metrics)];
      return;
    case Request::Signal::profiles:
      ++skipped_[static_cast<std::size_t>(Skip::profiles)];
      return;
  }
}

void InputReport::problem(const std::string& file, const Problem& problem) {
  clean_ = false;
  if (problem.kind == ProblemKind::malformed) ++skipped_[static_cast<std::size_t>(Skip::malformed)];
  if (problem.kind == ProblemKind::truncated) ++skipped_[static_cast<std::size_t>(Skip::truncated)];
  tell(file, problem);
}

void InputReport::tell(const std::string& file, const Problem& problem) {
  if (++told_by_file_[file] > kMessagesMax) return;
  const std::string place = problem.line > 0 ? ":" + std::to_string(problem.line) : "";
  console_.message(file + place + ": " + problem.text);
}

void InputReport::finish() {
  for (const auto& [file, count] : told_by_file_) {
    if (count > kMessagesMax)
      console_.message(file + ": " + grouped(count - kMessagesMax) + " more problems like these");
  }
}

}  // namespace entail::cli
