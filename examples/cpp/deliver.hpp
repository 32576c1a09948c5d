// The sinks of deliver.cpp: each is a file that defines make_sink(). CMakeLists.txt says which one is built in.
#pragma once

#include <entail/entail.hpp>
#include <memory>

std::unique_ptr<entail::BatchSink> make_sink(const char* target);
