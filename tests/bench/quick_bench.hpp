#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "bench/child.hpp"
#include "tests/support/process.hpp"

namespace td::test {

/// A bench run as a person runs it, with real servers in a folder of its own. How fast anything
/// was is not judged.
struct quick_bench {
  temp_dir dir{"td-bench"};
  std::string output = dir.file("figures.json");
  std::string page = dir.file("figures.html");
  std::string data = dir.file("servers");

  quick_bench() {
    // As root the servers run as users of their own, who have to get past it.
    std::filesystem::permissions(dir.path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }

  /// Runs it to its end and returns the JSON; fails the test when it fails.
  boost::json::object run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TD_BENCH_PROGRAM);
    for (const auto& more : {std::string{"--service"}, std::string{TD_SERVICE_PROGRAM},
                             std::string{"--data-dir"}, data, std::string{"--output"}, output})
      arguments.push_back(more);
    auto bench = td::bench::child::start({.arguments = arguments});
    BOOST_REQUIRE(bench.has_value());
    const auto ended = (*bench)->end(0, std::chrono::seconds{240});
    BOOST_REQUIRE_MESSAGE(ended.has_value(), to_string(ended.error()));
    BOOST_TEST(!std::filesystem::exists(data));
    return boost::json::parse(text_of(output)).as_object();
  }

  static std::string text_of(const std::string& file) {
    std::ifstream in{file};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
};

}  // namespace td::test
