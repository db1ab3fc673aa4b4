#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/pipeline/rounds.hpp"
#include "bench/report/page.hpp"
#include "bench/spread.hpp"

namespace td::bench {

/// A figure over the runs of one contender.
spread over(const std::vector<run_result>& runs,
            const std::function<double(const run_result&)>& value);
spread cpu_over(const std::vector<run_result>& runs, cpu_time run_result::*part);
double peak_mebibytes(const std::vector<run_result>& runs);

/// For a terminal: who, where, and each contender's row with the ratios below.
std::string to_text(const bench_record& r);
std::string to_text(const bench_setup& s);
std::string to_text(const rounds& r);

/// For a page: rates round by round with medians, ratios, CPU per event split by who used it, and
/// a table of all that.
void add_rounds(report_page& page, const rounds& r);
/// At its end: load, machine, versions, command.
void add_record(report_page& page, const bench_setup& s, const bench_record& r);

}  // namespace td::bench
