#include "standalone/child_process.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

program shell(const temp_dir& folder, const std::string& script) {
  program p;
  p.executable = "/bin/sh";
  p.arguments = {"-c", script};
  p.environment = {"PATH=/usr/bin:/bin"};
  p.log = folder.path() / "log";
  return p;
}

std::string log_of(const temp_dir& folder) {
  return read_text(folder.path() / "log").value_or("");
}

/// Ends the process when the test does.
struct guarded {
  server_process process;
  ~guarded() {
    (void)process.signal(SIGKILL);
    if (process.wait(10s)) process.collect();
  }
};

guarded launch(const temp_dir& folder, const std::string& script) {
  return {must(server_process::launch(shell(folder, script), folder.path() / "record", "me"))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_process_test)

BOOST_AUTO_TEST_CASE(runs_a_program_to_its_end_and_says_how_it_ended) {
  const temp_dir folder;
  BOOST_TEST(must(run_to_end(shell(folder, "echo out; echo err >&2"), 10s)).clean);
  BOOST_TEST(log_of(folder) == "out\nerr\n");
  BOOST_TEST(must(run_to_end(shell(folder, "exit 3"), 10s)).words == "exited with status 3");
  BOOST_TEST(must(run_to_end(shell(folder, "kill -9 $$"), 10s)).words == "killed by signal 9");
  BOOST_TEST(mode_of(folder.path() / "log") == 0600u);
}

BOOST_AUTO_TEST_CASE(gives_the_input_and_survives_a_program_that_does_not_read_it) {
  const temp_dir folder;
  auto p = shell(folder, "cat");
  p.input = std::string(1 << 20, 'x');
  BOOST_TEST(must(run_to_end(p, 10s)).clean);
  BOOST_TEST(log_of(folder).size() == p.input.size());
  p.arguments = {"-c", "exit 0"};
  BOOST_TEST(must(run_to_end(p, 10s)).clean);
}

BOOST_AUTO_TEST_CASE(kills_a_program_that_takes_too_long) {
  const temp_dir folder;
  BOOST_TEST(contains(refusal(run_to_end(shell(folder, "exec sleep 60"), 50ms), errc::timed_out),
                      "did not end"));
}

BOOST_AUTO_TEST_CASE(says_which_program_could_not_be_started_and_leaves_no_record) {
  const temp_dir folder;
  auto p = shell(folder, "");
  p.executable = "/no/such/program";
  BOOST_TEST(contains(refusal(run_to_end(p, 10s), errc::internal),
                      "/no/such/program: exec: No such file"));
  refusal(server_process::launch(p, folder.path() / "record", "me"), errc::internal);
  BOOST_TEST(!std::filesystem::exists(folder.path() / "record"));
  p.executable = "/etc/passwd";
  refusal(run_to_end(p, 10s), errc::permission_denied);
}

BOOST_AUTO_TEST_CASE(starts_a_program_clean_of_our_signals_descriptors_and_environment) {
  const temp_dir folder;
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  ::setenv("PGDATA", "/elsewhere", 1);
  const int leaky = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as a library might
  const auto script =
      "env | sort; ls /proc/self/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status; "
      "ps -o sid= -p $$ | tr -d ' ' | grep -qx $$ && echo own session; umask; pwd";
  BOOST_TEST(must(run_to_end(shell(folder, script), 10s)).clean);
  ::close(leaky);
  pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const auto log = log_of(folder);
  BOOST_TEST(!contains(log, "PGDATA"), log);
  BOOST_TEST(contains(log, "0\n1\n2\n3\nSig"), log);  // 3 is the folder that ls reads
  BOOST_TEST(contains(log, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"), log);
  BOOST_TEST(contains(log, "own session\n0077\n/\n"), log);
}

BOOST_AUTO_TEST_CASE(has_the_record_on_disk_before_the_program_runs) {
  const temp_dir folder;
  const auto server = launch(folder, "cat " + folder.file("record") + "; exec sleep 60");
  BOOST_TEST(eventually([&] { return contains(log_of(folder), "instance=me"); }));
  BOOST_TEST(contains(log_of(folder), "pid=" + std::to_string(server.process.pid()) + "\n"));
}

BOOST_AUTO_TEST_CASE(adopts_exactly_the_process_on_record) {
  const temp_dir folder;
  const auto server = launch(folder, "exec sleep 60");
  const auto record = folder.path() / "record";
  auto adopted = server_process::adopt(record, "me");
  BOOST_REQUIRE(adopted);
  BOOST_TEST(adopted->pid() == server.process.pid());
  BOOST_TEST(adopted->adopted());
  BOOST_TEST(!adopted->wait(0ms));
  BOOST_TEST(!server_process::adopt(record, "another"));
  BOOST_TEST(!server_process::adopt(folder.path() / "no record", "me"));
}

BOOST_AUTO_TEST_CASE(adopts_no_process_that_has_got_the_pid_of_a_dead_one) {
  const temp_dir folder;
  const auto server = launch(folder, "exec sleep 60");
  const auto record = folder.path() / "record";
  const auto truth = read_process_record(record).value();
  auto recycled = truth;
  recycled.process.start_ticks -= 1;
  must(write_durably(record, to_text(recycled), {}));
  BOOST_TEST(!server_process::adopt(record, "me"));
  auto rebooted = truth;
  rebooted.process.boot = "00000000-0000-0000-0000-000000000000";
  must(write_durably(record, to_text(rebooted), {}));
  BOOST_TEST(!server_process::adopt(record, "me"));
  must(write_durably(record, to_text(truth), {}));
  BOOST_TEST(server_process::adopt(record, "me").has_value());
}

BOOST_AUTO_TEST_CASE(adopts_no_process_that_was_not_started_for_the_instance) {
  const temp_dir folder;
  child_process stranger({"/usr/bin/sleep", "60"});
  const process_record record{*identify(stranger.pid()), "me"};
  must(write_durably(folder.path() / "record", to_text(record), {}));
  BOOST_TEST(!server_process::adopt(folder.path() / "record", "me"));
}

BOOST_AUTO_TEST_CASE(tells_how_its_child_ended_and_that_an_adopted_process_has) {
  const temp_dir folder;
  auto server = launch(folder, "exec sleep 60");
  auto adopted = server_process::adopt(folder.path() / "record", "me");
  BOOST_REQUIRE(adopted);
  must(adopted->signal(SIGTERM));
  BOOST_TEST(server.process.wait(10s));
  BOOST_TEST(adopted->wait(10s));
  BOOST_TEST(adopted->collect().words == "ended");
  BOOST_TEST(server.process.collect().words == "killed by signal 15");
  must(server.process.signal(SIGTERM));  // to nobody
}

BOOST_AUTO_TEST_CASE(stops_waiting_when_it_is_told_to) {
  const temp_dir folder;
  const auto server = launch(folder, "exec sleep 60");
  const unique_fd cancel{::eventfd(1, EFD_CLOEXEC)};
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(!server.process.wait(60s, cancel.get()));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 30s));
}

BOOST_AUTO_TEST_CASE(ends_before_the_program_begins_when_the_parent_dies_first) {
  // The parent dies before it can write the record (its folder is missing): nothing may run.
  const temp_dir folder;
  const auto proof = folder.file("ran");
  refusal(server_process::launch(shell(folder, "touch " + proof),
                                 folder.path() / "missing" / "record", "me"),
          errc::internal);
  BOOST_TEST(!std::filesystem::exists(proof));
}

BOOST_AUTO_TEST_SUITE_END()
