#include "tests/oracle/ottl_oracle.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <vector>

#include "tests/oracle/context_oracle.hpp"

namespace entail::oracle {
namespace {

struct Duration {
  std::int64_t ns;
  auto operator<=>(const Duration&) const = default;
};
struct Time {
  std::int64_t ns;
  auto operator<=>(const Time&) const = default;
};
using Texts = std::vector<std::string>;
using Val = std::variant<std::monostate, bool, std::int64_t, double, std::string, Duration, Time, Texts>;

struct Env {
  const workload::Attributes& resource;
  const workload::Span& span;
  const workload::Event* event;
};
using Formula = std::function<Val(const Env&)>;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

Val from(const workload::Value* value) {
  if (value == nullptr) return {};
  return std::visit([](const auto& held) -> Val { return held; }, *value);
}

bool is_number(const Val& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}
double number(const Val& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

template <class T>
bool ordered(const T& a, const std::string& op, const T& b) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  return op == ">" ? a > b : a >= b;
}

bool compared(const Val& a, const std::string& op, const Val& b) {
  if (is_number(a) && is_number(b) && a.index() != b.index()) return ordered(number(a), op, number(b));
  if (a.index() != b.index() || std::holds_alternative<Texts>(a)) return op == "!=";
  return std::visit([&](const auto& left) { return ordered(left, op, std::get<std::decay_t<decltype(left)>>(b)); }, a);
}

Val computed(const Val& a, char op, const Val& b) {
  const auto* x = std::get_if<std::int64_t>(&a);
  const auto* y = std::get_if<std::int64_t>(&b);
  if (x != nullptr && y != nullptr) {
    if (op == '/' && *y == 0) fail("division by zero");
    return op == '+' ? *x + *y : op == '-' ? *x - *y : op == '*' ? *x * *y : *x / *y;
  }
  if (is_number(a) && is_number(b)) {
    const double left = number(a);
    const double right = number(b);
    if (op == '/' && right == 0) fail("division by zero");
    return op == '+' ? left + right : op == '-' ? left - right : op == '*' ? left * right : left / right;
  }
  const auto* from_time = std::get_if<Time>(&a);
  const auto* to_time = std::get_if<Time>(&b);
  if (from_time != nullptr && to_time != nullptr && op == '-') return Duration{from_time->ns - to_time->ns};
  const auto* added = std::get_if<Duration>(&b);
  if (added == nullptr || (op != '+' && op != '-')) fail("no arithmetic");
  const std::int64_t ns = op == '+' ? added->ns : -added->ns;
  if (from_time != nullptr) return Time{from_time->ns + ns};
  if (const auto* duration = std::get_if<Duration>(&a)) return Duration{duration->ns + ns};
  fail("no arithmetic");
}

std::string text(const Val& value) {
  if (const auto* string = std::get_if<std::string>(&value)) return *string;
  fail("no text");
}
std::string as_text(const Val& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) {
    std::string out = std::to_string(*real);  // six digits: enough for quarters
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
  }
  return text(value);
}
Duration duration(const Val& value) {
  if (const auto* held = std::get_if<Duration>(&value)) return *held;
  fail("no duration");
}
std::int64_t whole(const Val& value) {
  if (const auto* held = std::get_if<std::int64_t>(&value)) return *held;
  fail("no whole number");
}

Val call(const std::string& name, const std::vector<Val>& args, const Env& env) {
  const std::string& parent = env.span.parent_span_id;
  if (name == "IsRootSpan") return parent.find_first_not_of('\0') == std::string::npos;
  const Val& first = args.at(0);
  if (name == "IsMatch") {
    if (std::holds_alternative<std::monostate>(first)) return false;
    return std::regex_search(as_text(first), std::regex(text(args[1])));
  }
  if (name == "HasPrefix") return text(first).starts_with(text(args[1]));
  if (name == "HasSuffix") return text(first).ends_with(text(args[1]));
  if (name == "Len") {
    if (const auto* list = std::get_if<Texts>(&first)) return static_cast<std::int64_t>(list->size());
    return static_cast<std::int64_t>(text(first).size());
  }
  if (name == "IsString") return std::holds_alternative<std::string>(first);
  if (name == "IsInt") return std::holds_alternative<std::int64_t>(first);
  if (name == "IsDouble") return std::holds_alternative<double>(first);
  if (name == "IsBool") return std::holds_alternative<bool>(first);
  if (name == "IsList") return std::holds_alternative<Texts>(first);
  if (name == "Int") {
    if (const auto* boolean = std::get_if<bool>(&first)) return std::int64_t{*boolean};
    if (const auto* real = std::get_if<double>(&first)) return static_cast<std::int64_t>(std::trunc(*real));
    const auto* string = std::get_if<std::string>(&first);
    if (std::holds_alternative<Texts>(first)) fail("no number");
    if (string == nullptr) return first;
    if (string->empty() || string->find_first_not_of("0123456789") != std::string::npos) fail("no number");
    return static_cast<std::int64_t>(std::stoll(*string));
  }
  if (name == "String") return std::holds_alternative<std::monostate>(first) ? Val() : Val(as_text(first));
  if (name == "Concat") {
    std::string out;
    const auto& list = std::get<Texts>(first);
    for (std::size_t i = 0; i < list.size(); ++i) out += (i == 0 ? "" : text(args[1])) + list[i];
    return out;
  }
  if (name == "Substring") {
    const std::string whole_text = text(first);
    const std::int64_t start = whole(args[1]), size = whole(args[2]);
    if (start < 0 || size <= 0 || start + size > static_cast<std::int64_t>(whole_text.size())) fail("out of range");
    return whole_text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(size));
  }
  if (name == "ToUpperCase") {
    std::string out = text(first);
    for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
  }
  if (name == "ContainsValue") {
    const auto* list = std::get_if<Texts>(&first);
    if (list == nullptr) fail("no list");
    for (const std::string& element : *list)
      if (Val(element) == args[1]) return true;
    return false;
  }
  if (name == "Milliseconds") return duration(first).ns / 1'000'000;
  if (name == "Seconds") return static_cast<double>(duration(first).ns) / 1e9;
  fail("the oracle does not know " + name);
}

Val path_value(const std::string& path, const Env& env) {
  static const char* const kKinds[] = {"Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"};
  const auto nanos = [](std::uint64_t ns) { return static_cast<std::int64_t>(ns); };
  if (env.event != nullptr && path == "name") return env.event->name;
  if (env.event != nullptr && path == "time") return Time{nanos(env.event->time_ns)};
  if (path == "name" || path == "span.name") return env.span.name;
  if (path == "kind") return std::int64_t{env.span.kind};
  if (path == "kind.string") return std::string(kKinds[env.span.kind]);
  if (path == "status.code" || path == "span.status.code") return std::int64_t{env.span.status_code};
  if (path == "start_time" || path == "span.start_time") return Time{nanos(env.span.start_ns)};
  if (path == "end_time") return Time{nanos(env.span.end_ns)};
  if (path == "start_time_unix_nano") return nanos(env.span.start_ns);
  if (path == "end_time_unix_nano") return nanos(env.span.end_ns);
  if (path == "dropped_links_count") return std::int64_t{env.span.dropped_links_count};
  if (path == "flags") return std::int64_t{env.span.flags};
  fail("the oracle does not know " + path);
}

Val indexed(const std::string& path, const Texts& keys, const Env& env) {
  if (path == "trace_state") {
    const auto members = parse_trace_state(env.span.trace_state);
    if (!members) return {};
    for (const auto& [key, value] : *members)
      if (key == keys[0]) return value;
    return std::string();
  }
  const workload::Attributes& holder = path == "resource.attributes"                  ? env.resource
                                       : env.event != nullptr && path == "attributes" ? env.event->attributes
                                                                                      : env.span.attributes;
  Val value = from(workload::find(holder, keys[0]));
  if (keys.size() == 1 || workload::find(holder, keys[0]) == nullptr) return value;
  const auto* list = std::get_if<Texts>(&value);
  const std::size_t index = std::stoul(keys[1]);
  if (list == nullptr || index >= list->size()) fail("no such element");
  return (*list)[index];
}

// One method per precedence level; each advances rest_ past what it read.
class Reading {
 public:
  explicit Reading(std::string text) : rest_(std::move(text)) {}
  Formula whole() {
    Formula formula = disjunction();
    skip_space();
    if (!rest_.empty()) fail("left over: " + rest_);
    return formula;
  }

 private:
  void skip_space() { rest_.erase(0, std::min(rest_.find_first_not_of(' '), rest_.size())); }
  bool take(const std::string& word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    const bool is_name = std::isalpha(static_cast<unsigned char>(word[0])) != 0;
    const char next = rest_.size() > word.size() ? rest_[word.size()] : ' ';
    if (is_name && (std::isalnum(static_cast<unsigned char>(next)) != 0 || next == '_')) return false;
    rest_.erase(0, word.size());
    return true;
  }
  std::string take_while(const std::string& more) {
    skip_space();
    std::string out;
    while (!rest_.empty() &&
           (std::isalnum(static_cast<unsigned char>(rest_[0])) != 0 || more.find(rest_[0]) != std::string::npos)) {
      out += rest_[0];
      rest_.erase(0, 1);
    }
    return out;
  }
  std::string quoted() {
    const std::size_t end = rest_.find('"', 1);
    const std::string out = rest_.substr(1, end - 1);
    rest_.erase(0, end + 1);
    return out;
  }

  Formula disjunction() {
    Formula left = conjunction();
    while (take("or")) {
      left = [left, right = conjunction()](const Env& env) -> Val {
        return std::get<bool>(left(env)) || std::get<bool>(right(env));
      };
    }
    return left;
  }
  Formula conjunction() {
    Formula left = negation();
    while (take("and")) {
      left = [left, right = negation()](const Env& env) -> Val {
        return std::get<bool>(left(env)) && std::get<bool>(right(env));
      };
    }
    return left;
  }
  Formula negation() {
    if (!take("not")) return comparison();
    return [part = comparison()](const Env& env) -> Val { return !std::get<bool>(part(env)); };
  }
  Formula comparison() {
    Formula left = sum();
    for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(op)) continue;
      return [left, op, right = sum()](const Env& env) -> Val {
        const Val first = left(env);
        return compared(first, op, right(env));
      };
    }
    return left;
  }
  Formula arithmetic(const std::string& operators, Formula (Reading::*part)()) {
    Formula left = (this->*part)();
    for (skip_space(); !rest_.empty() && operators.find(rest_[0]) != std::string::npos; skip_space()) {
      const char op = rest_[0];
      rest_.erase(0, 1);
      left = [left, op, right = (this->*part)()](const Env& env) {
        const Val first = left(env);
        return computed(first, op, right(env));
      };
    }
    return left;
  }
  Formula sum() { return arithmetic("+-", &Reading::product); }
  Formula product() { return arithmetic("*/", &Reading::atom); }

  Formula atom() {
    skip_space();
    if (take("(")) {
      Formula inner = disjunction();
      take(")");
      return inner;
    }
    if (rest_[0] == '"') return [value = quoted()](const Env&) -> Val { return value; };
    if (rest_[0] == '[') return list();
    if (std::isdigit(static_cast<unsigned char>(rest_[0])) != 0 || rest_[0] == '-') {
      const std::string digits = take_while("-.");
      if (digits.find('.') != std::string::npos)
        return [value = std::stod(digits)](const Env&) -> Val { return value; };
      return [value = std::int64_t{std::stoll(digits)}](const Env&) -> Val { return value; };
    }
    return named(take_while("._"));
  }

  // A list evaluates to its elements' texts, "<nil>" for nil: it occurs only in Concat.
  Formula list() {
    rest_.erase(0, 1);
    std::vector<Formula> parts;
    while (!take("]")) {
      take(",");
      parts.push_back(sum());
    }
    return [parts](const Env& env) -> Val {
      Texts out;
      for (const Formula& part : parts) {
        const Val value = part(env);
        out.push_back(std::holds_alternative<std::monostate>(value) ? "<nil>" : as_text(value));
      }
      return out;
    };
  }

  Formula named(const std::string& name) {
    static const std::map<std::string, Val> kConstants = {{"true", true},
                                                          {"false", false},
                                                          {"nil", {}},
                                                          {"STATUS_CODE_UNSET", std::int64_t{0}},
                                                          {"STATUS_CODE_ERROR", std::int64_t{2}},
                                                          {"SPAN_KIND_SERVER", std::int64_t{2}},
                                                          {"SPAN_KIND_CONSUMER", std::int64_t{5}}};
    if (const auto found = kConstants.find(name); found != kConstants.end())
      return [value = found->second](const Env&) { return value; };
    if (take("(")) {
      std::vector<Formula> parts;
      while (!take(")")) {
        take(",");
        parts.push_back(sum());
      }
      if (name == "Duration")
        return [text = parts.at(0)](const Env& env) -> Val {
          return Duration{std::stoll(std::get<std::string>(text(env))) * 1'000'000};  // written in milliseconds
        };
      return [name, parts](const Env& env) {
        std::vector<Val> values;
        for (const Formula& part : parts) values.push_back(part(env));
        return call(name, values, env);
      };
    }
    Texts keys;
    while (take("[")) {
      skip_space();
      keys.push_back(rest_[0] == '"' ? quoted() : take_while(""));
      take("]");
    }
    if (keys.empty()) return [name](const Env& env) { return path_value(name, env); };
    return [name, keys](const Env& env) { return indexed(name, keys, env); };
  }

  std::string rest_;
};

}  // namespace

std::optional<bool> meets(const std::string& condition, const workload::Attributes& resource,
                          const workload::Span& span, const workload::Event* event) {
  static thread_local std::map<std::string, Formula> known;
  auto found = known.find(condition);
  if (found == known.end()) found = known.emplace(condition, Reading(condition).whole()).first;
  try {
    const Val value = found->second({resource, span, event});
    return std::get<bool>(value);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

// Of the forms that random configurations have: a condition, not (one), (one) and (another).
bool tests_error(const std::string& condition, bool wanted) {
  if (condition.starts_with("not (")) return tests_error(condition.substr(5, condition.size() - 6), !wanted);
  if (condition.starts_with("(")) {
    int depth = 0;
    std::size_t end = 0;
    do {
      depth += condition[end] == '(' ? 1 : condition[end] == ')' ? -1 : 0;
      ++end;
    } while (depth > 0);
    if (condition.substr(end).starts_with(" and ("))
      return tests_error(condition.substr(1, end - 2), wanted) ||
             tests_error(condition.substr(end + 6, condition.size() - end - 7), wanted);
  }
  return wanted && (condition.find("status.code == STATUS_CODE_ERROR") != std::string::npos ||
                    condition.find("status.code != STATUS_CODE_UNSET") != std::string::npos);
}

}  // namespace entail::oracle
