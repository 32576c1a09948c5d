// CONTRIBUTING.md's rules for lock-free code, as far as text shows them: protocols, their orders and their mutants.
// Thread rule: Immutable (free functions).
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/checks.hpp"

namespace entail::tidy {

// The blocks "// PROTOCOL name: ..." of a header, by name; references to a protocol of another header do not count.
std::vector<std::string> protocols_defined(const SourceFile& file);

// Protocols of the header without a row in the table of tests/interleave/README.md.
Faults protocols_without_row(const SourceFile& file, std::string_view page);

// Names that a PROTOCOL block may use.
struct KnownNames {
  std::set<std::string, std::less<>> words;       // of code, and the names of protocols
  std::set<std::string, std::less<>> file_names;  // without folders
};
void add_names(const SourceFile& file, KnownNames& known);

// Words of the PROTOCOL blocks that look like names of code (f(), kValue, a_b, a_, AbCd, or in backticks) or of source
// files, and are in `known` neither alone nor with the prefix "memory_order_".
Faults unknown_names(const SourceFile& file, const KnownNames& known);
// Single words in backticks on a page that are not in `known`, except test programs (x_test).
Faults unknown_names_on_page(const SourceFile& page, const KnownNames& known);

// One memory order of an Orders struct.
struct StatedOrder {
  std::string orders;  // the struct
  std::string base;    // its base struct, if any
  std::string name;
  bool relaxed = false;
  std::string reason;  // the comment on its line, else the last one above it in the struct
  std::size_t line = 0;
};
std::vector<StatedOrder> stated_orders(const SourceFile& file);

// A struct of a test that derives from an Orders struct and weakens that one order alone.
struct Mutant {
  std::string base;
  std::string order;
};
std::vector<Mutant> mutants_of(const SourceFile& file);

// Orders that are relaxed without a reason, or stronger without a mutant that weakens them alone, or without "No
// mutant" and the reason. all_orders: of all headers, since a mutant of a derived struct counts for its base.
Faults orders_without_proof(const SourceFile& file, const std::vector<StatedOrder>& all_orders,
                            const std::vector<Mutant>& mutants);

// An access that may omit its order: a parameter with a default.
Faults defaulted_orders(const SourceFile& file);

// Undocumented declarations of a public C++ header, at namespace scope: no comment on their lines or above
// them up to the next blank line.
Faults undocumented_declarations(const SourceFile& file);

// What a row of the loss table lacks: a name, a known severity, or a meaningful help text.
Faults undescribed_loss(std::string_view name, std::string_view severity, std::string_view help);

}  // namespace entail::tidy
