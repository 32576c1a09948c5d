// The table of README.md: what was proved and what was refuted in this run of the program.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace interleave {

// The test suite is named as the protocol: LateEdge proves late_edge.
std::string protocol_of(const std::string& suite);

struct Proofs {
  std::set<std::string> test_files;  // without the folder
  std::vector<std::string> proved;   // "name (schedules)"
  std::vector<std::string> refuted;  // "name (the schedule that fails)"
};
// By protocol, in this run so far.
std::map<std::string, Proofs>& proofs();

// Notes a result of the test that is running.
void note_proof(const std::string& name, std::uint64_t schedules);
void note_refutation(const std::string& name, std::uint64_t schedule);

// The files of core with a block "// PROTOCOL name:", by name.
std::map<std::string, std::string> protocols_of_core();

// One row a protocol.
std::string proof_table();

}  // namespace interleave
