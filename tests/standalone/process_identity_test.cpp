#include "standalone/process_identity.hpp"

#include <csignal>
#include <filesystem>
#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(process_identity_test)

BOOST_AUTO_TEST_CASE(tells_a_process_from_an_earlier_one_with_the_same_pid) {
  const auto self = identify(::getpid());
  BOOST_REQUIRE(self);
  BOOST_TEST(self->pid == ::getpid());
  BOOST_TEST(self->start_ticks > 0u);
  BOOST_TEST(self->boot.size() == 36u);
  auto earlier = *self;
  --earlier.start_ticks;
  BOOST_TEST((earlier != *self));
}

BOOST_AUTO_TEST_CASE(reads_the_start_time_behind_a_name_with_blanks_and_parentheses) {
  const temp_dir folder;
  const auto odd = folder.path() / "a ) R 1 (b";
  std::filesystem::copy_file("/usr/bin/sleep", odd);
  child_process sleeper({odd.string(), "60"});
  std::optional<process_identity> before;
  BOOST_REQUIRE(eventually([&] {
    before = identify(sleeper.pid());
    return read_text("/proc/" + std::to_string(sleeper.pid()) + "/comm") == "a ) R 1 (b\n";
  }));
  BOOST_REQUIRE(before);
  BOOST_TEST(before->start_ticks >= identify(::getpid())->start_ticks);
  sleeper.end(SIGKILL);
  BOOST_TEST(!identify(sleeper.pid()));
}

BOOST_AUTO_TEST_CASE(takes_a_process_that_nobody_has_collected_for_ended) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  BOOST_TEST(eventually([&] { return !identify(child); }));
  BOOST_TEST(std::filesystem::exists("/proc/" + std::to_string(child)));
}

BOOST_AUTO_TEST_CASE(finds_a_whole_variable_in_the_environment_and_no_part_of_one) {
  child_process sleeper(
      {"/usr/bin/env", "-i", "A=1", "TAYLORDASH_INSTANCE=abc", "B=2", "/usr/bin/sleep", "60"});
  BOOST_TEST(eventually([&] { return started_with(sleeper.pid(), "TAYLORDASH_INSTANCE", "abc"); }));
  BOOST_TEST(started_with(sleeper.pid(), "B", "2"));
  BOOST_TEST(!started_with(sleeper.pid(), "TAYLORDASH_INSTANCE", "ab"));
  BOOST_TEST(!started_with(sleeper.pid(), "TAYLORDASH_INSTANCE", "abcd"));
  BOOST_TEST(!started_with(sleeper.pid(), "INSTANCE", "abc"));
}

BOOST_AUTO_TEST_CASE(writes_a_record_and_reads_it_back) {
  const process_record record{{4711, 123456789, "b-o-o-t"}, "instance-1"};
  BOOST_TEST((parse_process_record(to_text(record)) == record));
}

BOOST_AUTO_TEST_CASE(refuses_a_record_with_anything_missing_or_malformed) {
  for (const auto* text :
       {"", "pid=1\n", "pid=x\nstart_ticks=1\nboot=b\ninstance=i\n",
        "pid=1\nstart_ticks=-1\nboot=b\ninstance=i\n",
        "pid=-1\nstart_ticks=1\nboot=b\ninstance=i\n", "pid=0\nstart_ticks=1\nboot=b\ninstance=i\n",
        "pid=1\nstart_ticks=1\nboot=\ninstance=i\n", "pid=1\nstart_ticks=1\nboot=b\ninstance=\n",
        "pid=1 2\nstart_ticks=1\nboot=b\ninstance=i\n", "no key and no value"}) {
    BOOST_TEST(!parse_process_record(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
