#include "cli/cli.hpp"

#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "config/print.hpp"
#include "config/version.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "http/snapshot_json.hpp"
#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

struct outcome {
  int status{};
  std::string out{};
  std::string error{};
};

/// Sends one of the process's descriptors into a file for a while.
class redirected {
 public:
  explicit redirected(int fd) : fd_{fd}, before_{::dup(fd)}, file_{std::tmpfile()} {
    ::dup2(::fileno(file_), fd_);
  }
  std::string end() {
    ::dup2(before_, fd_);
    ::close(before_);
    std::rewind(file_);
    std::string text;
    for (int c; (c = std::fgetc(file_)) != EOF;)
      text += static_cast<char>(c);
    std::fclose(file_);
    return text;
  }

 private:
  int fd_;
  int before_;
  std::FILE* file_;
};

/// Runs a command line in this process. The output is no terminal.
outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "taylordash");
  std::vector<char*> argv;
  for (auto& argument : arguments)
    argv.push_back(argument.data());
  redirected out{STDOUT_FILENO}, error{STDERR_FILENO};
  outcome o;
  o.status = run_cli(static_cast<int>(argv.size()), argv.data());
  std::cout.flush();
  std::cerr.flush();
  o.out = out.end();
  o.error = error.end();
  return o;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> result(1);
  for (char c : line) {
    if (c == ' ') {
      result.emplace_back();
    } else {
      result.back() += c;
    }
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(help_shows_what_a_person_types_with_range_and_default) {
  const auto o = run({"verify", "--help"});
  BOOST_TEST(has(o.out, "  --producers N           By how many producers (1 to 64); default 4\n"),
             o.out);
  BOOST_TEST(!has(o.out, "UINT"), o.out);
  BOOST_TEST(has(run({"status", "--help"}).out, "  --url http://"));
  BOOST_TEST(has(run({"--help"}).out, "\nCommands:\n  serve "));
}

BOOST_AUTO_TEST_CASE(every_command_helps_with_an_example) {
  for (std::string command :
       {"serve", "status", "migrate", "config check", "config keys", "config example"}) {
    const auto o = run(words(command + " --help"));
    BOOST_TEST(o.status == exit_ok);
    BOOST_TEST(has(o.out, "Example"), o.out);
    BOOST_TEST(has(o.out, "taylordash " + command), o.out);
    BOOST_TEST(o.error == "");
  }
}

BOOST_AUTO_TEST_CASE(version_is_one_line) {
  const auto o = run({"--version"});
  BOOST_TEST(o.status == exit_ok);
  BOOST_TEST(o.out == "taylordash " + std::string{version()} + "\n");
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_explained) {
  auto o = run({});
  BOOST_TEST(o.status == exit_usage);
  BOOST_TEST(has(o.out, "status"));
  o = run({"statsu"});
  BOOST_TEST(o.status == exit_usage);
  BOOST_TEST(o.error ==
             "taylordash: there is no command \"statsu\"; did you mean status?\n"
             "taylordash: read on with: taylordash --help\n");
  o = run({"config", "chekc"});
  BOOST_TEST(o.status == exit_usage);
  BOOST_TEST(o.error ==
             "taylordash: there is no command \"chekc\"; did you mean check?\n"
             "taylordash: read on with: taylordash config --help\n");
  o = run({"status", "--wacth"});
  BOOST_TEST(o.status == exit_usage);
  BOOST_TEST(has(o.error, "--wacth"));
  BOOST_TEST(has(o.error, "taylordash status --help"));
}

BOOST_AUTO_TEST_CASE(config_check_lists_every_problem_on_its_line) {
  const temporary_files files;
  const auto file = files.write("t.toml", "[mqtt]\nprot = 1\nkeepalive = 5\n");
  const auto o = run({"config", "check", "--config", file, "--set", "log.level=loud"});
  BOOST_TEST(o.status == exit_failed);
  BOOST_TEST(o.out == "");
  BOOST_TEST(
      files.without_root(o.error) ==
      "t.toml: database.url: is not set; allowed: postgresql://USER@HOST:PORT/DATABASE or "
      "\"host=... dbname=...\" (libpq); in the file, or as TAYLORDASH_DATABASE__URL, or with "
      "database.url_file\n"
      "t.toml:2: mqtt.prot: unknown key; did you mean mqtt.port?\n"
      "t.toml:3: mqtt.keepalive: is an integer, not a duration in quotes with its unit, for "
      "example \"5s\"; allowed: 10s to 1h in whole seconds\n"
      "--set: log.level: \"loud\" is not known; allowed: debug, info, warning, error\n"
      "taylordash: 4 problems in the settings; every setting explained: taylordash config "
      "keys\n");
}

BOOST_AUTO_TEST_CASE(config_check_says_ok_and_shows_what_is_in_force) {
  const temporary_files files;
  const auto file = files.write("t.toml", "[database]\nurl = \"postgresql://u:s3cret@h/d\"\n");
  auto o = run({"config", "check", "--config", file});
  BOOST_TEST(o.status == exit_ok);
  BOOST_TEST(o.error == "");
  BOOST_TEST(files.without_root(o.out) ==
             "t.toml: ok. 1 of 63 settings is set, the others have their defaults.\n");
  o = run({"config", "check", "--config", file, "--show"});
  BOOST_TEST(o.status == exit_ok);
  BOOST_TEST(has(o.out, "url = \"postgresql://u:***@h/d\""));
  BOOST_TEST(has(files.without_root(o.out), "  # t.toml:2\n"));
  BOOST_TEST(!has(o.out, "s3cret"));
}

BOOST_AUTO_TEST_CASE(config_keys_and_example_print_the_table) {
  BOOST_TEST(run({"config", "keys"}).out == describe_keys());
  BOOST_TEST(run({"config", "keys", "timeout"}).out == describe_keys("timeout"));
  BOOST_TEST(run({"config", "keys", "nonsense"}).status == exit_failed);
  BOOST_TEST(run({"config", "example"}).out == example_toml());
}

BOOST_AUTO_TEST_CASE(status_shows_a_running_service) {
  service_snapshot s;
  s.version = "0.1.0";
  s.node = "n";
  s.ready = true;
  s.started_at = s.taken_at = now();
  const auto server = start_http({.port = 0}, service_routes(
                                                  [&] {
                                                    s.taken_at = now();
                                                    s.counts.received += 5;
                                                    s.counts.stored += 5;
                                                    return s;
                                                  },
                                                  nullptr));
  BOOST_REQUIRE(server);
  const auto url = "http://127.0.0.1:" + std::to_string((*server)->port());
  auto o = run({"status", "--url", url});
  BOOST_TEST(o.error == "");
  BOOST_TEST(o.status == exit_ok);
  BOOST_TEST(has(o.out, "TaylorDash 0.1.0  ready"));
  BOOST_TEST(has(o.out, "stored            10  "), o.out);
  BOOST_TEST(has(o.out, "/s\n"), o.out);  // two looks
  BOOST_TEST(has(o.out, "ledger balanced"));

  o = run({"status", "--url", url, "--json"});
  BOOST_TEST(o.status == exit_ok);
  BOOST_TEST(o.out == to_json(s) + "\n");

  BOOST_TEST(run({"status", "--url", url, "--ready"}).out == "ready\n");
  s.ready = false;
  o = run({"status", "--url", url, "--ready"});
  BOOST_TEST(o.status == exit_not_ready);
  BOOST_TEST(o.out == "not ready\n");
}

BOOST_AUTO_TEST_CASE(status_says_what_to_do_when_nobody_answers) {
  std::string url;
  {
    const auto server = start_http({.port = 0}, {});
    BOOST_REQUIRE(server);
    url = "http://127.0.0.1:" + std::to_string((*server)->port());
    const auto o = run({"status", "--url", url});
    BOOST_TEST(o.status == exit_failed);
    BOOST_TEST(o.error == "taylordash: what answers at " + url +
                              " is no TaylorDash: it has no /api/v1/status (status 404)\n");
  }
  const auto o = run({"status", "--url", url});
  BOOST_TEST(o.status == exit_failed);
  BOOST_TEST(o.out == "");
  BOOST_TEST(o.error == "taylordash: no service answers at " + url +
                            " (Connection refused); is it running? Another address: --url, "
                            "--config or --data-dir\n");
}

BOOST_AUTO_TEST_CASE(migrate_names_the_database_without_its_password) {
  const temporary_files files;
  const auto file =
      files.write("t.toml", "[database]\nurl = \"postgresql://u:s3cret@127.0.0.1:1/d\"\n");
  const auto o = run({"migrate", "--config", file});
  BOOST_TEST(o.status == exit_failed);
  BOOST_TEST(o.out == "");
  BOOST_TEST(has(o.error, "postgresql://u:***@127.0.0.1:1/d"), o.error);
  BOOST_TEST(!has(o.error, "s3cret"));
}

BOOST_AUTO_TEST_SUITE_END()
