#include "usage/completion.hpp"

#include <algorithm>

#include "console.hpp"

namespace entail::cli {
namespace {

// Goes through the words before the one that is completed.
class Position {
 public:
  explicit Position(const CommandShape& program) : command_(&program) {}

  void pass(const std::string& word) {
    if (value_of_) {
      given_.emplace_back(value_of_->names.back(), word);
      value_of_ = nullptr;
    } else if (!only_operands_ && word == "--") {
      only_operands_ = true;
    } else if (!only_operands_ && word.size() > 1 && word[0] == '-') {
      pass_option(word);
    } else if (const CommandShape* const next = command_->find_command(word)) {
      command_ = next;
    } else {
      ++operands_;
    }
  }

  Completion complete(const std::string& word) const {
    if (value_of_) return values(*value_of_, "", word);
    if (only_operands_ || !word.starts_with('-')) return operand(word);
    const std::size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos) {
      const OptionShape* const option = find(word.substr(0, equals));
      return option ? values(*option, word.substr(0, equals + 1), word.substr(equals + 1)) : Completion();
    }
    return options(word);
  }

 private:
  void pass_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const OptionShape* const option = find(word.substr(0, equals));
    if (!option) return;
    if (option->value.empty())
      given_.emplace_back(option->names.back(), "");
    else if (equals != std::string::npos)
      given_.emplace_back(option->names.back(), word.substr(equals + 1));
    else
      value_of_ = option;
  }

  // Those of the command, and those that it has because of what was given.
  std::vector<const OptionShape*> all_options() const {
    std::vector<const OptionShape*> all;
    for (const auto& option : command_->options) all.push_back(option.get());
    for (const ConditionalOptions& conditional : command_->conditional) {
      if (std::ranges::find(given_, std::pair(conditional.option, conditional.value)) == given_.end()) continue;
      for (const OptionShape& option : conditional.options) all.push_back(&option);
    }
    return all;
  }

  const OptionShape* find(const std::string& name) const {
    for (const OptionShape* const option : all_options())
      if (option->has_name(name)) return option;
    return nullptr;
  }

  bool was_given(const OptionShape& option) const {
    return std::ranges::any_of(given_, [&](const auto& given) { return given.first == option.names.back(); });
  }

  Completion options(const std::string& word) const {
    Completion completion;
    for (const OptionShape* const option : all_options()) {
      if (was_given(*option) && !option->is_repeated) continue;
      if (option->names.back().starts_with(word)) completion.candidates.push_back({option->names.back(), option->help});
    }
    return completion;
  }

  // The values of an option or operand that go on from `begin`, each behind `prefix`.
  static Completion values(const OptionShape& option, const std::string& prefix, const std::string& begin) {
    Completion completion;
    for (const std::string& choice : option.choices)
      if (choice.starts_with(begin)) completion.candidates.push_back({prefix + choice, ""});
    completion.files = option.is_file;
    return completion;
  }

  Completion operand(const std::string& word) const {
    Completion completion;
    for (const auto& command : command_->commands)
      if (command->name.starts_with(word)) completion.candidates.push_back({command->name, command->help});
    if (command_->operands.empty()) return completion;
    const std::size_t last = command_->operands.size() - 1;
    if (operands_ > last && !command_->operands[last]->is_repeated) return completion;
    return values(*command_->operands[std::min(operands_, last)], "", word);
  }

  const CommandShape* command_;
  const OptionShape* value_of_ = nullptr;  // its value is the next word
  std::size_t operands_ = 0;
  bool only_operands_ = false;
  std::vector<std::pair<std::string, std::string>> given_;  // options, with their values
};

// bash takes "--to=json" for three words.
std::vector<std::string> joined_at_equals(const std::vector<std::string>& words) {
  std::vector<std::string> joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "=" || joined.empty() || !joined.back().starts_with("--")) {
      joined.push_back(words[i]);
      continue;
    }
    joined.back() += "=";
    if (i + 1 < words.size()) joined.back() += words[++i];
  }
  return joined;
}

}  // namespace

Completion complete(const CommandShape& program, const std::vector<std::string>& words) {
  Position position(program);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) position.pass(words[i]);
  return position.complete(words.empty() ? std::string() : words.back());
}

Exit print_candidates(const CommandShape& program, std::vector<std::string> shell_and_words) {
  const bool is_bash = shell_and_words.front() == "bash";
  shell_and_words.erase(shell_and_words.begin());
  if (is_bash) shell_and_words = joined_at_equals(shell_and_words);
  const Completion completion = complete(program, shell_and_words);
  std::string text;
  for (const Candidate& candidate : completion.candidates) {
    // bash replaces only what is behind the equals sign.
    const std::size_t equals = is_bash ? candidate.word.find('=') : std::string::npos;
    text += equals == std::string::npos ? candidate.word : candidate.word.substr(equals + 1);
    text += "\t" + candidate.help + "\n";
  }
  if (completion.files) text += ":files\n";
  return print(text) ? Exit::done : Exit::output_unwritable;
}

}  // namespace entail::cli
