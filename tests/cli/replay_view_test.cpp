#include "cli/replay_view.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "http/api/replay_json.hpp"

using namespace td;

namespace {

const terminal::output plain{};

replay_job a_job() {
  replay_job j{.id = 7};
  j.request.filter.kind = "task_updated";
  j.request.filter.topic_prefix = "tracker/\x1b[31m";
  j.request.rate = 500;
  j.state = replay_state::running;
  j.total = 1200;
  j.passed = 300;
  j.duplicate = 20;
  j.refused = 4;
  j.created_by = "anna@desk";
  j.reasons = {{"schema_violation", "/payload/items/*/n", 4, std::string(64, 'a'), "bad\x07"}};
  return j;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_views)

BOOST_AUTO_TEST_CASE(progress_is_one_line_with_a_bar) {
  BOOST_TEST(replay_progress(a_job()) ==
             "replay 7 running [########----------------------]  27 %  300 stored, 20 stored "
             "already, 4 refused of 1,200");
}

BOOST_AUTO_TEST_CASE(a_running_job_is_never_at_a_hundred_per_cent) {
  auto j = a_job();
  j.passed = 5000;
  BOOST_TEST(replay_progress(j).find(" 99 %") != std::string::npos);
  j.state = replay_state::done;
  BOOST_TEST(replay_progress(j).find("100 %") != std::string::npos);
  replay_job empty{.id = 1};
  BOOST_TEST(replay_progress(empty).find("  0 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(says_what_is_sent_where) {
  replay_request q;
  BOOST_TEST(describe(q) == "dead letters, to the pipeline");
  q.source = replay_source::mirror;
  q.target = replay_target::consumer;
  q.consumer = "billing";
  q.dry_run = true;
  q.filter.ids = {"a", "b"};
  q.filter.kind = "k";
  BOOST_TEST(describe(q) == "dry run: stored events, kind k and 2 ids, to the consumer billing");
}

BOOST_AUTO_TEST_CASE(text_from_elsewhere_is_shown_and_not_obeyed) {
  const auto shown = render_replay(plain, a_job(), {{{}, "x\x1b", "created", "\x02"}});
  BOOST_TEST(shown.find('\x1b') == std::string::npos);
  BOOST_TEST(shown.find('\x07') == std::string::npos);
  BOOST_TEST(shown.find("schema_violation") != std::string::npos);
  BOOST_TEST(shown.find("aaaaaaaaaaaa ") != std::string::npos);  // a hash, shortened
}

BOOST_AUTO_TEST_CASE(json_holds_everything) {
  auto j = a_job();
  j.request.filter.topic_prefix.clear();
  const auto o = boost::json::parse(replay_json(j)).as_object();
  BOOST_TEST(o.at("id").as_int64() == 7);
  BOOST_TEST(o.at("state").as_string() == "running");
  BOOST_TEST(o.at("total").to_number<int>() == 1200);
  BOOST_TEST(o.at("rate").to_number<int>() == 500);
  BOOST_TEST(o.at("filter").at("kind").as_string() == "task_updated");
  BOOST_TEST(o.at("reasons").at(0).at("count").to_number<int>() == 4);
  BOOST_TEST(o.at("consumer").is_null());
}

BOOST_AUTO_TEST_SUITE_END()
