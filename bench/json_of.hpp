#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>

#include "bench/machine.hpp"
#include "bench/pipeline/rounds.hpp"
#include "bench/spread.hpp"
#include "bench/target.hpp"

namespace td::bench {

/// What the result files of all benches are made of. Any thread.
boost::json::object json_of(const facts& all);
boost::json::object json_of(const spread& s);
boost::json::object json_of(const target& t);
boost::json::object json_of(const run_result& r);
/// {"method", "ratios": {OTHER: [...]}, "ratio": {OTHER: spread}, and the runs by contender}; the
/// ratios are of the first contender to each other one, pair by pair.
boost::json::object json_of(const rounds& r);
/// "bench", "started_at", "command", "machine", "versions".
boost::json::object json_of(std::string_view bench, const bench_record& r);
boost::json::object json_of(const bench_setup& s);

template <class T>
boost::json::array json_each(const std::vector<T>& values) {
  boost::json::array a;
  for (const auto& v : values) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
      a.emplace_back(v);
    else
      a.emplace_back(json_of(v));
  }
  return a;
}

}  // namespace td::bench
