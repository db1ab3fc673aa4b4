#include "bench/capacity/kernel_view.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "standalone/files.hpp"

using namespace td;
using namespace td::bench;

BOOST_AUTO_TEST_SUITE(capacity_kernel_view_test)

BOOST_AUTO_TEST_CASE(reads_how_long_a_device_was_busy) {
  constexpr auto text =
      "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
      " 254       0 vda 1771183 113379 162555666 2848088 2154653 997867 477215032 1777162 0 535928 "
      "4749458 1026477 57 269814888 91447 772821 32759\n";
  BOOST_TEST(*device_busy(text, "254:0") == 535.928);
  BOOST_TEST(!device_busy(text, "8:0"));
  BOOST_TEST(!device_busy("", "254:0"));
}

BOOST_AUTO_TEST_CASE(counts_the_cores_that_it_may_use) {
  BOOST_TEST(*cores_allowed("150000 100000\n") == 1u);
  BOOST_TEST(*cores_allowed("50000 100000\n") == 1u);
  BOOST_TEST(*cores_allowed("400000 100000\n") == 4u);
  BOOST_TEST(!cores_allowed("max 100000\n"));
  BOOST_TEST(!cores_allowed(""));
  BOOST_TEST(usable_cores() >= 1u);
  cpu_set_t before, one;
  BOOST_REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (std::size_t i = 0; CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  BOOST_REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  BOOST_TEST(usable_cores() == 1u);
  BOOST_TEST(::sched_setaffinity(0, sizeof before, &before) == 0);
}

BOOST_AUTO_TEST_CASE(reads_pressure) {
  BOOST_TEST(*pressure_total("some avg10=0.18 avg60=0.09 avg300=0.55 total=168706408\n"
                             "full avg10=0.00 avg60=0.02 avg300=0.29 total=98483320\n") ==
             168.706408);
  BOOST_TEST(!pressure_total(""));
}

BOOST_AUTO_TEST_CASE(finds_who_listens_on_a_port) {
  const unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(socket.get(), 1) == 0);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  BOOST_TEST(listener_on(ntohs(address.sin_port)).value_or(0) == ::getpid());
  BOOST_TEST(!listening_inode("  sl  local_address rem_address   st\n", 1883));
}

BOOST_AUTO_TEST_CASE(sees_the_memory_of_a_process_with_its_children) {
  const auto family = memory_of_family(::getpid());
  BOOST_REQUIRE(family);
  BOOST_TEST(*family > 1e6);
  BOOST_TEST(!memory_of_family(1 << 23));
}

BOOST_AUTO_TEST_CASE(knows_loopback_by_name_and_address) {
  for (const auto* yes : {"localhost", "127.0.0.1", "127.3.2.1", "::1"})
    BOOST_TEST(is_loopback(yes), yes);
  for (const auto* no : {"10.0.0.1", "broker", "::2", ""})
    BOOST_TEST(!is_loopback(no), no);
}

BOOST_AUTO_TEST_SUITE_END()
