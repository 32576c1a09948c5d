// `entail completion`, with the scripts that it prints, and `entail help`.
#include <unistd.h>

#include <memory>

#include "commands.hpp"
#include "console.hpp"
#include "usage/completion.hpp"
#include "usage/help_text.hpp"
#include "usage/mistake.hpp"

namespace entail::cli {
namespace {

constexpr const char* kBash = R"(# Completion of entail for bash.
_entail() {
  local line files=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1; else COMPREPLY+=("${line%%$'\t'*}"); fi
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ $files && ${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default 2>/dev/null; fi
}
complete -F _entail entail
)";

constexpr const char* kZsh = R"(#compdef entail
# Completion of entail for zsh.
_entail() {
  local line files=
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${(Q)words[1]/#\~/$HOME}" __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe -V entail found
  elif [[ -n $files ]]; then
    compset -P '--*='
    _files
  fi
}
if [[ $funcstack[1] == _entail ]]; then _entail "$@"; else compdef _entail entail; fi
)";

constexpr const char* kFish = R"(# Completion of entail for fish.
function __entail_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (command $words[1] __complete fish $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
    else
      echo $line
    end
  end
end
complete -c entail -f -a '(__entail_complete)'
)";

Exit show_help(const CommandShape& program, const std::vector<std::string>& names) {
  const CommandShape* command = &program;
  for (const std::string& name : names) {
    const CommandShape* const next = command->find_command(name);
    if (!next) {
      Console().message(command->commands.empty() ? command->path + " has no commands of its own"
                                                  : misplaced_word(*command, {name}));
      return Exit::usage;
    }
    command = next;
  }
  return print(help_text(*command, paint_for(STDOUT_FILENO))) ? Exit::done : Exit::output_unwritable;
}

}  // namespace

std::string completion_script(const std::string& shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : "";
}

void add_completion(Command program, Action& action) {
  auto shell = std::make_shared<std::string>();
  Command command = program.add_command("completion", "Print the completion script of a shell");
  command.add_option("SHELL", *shell, "The shell").required().one_of({"bash", "zsh", "fish"});
  command.set_examples(
      "  source <(entail completion bash)          # this shell only; also for zsh\n"
      "  entail completion bash > ~/.local/share/bash-completion/completions/entail\n"
      "  entail completion zsh > ~/.zfunc/_entail   # with ~/.zfunc in fpath\n"
      "  entail completion fish > ~/.config/fish/completions/entail.fish\n"
      "\nThe Debian package has installed them already.");
  command.on_chosen(action,
                    [shell] { return print(completion_script(*shell)) ? Exit::done : Exit::output_unwritable; });
}

void add_help(Command program, Action& action) {
  auto names = std::make_shared<std::vector<std::string>>();
  Command command = program.add_command("help", "Show the help of the program or of a command");
  std::vector<std::string> commands = command_names(program.shape());
  command.add_option("COMMAND", *names, "The command, such as sample, or config check").suggest(std::move(commands));
  command.set_examples(
      "  entail help\n"
      "  entail help config check");
  command.on_chosen(action, [&shape = program.shape(), names] { return show_help(shape, *names); });
}

}  // namespace entail::cli
