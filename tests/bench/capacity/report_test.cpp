#include "bench/capacity/report.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/bench/capacity/models.hpp"

using namespace td::bench;
using td::bench::testing::model;

namespace {

capacity_result found(double target) {
  capacity_result r;
  r.asked.search.target = target;
  r.here = {.cores = 4, .lanes = 2, .validators = 2, .connections = 2, .producers = 4};
  const model system{};
  auto s = search_capacity(r.asked.search, [&](double rate, bool) {
    auto o = system.at(rate);
    o.usage.set(stage::broker, std::min(1.0, rate / 30'000));
    o.cost.broker_cpu = 3.3e-5;
    return o;
  });
  BOOST_REQUIRE(s);
  r.search = std::move(*s);
  r.knee = knee_of(r.curve());
  r.narrow = find_bottleneck(r.search.trials[*r.search.beyond].seen,
                             r.search.trials[*r.search.beyond].judged,
                             &r.search.trials[*r.search.answer].seen, r.here);
  r.basis = sizing_basis{.rate = 1000, .cost = {.broker_cpu = 3.3e-5}};
  r.machine = {{"processor", "a <fast> one"}};
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(capacity_report_test)

BOOST_AUTO_TEST_CASE(answers_in_one_sentence) {
  const auto yes = answer_of(found(20'000));
  BOOST_TEST(yes.starts_with("20,000/s fits: "), yes);
  const auto no = answer_of(found(60'000));
  BOOST_TEST(no.starts_with("60,000/s does not fit: "), no);
  capacity_result nothing;
  BOOST_TEST(answer_of(nothing) == "no rate was kept up");
  nothing.asked.search.target = 5;
  BOOST_TEST(answer_of(nothing) == "5.0/s does not fit: no rate was kept up");
  BOOST_TEST(*nothing.fits() == false);
}

BOOST_AUTO_TEST_CASE(does_not_say_no_when_it_was_the_generator) {
  auto r = found(60'000);
  const model system{.capacity = 1e6, .generator = 40'000};
  auto s = search_capacity(r.asked.search, [&](double rate, bool) { return system.at(rate); });
  BOOST_REQUIRE(s);
  r.search = std::move(*s);
  BOOST_TEST(!r.fits().has_value());
  BOOST_TEST(answer_of(r).starts_with("60,000/s is not known to fit: "), answer_of(r));
  BOOST_TEST(boost::json::parse(to_json(r)).at("fits").is_null());
  BOOST_TEST(caveats_of(r).size() == 2u);  // a lower bound, and cut
}

BOOST_AUTO_TEST_CASE(says_when_nothing_was_confirmed) {
  auto r = found(60'000);
  auto s = search_capacity(r.asked.search, [&](double rate, bool long_run) {
    return model{.capacity = long_run ? 1.0 : 30'000.0}.at(rate);
  });
  BOOST_REQUIRE(s);
  r.search = std::move(*s);
  BOOST_TEST(answer_of(r) ==
             "60,000/s does not fit: no rate was confirmed by a longer run, down to 10/s");
}

BOOST_AUTO_TEST_CASE(says_the_same_in_json) {
  const auto r = found(20'000);
  const auto all = boost::json::parse(to_json(r)).as_object();
  BOOST_TEST(all.at("fits").as_bool());
  BOOST_TEST(all.at("rate").as_double() == *r.search.rate());
  BOOST_TEST(all.at("bottleneck").at("stage").as_string() == "broker");
  BOOST_TEST(all.at("trials").as_array().size() == r.search.trials.size());
  BOOST_TEST(all.at("sizing").at("rows").as_array().front().at("cores").is_null());
  BOOST_TEST(all.at("trials").as_array().front().at("utilisation").at("disk").is_null());
  const auto empty = boost::json::parse(to_json({})).as_object();
  BOOST_TEST(empty.at("rate").is_null());
  BOOST_TEST(empty.at("fits").is_null());
}

BOOST_AUTO_TEST_CASE(shows_the_same_on_a_page_that_escapes_what_it_is_given) {
  const auto r = found(20'000);
  const auto page = to_html(r);
  BOOST_TEST(page.find(answer_of(r)) != std::string::npos);
  BOOST_TEST(page.find("Bottleneck: broker") != std::string::npos);
  BOOST_TEST(page.find("a &lt;fast&gt; one") != std::string::npos);
  BOOST_TEST(page.find("<svg") != std::string::npos);
  BOOST_TEST(!to_html({}).empty());
}

BOOST_AUTO_TEST_CASE(says_what_makes_it_doubtful) {
  auto r = found(20'000);
  BOOST_TEST(caveats_of(r).empty());
  r.search.generator_limited = true;
  BOOST_TEST(caveats_of(r).size() == 1u);
  BOOST_TEST(answer_of(r).find("at least") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
