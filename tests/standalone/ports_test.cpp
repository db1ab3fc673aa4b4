#include "standalone/ports.hpp"

#include <arpa/inet.h>
#include <set>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;

namespace {

/// A server that listens, the way servers do.
unique_fd listener(std::uint16_t port) {
  unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(fd.get(), 1) == 0;
  return listens ? std::move(fd) : unique_fd{};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ports_test)

BOOST_AUTO_TEST_CASE(chooses_once_and_keeps_the_choice) {
  const temp_dir folder;
  const auto file = folder.path() / "ports";
  instance_ports first;
  {
    port_reservation held;
    first = must(choose_ports(file, {}, held));
    BOOST_TEST(held.size() == 2u);
  }
  BOOST_TEST(first.http != first.mqtt);
  const auto in_the_way = listener(first.http);  // kept all the same: producers know it
  port_reservation held;
  BOOST_TEST((must(choose_ports(file, {}, held)) == first));
  BOOST_TEST(held.empty());
}

BOOST_AUTO_TEST_CASE(takes_what_the_user_says_and_remembers_it) {
  const temp_dir folder;
  const auto file = folder.path() / "ports";
  port_reservation held;
  const auto first = must(choose_ports(file, {.mqtt = 4711}, held));
  BOOST_TEST(first.mqtt == 4711);
  const auto second = must(choose_ports(file, {.http = 4712}, held));
  BOOST_TEST(second.http == 4712);
  BOOST_TEST(second.mqtt == 4711);
  const auto third = must(choose_ports(file, {.http = std::uint16_t{0}}, held));
  BOOST_TEST((third == second));
}

BOOST_AUTO_TEST_CASE(refuses_one_port_for_both) {
  const temp_dir folder;
  port_reservation held;
  const auto why = refusal(choose_ports(folder.path() / "ports", {4711, 4711}, held),
                           errc::configuration_invalid);
  BOOST_TEST(contains(why, "4711"));
  BOOST_TEST(contains(why, "--mqtt-port"));
}

BOOST_AUTO_TEST_CASE(gives_two_that_choose_at_once_different_ports_that_servers_can_still_take) {
  const temp_dir folder;
  port_reservation held;
  const auto one = must(choose_ports(folder.path() / "one", {}, held));
  const auto two = must(choose_ports(folder.path() / "two", {}, held));
  const std::set<std::uint16_t> all{one.http, one.mqtt, two.http, two.mqtt};
  BOOST_TEST(all.size() == 4u);
  for (const auto port : all)
    BOOST_TEST(static_cast<bool>(listener(port)), port);
}

BOOST_AUTO_TEST_CASE(says_that_a_port_is_taken_and_how_to_go_on) {
  const auto port = free_port();
  const auto stranger = listener(port);
  BOOST_REQUIRE(stranger);
  const auto why = refusal(check_listenable("127.0.0.1", port, "the broker", "--mqtt-port"),
                           errc::configuration_invalid);
  BOOST_TEST(contains(why, "the broker can't listen on 127.0.0.1 port " + std::to_string(port)));
  BOOST_TEST(contains(why, "another program listens there"));
  BOOST_TEST(contains(why, "another --mqtt-port"));
}

BOOST_AUTO_TEST_CASE(does_not_mistake_its_own_former_connections_for_a_stranger) {
  const auto port = free_port();
  {
    // A connection that the server's side closes first lingers in TIME_WAIT on the server's port.
    const auto server = listener(port);
    const unique_fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                  0);
    unique_fd accepted{::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    accepted.reset();
  }
  must(check_listenable("127.0.0.1", port, "the broker", "--mqtt-port"));
}

BOOST_AUTO_TEST_CASE(reads_where_to_listen) {
  const auto is = [](const char* text, const listen_address& wanted) {
    return must(parse_listen_address(text)) == wanted;
  };
  BOOST_TEST(is("0.0.0.0", {"0.0.0.0", 8883}));
  BOOST_TEST(is("10.0.0.5:9000", {"10.0.0.5", 9000}));
  BOOST_TEST(is("::", {"::", 8883}));
  BOOST_TEST(is("[::1]:9000", {"::1", 9000}));
  BOOST_TEST(is("[fe80::1]", {"fe80::1", 8883}));
  for (const auto* text : {"", "host", "host:1", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536",
                           "10.0.0.5:x", "10.0.0", "[::1", "[::1]x", "[::1]:", ":9000", "1:2:3"}) {
    refusal(parse_listen_address(text), errc::configuration_invalid);
  }
}

BOOST_AUTO_TEST_SUITE_END()
