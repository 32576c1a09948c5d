#include "usage/mistake.hpp"

#include <algorithm>

#include "usage/nearest_word.hpp"

namespace entail::cli {
namespace {

// Goes through the words, from command to command.
class Walk {
 public:
  explicit Walk(const CommandShape& program) : command_(&program) {}

  const CommandShape& command() const { return *command_; }
  // "config check"; of the program itself its name.
  std::string subject() const {
    const std::size_t space = command_->path.find(' ');
    return space == std::string::npos ? command_->path : command_->path.substr(space + 1);
  }

  // A problem, or nothing.
  std::string step(const std::string& word) {
    if (takes_value_) {
      takes_value_ = false;
      return {};
    }
    if (word.starts_with("--")) return long_option(word);
    if (word.size() > 1 && word[0] == '-') return short_options(word);
    if (command_->commands.empty()) return {};
    const CommandShape* const next = command_->find_command(word);
    if (!next) return unknown_command(word);
    command_ = next;
    return {};
  }

 private:
  std::string long_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const OptionShape* const option = command_->find_option(name);
    if (!option && command_->conditional.empty()) return unknown_option(name);
    takes_value_ = equals == std::string::npos && (!option || !option->value.empty());
    return {};
  }

  // "-o", "-oFILE", or several flags in one word. CLI11 would take "-output" for "-o utput", and "-o=FILE" for a file
  // called "=FILE".
  std::string short_options(const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    if (is_long_name(name)) return unknown_option(name);
    if (word.size() > 2 && word[2] == '=')
      return subject() + ": '" + word + "' is ambiguous; write '" + name + " " + word.substr(3) + "'";
    for (std::size_t at = 1; at < word.size(); ++at) {
      const OptionShape* const option = command_->find_option(std::string("-") + word[at]);
      if (!option) return unknown_option(at == 1 ? name : std::string("-") + word[at]);
      if (option->value.empty()) continue;
      takes_value_ = at + 1 == word.size();
      break;
    }
    return {};
  }

  // "-output", and "-out", which a long option begins with.
  bool is_long_name(const std::string& name) const {
    constexpr std::size_t kCharsMin = 4;  // fewer are rather a short option with its value
    if (name.size() < kCharsMin) return false;
    const std::vector<std::string> names = long_option_names(*command_);
    return std::ranges::any_of(names, [&](const std::string& each) { return each.starts_with("-" + name); });
  }

  std::string unknown_option(const std::string& name) const {
    return subject() + " has no option '" + name + "'" + did_you_mean(name, long_option_names(*command_));
  }

  std::string unknown_command(const std::string& word) const {
    const std::vector<std::string> names = command_names(*command_);
    const std::string suggestion = did_you_mean(word, names);
    return subject() + " has no command '" + word + "'" +
           (suggestion.empty() ? "; it has " + alternatives(names) : suggestion);
  }

  const CommandShape* command_;
  bool takes_value_ = false;  // the next word is the value of an option
};

struct Mistake {
  std::string word;
  std::string problem;  // empty: every word has its place
};

// Goes on to the first mistake, or to "--", behind which there are only operands.
Mistake first_mistake(Walk& walk, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (std::string problem = walk.step(word); !problem.empty()) return {word, std::move(problem)};
  }
  return {};
}

}  // namespace

std::string misplaced_word(const CommandShape& program, const std::vector<std::string>& words) {
  Walk walk(program);
  const Mistake mistake = first_mistake(walk, words);
  const bool ends_options = std::ranges::find(words, "--") != words.end();
  if (!mistake.problem.empty() || ends_options || walk.command().commands.empty()) return mistake.problem;
  return walk.subject() + " needs a command: " + alternatives(command_names(walk.command()));
}

std::string silent_mistake(const CommandShape& program, const std::vector<std::string>& words) {
  Walk walk(program);
  const Mistake mistake = first_mistake(walk, words);
  return mistake.word.starts_with("--") ? std::string() : mistake.problem;
}

const CommandShape& named_command(const CommandShape& program, const std::vector<std::string>& words) {
  Walk walk(program);
  first_mistake(walk, words);
  return walk.command();
}

std::vector<std::string> command_names(const CommandShape& command) {
  std::vector<std::string> names;
  for (const auto& shape : command.commands) names.push_back(shape->name);
  return names;
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

}  // namespace entail::cli
