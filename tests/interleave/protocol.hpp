// How a protocol test states its result: the shipped orders pass in all schedules, each mutant fails in one.
#pragma once

#include <gtest/gtest.h>

#include <iostream>

#include "tests/interleave/explorer.hpp"
#include "tests/interleave/proof_table.hpp"

namespace interleave {

template <class Program>
void expect_proved(const char* name) {
  const Report report = explore<Program>();
  EXPECT_EQ(report.failure, "") << name;
  EXPECT_TRUE(report.complete) << name << ": stopped after " << report.schedules << " schedules";
  std::cout << "    " << name << ": " << report.schedules << " schedules, all good\n";
  note_proof(name, report.schedules);
}

// The mutant must fail with this message.
template <class Program>
void expect_refuted(const char* name, const char* words) {
  const Report report = explore<Program>();
  EXPECT_NE(report.failure, "") << name << ": " << report.schedules << " schedules, all good, but this one must fail";
  EXPECT_NE(report.failure.find(words), std::string::npos) << name << " fails otherwise:\n" << report.failure;
  std::cout << "    " << name << ": fails on schedule " << report.schedules + 1 << "\n";
  note_refutation(name, report.schedules + 1);
}

}  // namespace interleave
