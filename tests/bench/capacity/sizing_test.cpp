#include "bench/capacity/sizing.hpp"

#include <boost/test/unit_test.hpp>

#include "bench/capacity/numbers.hpp"
#include "bench/capacity/rate_text.hpp"

using namespace td::bench;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(capacity_sizing_test)

BOOST_AUTO_TEST_CASE(a_rate_needs_the_cost_of_an_event_times_the_rate) {
  const sizing_basis basis{.rate = 10'000,
                           .cost = {.broker_cpu = 2e-5,
                                    .postgres_cpu = 3e-5,
                                    .service_cpu = 1e-5,
                                    .wal_bytes = 500,
                                    .disk_bytes = 400},
                           .service_memory = 1e8,
                           .postgres_memory = 3e8,
                           .broker_memory = 1e7,
                           .backlog_bytes = 700};
  const auto r = size_for(basis, 50'000);
  BOOST_TEST(*r.cores == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(*r.machine == 5u);  // 3.0 of them is at most 70 %
  BOOST_TEST(*r.brokers == 2u);  // one core is not enough for one
  BOOST_TEST(*r.memory == 4.1e8, tt::tolerance(1e-9));
  BOOST_TEST(*r.disk_per_day == 400.0 * 50'000 * 86'400, tt::tolerance(1e-9));
  BOOST_TEST(*r.wal_per_day == 500.0 * 50'000 * 86'400, tt::tolerance(1e-9));
  BOOST_TEST(*r.backlog_per_minute == 700.0 * 50'000 * 60, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(what_was_not_seen_stays_open) {
  const auto r = size_for({.cost = {.service_cpu = 1e-5}}, 1000);
  BOOST_TEST(*r.service_cores == 0.01, tt::tolerance(1e-9));
  BOOST_TEST(!r.cores);
  BOOST_TEST(!r.machine);
  BOOST_TEST(!r.backlog_per_minute);
}

BOOST_AUTO_TEST_CASE(the_table_has_answer_and_target_among_round_rates) {
  const auto rates = rates_worth_a_row(31'234, 20'000);
  const std::vector<double> expected{5'000, 10'000, 20'000, 31'234, 50'000, 100'000, 200'000};
  BOOST_TEST(rates == expected, tt::per_element());
  BOOST_TEST(rates_worth_a_row(0, 500.0).size() == 1u);
  BOOST_TEST(rates_worth_a_row(0, {}).empty());
}

BOOST_AUTO_TEST_CASE(reads_rates_as_people_write_them) {
  BOOST_TEST(*parse_rate("20000/s") == 20'000.0);
  BOOST_TEST(*parse_rate("20000") == 20'000.0);
  BOOST_TEST(*parse_rate("20k/s") == 20'000.0);
  BOOST_TEST(*parse_rate("1.5M") == 1.5e6);
  for (const auto* wrong : {"", "/s", "k", "-5", "0", "20 k", "20kk", "1e3", "nan", "20k/m", "1e9"})
    BOOST_TEST(!parse_rate(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(writes_numbers_as_people_read_them) {
  BOOST_TEST(per_second(20'000) == "20,000/s");
  BOOST_TEST(per_second(999) == "999/s");
  BOOST_TEST(per_second(1'234'567) == "1,234,567/s");
  BOOST_TEST(milliseconds_text(0.75) == "0.8 ms");
  BOOST_TEST(milliseconds_text(4'200) == "4.2 s");
  BOOST_TEST(size_text(350) == "350 B");
  BOOST_TEST(size_text(1.5 * (1 << 30)) == "1.5 GiB");
}

BOOST_AUTO_TEST_SUITE_END()
