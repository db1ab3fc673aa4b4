#include "bench/process_usage.hpp"

#include <csignal>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace td::bench;

namespace {

/// Uses CPU until the kernel has counted `much` more for this process than before.
void work(std::chrono::milliseconds much) {
  const auto until = cpu_of(::getpid())->total() + much;
  while (cpu_of(::getpid())->total() < until) {
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process_usages)

BOOST_AUTO_TEST_CASE(are_read_from_the_kernels_line_whatever_the_name) {
  const auto line = parse_stat_line(
      "17 (a) R 9 (b) S 4 17 17 0 -1 4194304 1 2 3 4 150 25 300 50 20 0 1 0 99 1 1");
  BOOST_REQUIRE(line.has_value());
  BOOST_TEST(line->parent == 4);
  const auto tick = 1000 / ::sysconf(_SC_CLK_TCK);
  BOOST_TEST(line->own.user.count() == 150 * tick);
  BOOST_TEST(line->own.system.count() == 25 * tick);
  BOOST_TEST(line->collected.user.count() == 300 * tick);
  BOOST_TEST(line->collected.system.count() == 50 * tick);
}

BOOST_AUTO_TEST_CASE(are_absent_for_a_line_that_is_cut_short) {
  BOOST_TEST(!parse_stat_line("").has_value());
  BOOST_TEST(!parse_stat_line("17 (a) S 4 17 17 0 -1 4194304 1 2 3 4 150 25").has_value());
}

BOOST_AUTO_TEST_CASE(count_threads_that_have_ended) {
  const auto before = *cpu_of(::getpid());
  std::thread{[] { work(50ms); }}.join();
  BOOST_TEST((*cpu_of(::getpid()) - before).total().count() >= 50);
}

BOOST_AUTO_TEST_CASE(of_a_family_count_children_living_and_collected) {
  const auto before = *cpu_of_family(::getpid());
  const auto spawn = [](bool stay) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      work(50ms);
      if (stay) ::raise(SIGSTOP);
      ::_exit(0);
    }
    return pid;
  };
  const pid_t ended = spawn(false);
  ::waitpid(ended, nullptr, 0);
  BOOST_TEST((*cpu_of_family(::getpid()) - before).total().count() >= 50);

  const pid_t living = spawn(true);
  int status = 0;
  ::waitpid(living, &status, WUNTRACED);
  BOOST_TEST(WIFSTOPPED(status));
  BOOST_TEST((*cpu_of_family(::getpid()) - before).total().count() >= 100);
  ::kill(living, SIGKILL);
  ::waitpid(living, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(know_the_most_memory_a_process_has_had) {
  const auto before = *peak_memory_of(::getpid());
  constexpr std::size_t more = 64u << 20;
  { const std::vector<char> large(more, 'x'); }
  // It may have been higher before than what is resident now, so only a lower bound holds.
  BOOST_TEST(*peak_memory_of(::getpid()) >= more);
  BOOST_TEST(*peak_memory_of(::getpid()) >= before);
}

BOOST_AUTO_TEST_CASE(know_the_memory_a_process_has_now) {
  constexpr std::size_t more = 64u << 20;
  const auto before = *memory_of(::getpid());
  // Not from the allocator, which may have the pages already.
  void* pages = ::mmap(nullptr, more, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  BOOST_REQUIRE(pages != MAP_FAILED);
  const auto now = *memory_of(::getpid());
  ::munmap(pages, more);
  BOOST_TEST(now >= before + more / 2);
  BOOST_TEST(*memory_of(::getpid()) <= now - more / 2);
  BOOST_TEST(*peak_memory_of(::getpid()) >= now);
}

BOOST_AUTO_TEST_CASE(count_open_descriptors) {
  const auto before = *descriptors_of(::getpid());
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_TEST(*descriptors_of(::getpid()) == before + 2);
  ::close(ends[0]);
  ::close(ends[1]);
  BOOST_TEST(*descriptors_of(::getpid()) == before);
}

BOOST_AUTO_TEST_CASE(are_absent_without_a_process) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  BOOST_TEST(!cpu_of(pid).has_value());
  BOOST_TEST(!cpu_of_family(pid).has_value());
  BOOST_TEST(!peak_memory_of(pid).has_value());
  BOOST_TEST(!memory_of(pid).has_value());
  BOOST_TEST(!descriptors_of(pid).has_value());
}

BOOST_AUTO_TEST_CASE(of_the_machine_grow_with_our_own) {
  const auto before = machine_busy();
  work(50ms);
  BOOST_TEST((machine_busy() - before).count() >= 30);
}

BOOST_AUTO_TEST_SUITE_END()
