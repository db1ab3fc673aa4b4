#include "bench/load/profile.hpp"

#include <boost/test/unit_test.hpp>

using namespace td::bench;
using namespace std::chrono_literals;

namespace {

load_profile profile_of(const char* text) {
  const auto read = parse_profile(text);
  BOOST_REQUIRE_MESSAGE(read.has_value(), text << ": " << (read ? "" : to_string(read.error())));
  return *read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profiles)

BOOST_AUTO_TEST_CASE(are_constant_rates) {
  const auto p = profile_of("20000/s 60s");
  BOOST_TEST((p == load_profile{.pieces = {{20'000, 20'000, 60s}}}));
  BOOST_TEST(p.events() == 1'200'000u);
  BOOST_TEST((p.duration() == 60s));
  BOOST_TEST(p.highest_rate() == 20'000);
}

BOOST_AUTO_TEST_CASE(are_ramps) {
  const auto p = profile_of(" 1k/s .. 50k/s 2m ");
  BOOST_TEST((p == load_profile{.pieces = {{1000, 50'000, 2min}}}));
  BOOST_TEST(p.events() == 120u * 51'000 / 2);
}

BOOST_AUTO_TEST_CASE(are_stairs_with_both_ends) {
  const auto p = profile_of("steps 5k/s..30k/s by 5k/s each 20s");
  BOOST_REQUIRE(p.pieces.size() == 6u);
  for (std::size_t i = 0; i < 6; ++i)
    BOOST_TEST((p.pieces[i] == rate_piece{5000.0 * static_cast<double>(i + 1),
                                          5000.0 * static_cast<double>(i + 1), 20s}));
  BOOST_TEST((profile_of("steps 3/s..1/s by 1/s each 1s").pieces ==
              std::vector<rate_piece>{{3, 3, 1s}, {2, 2, 1s}, {1, 1, 1s}}));
  // The end belongs to it, also where the step's height doesn't divide.
  BOOST_TEST((profile_of("steps 1/s..2.5/s by 1/s each 1s").pieces ==
              std::vector<rate_piece>{{1, 1, 1s}, {2, 2, 1s}, {2.5, 2.5, 1s}}));
}

BOOST_AUTO_TEST_CASE(have_bursts_on_top) {
  const auto p = profile_of("10k/s 60s + 2000 every 5s");
  BOOST_TEST((*p.bursts == burst_rule{2000, 5s}));
  // At 5, 10 ... 55 s: the end of the load is no part of it.
  BOOST_TEST(p.events() == 600'000u + 11 * 2000);
}

BOOST_AUTO_TEST_CASE(are_sequences_with_silence) {
  const auto p = profile_of("2M/s 250ms, 0/s 1h, 1.5k/s 2s");
  BOOST_TEST(
      (p.pieces == std::vector<rate_piece>{{2e6, 2e6, 250ms}, {0, 0, 1h}, {1500, 1500, 2s}}));
  BOOST_TEST(p.events() == 503'000u);
}

BOOST_AUTO_TEST_CASE(read_back_what_they_write) {
  for (const auto* text :
       {"20000/s 60s", "1k/s..50k/s 2m", "steps 5k/s..30k/s by 5k/s each 20s",
        "10k/s 60s + 2000 every 5s", "0.1/s 250ms, 33.3/s..0/s 1h, 7/s 1500ms + 3k every 90s"}) {
    const auto p = profile_of(text);
    const auto written = to_text(p);
    BOOST_TEST_CONTEXT(written) {
      const auto back = parse_profile(written);
      BOOST_REQUIRE(back.has_value());
      BOOST_TEST((*back == p));
      BOOST_TEST(to_text(*back) == written);
    }
  }
  BOOST_TEST(to_text(profile_of("1k/s..50k/s 2m,5/s 1500ms+2k every 5s")) ==
             "1000/s..50000/s 2m, 5/s 1500ms + 2000 every 5s");
}

BOOST_AUTO_TEST_CASE(are_refused_with_what_is_wrong_where_and_an_example) {
  struct {
    const char* text;
    const char* wrong;
  } const all[] = {
      {"", "at the end (character 1) there should be a rate"},
      {"20000 60s", "at '20000 60s' (character 1) there should be a rate"},
      {"20k/s", "at the end (character 6) there should be a duration"},
      {"20k/s 60", "at '60' (character 7) there should be a duration"},
      {"20k/s 0s", "there should be a duration"},
      {"20k/s 0.5ms", "a duration of whole milliseconds"},
      {"20k/s 60s 5k/s 10s", "at '5k/s 10s' (character 11) there should be ','"},
      {"-5/s 60s", "there should be a rate"},
      {"11M/s 1s", "up to 10M/s"},
      {"1e9/s 1s", "there should be a rate"},
      {"5/s 60s,", "at the end (character 9) there should be a rate"},
      {"5/s 60s + every 5s", "how many events a burst has"},
      {"5/s 60s + 1.5 every 5s", "how many events a burst has"},
      {"5/s 60s + 10 each 5s", "'every' and the time between bursts"},
      {"5/s 60s + 10 every 5s + 1 every 1s", "the end"},
      {"steps 1/s..5/s by 0/s each 1s", "a step higher than 0"},
      {"steps 1/s..5M/s by 1/s each 1s", "10000 steps at most"},
      {"steps 1/s by 1/s each 1s", "'..' and the last step's rate"},
      {"0/s 10s", "at least one event"},
      {"1/s 700h, 1/s 700h", "31 days at most"},
      {"\xff\x00", "there should be a rate"},
  };
  for (const auto& [text, wrong] : all) {
    BOOST_TEST_CONTEXT(text) {
      const auto read = parse_profile(text);
      BOOST_REQUIRE(!read);
      BOOST_TEST((read.error().code == td::errc::configuration_invalid));
      BOOST_TEST(read.error().detail.find(wrong) != std::string::npos, read.error().detail);
      BOOST_TEST(read.error().detail.find("right is e.g. '20000/s 60s'") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
