// TLS: who is trusted, what is said when somebody is not, and the half-duplex rules where one read
// may deliver many packets.

#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mqtt/lane_session.hpp"
#include "mqtt/tls_context.hpp"
#include "mqtt/wire_stream.hpp"
#include "tests/mqtt/lane_fixture.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/support/tls_proxy.hpp"

using namespace td;
using namespace td::test;

namespace {

/// The failure of a connect that must not work; its detail must name `what`.
void expect_away(const broker_options& to, const std::string& what) {
  const auto lane = make_lane_session(lane_to(to));
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_away));
  BOOST_TEST(connected.error().detail.find(what) != std::string::npos, connected.error().detail);
  BOOST_TEST(!lane->connected());
}

struct with_certificates {
  certificates ca;
};

struct with_tls_broker : with_certificates {
  broker b{{.tls = &ca, .client_certificates = true}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lane_over_tls, with_tls_broker)

BOOST_AUTO_TEST_CASE(reads_and_acknowledges_with_a_client_certificate) {
  auto options = lane_to(b.tls_options());
  options.limits.events = 500;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 5000, 350);
  committed_numbers all;
  consume(*lane, all, 4000);
  BOOST_REQUIRE_EQUAL(text_of(lane->leave()), "success");  // the broker has heard all of it
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch given_back;
  read_until(*lane, given_back, 1);
  lane->drop();
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  consume(*lane, all, 5000);
  BOOST_TEST(all.missing(0, 5000) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(reaches_the_broker_by_name) {
  auto to = b.tls_options();
  to.host = "localhost";
  BOOST_TEST(text_of(make_lane_session(lane_to(to))->connect()) == "success");
}

BOOST_AUTO_TEST_CASE(stays_alive_while_idle_and_leaves_politely) {
  const auto lane = make_lane_session(lane_to(b.tls_options()));
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 10);
  committed_numbers all;
  consume(*lane, all, 10);
  BOOST_TEST(text_of(lane->leave()) == "success");
  const auto again = lane->connect();
  BOOST_REQUIRE_EQUAL(text_of(again), "success");
  BOOST_TEST(*again);
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  const auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(*drained);
  BOOST_TEST(text_of(lane->end_session()) == "success");
  const auto ended = lane->connect();
  BOOST_REQUIRE_EQUAL(text_of(ended), "success");
  BOOST_TEST(!*ended);
}

BOOST_AUTO_TEST_CASE(does_not_trust_a_broker_of_another_ca) {
  auto to = b.tls_options();
  to.ca_file = ca.other_ca();
  expect_away(to, "the broker's certificate '/CN=taylordash test CA' was not accepted");
  expect_away(to, "trusted: ca_file '" + ca.other_ca() + "'");
  to.ca_file.clear();
  expect_away(to, "trusted: the system's certificate store");
}

BOOST_AUTO_TEST_CASE(is_told_that_the_broker_wants_a_client_certificate) {
  auto to = b.tls_options();
  to.certificate_file.clear();
  to.key_file.clear();
  expect_away(to, "no client certificate is configured");
}

BOOST_AUTO_TEST_CASE(names_the_file_that_is_wrong) {
  const temp_dir dir;
  auto to = b.tls_options();
  to.ca_file = dir.file("missing.pem");
  expect_away(to, "ca_file '" + to.ca_file + "': No such file or directory");
  to.ca_file = dir.write("empty.pem", "nothing\n");
  expect_away(to, "ca_file '" + to.ca_file + "': holds no certificate in PEM form");
  to = b.tls_options();
  to.certificate_file = dir.file("missing.pem");
  expect_away(to, "certificate_file '" + to.certificate_file + "': No such file");
  to = b.tls_options();
  to.key_file = dir.file("missing.key");
  expect_away(to, "key_file '" + to.key_file + "': No such file");
  to.key_file = ca.server_key();
  expect_away(to, "key_file '" + to.key_file + "': does not belong to certificate_file");
  EVP_PKEY* key = EVP_EC_gen("P-256");
  const std::string encrypted = dir.write("encrypted.key", "");
  std::FILE* file = std::fopen(encrypted.c_str(), "w");
  PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), nullptr, 0, nullptr,
                       const_cast<char*>("secret"));
  std::fclose(file);
  EVP_PKEY_free(key);
  to.key_file = encrypted;
  expect_away(to, "holds no private key in PEM form, or is encrypted");
}

BOOST_AUTO_TEST_CASE(says_so_when_one_side_speaks_tls_and_the_other_does_not) {
  auto to = b.tls_options();
  to.port = b.port();
  to.connect_timeout = 1s;
  const auto tls_to_plain = make_lane_session(lane_to(to))->connect();
  BOOST_REQUIRE(!tls_to_plain);
  BOOST_TEST((tls_to_plain.error().code == errc::broker_away), to_string(tls_to_plain.error()));
  to = b.options();
  to.port = b.tls_port();
  const auto plain_to_tls = make_lane_session(lane_to(to))->connect();
  BOOST_REQUIRE(!plain_to_tls);
  BOOST_TEST((plain_to_tls.error().code == errc::broker_away), to_string(plain_to_tls.error()));
}

BOOST_AUTO_TEST_CASE(uses_renewed_files_from_the_next_connection_on) {
  const temp_dir dir;
  auto to = b.tls_options();
  to.ca_file = dir.file("ca.pem");
  std::filesystem::copy_file(ca.other_ca(), to.ca_file);
  const auto lane = make_lane_session(lane_to(to));
  BOOST_TEST(!lane->connect());
  std::filesystem::copy_file(ca.ca(), to.ca_file,
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(text_of(lane->connect()) == "success");
}

BOOST_AUTO_TEST_CASE(holds_the_connect_time_out_in_a_handshake_that_nobody_answers) {
  tcp_proxy proxy(b.tls_port());
  proxy.set(tcp_proxy::mode::black_hole);
  auto to = b.tls_options();
  to.port = proxy.port();
  to.connect_timeout = 500ms;
  const auto start = steady::now();
  expect_away(to, "no answer to the TLS handshake");
  BOOST_TEST((steady::now() - start < 1500ms));
}

BOOST_AUTO_TEST_CASE(notices_a_connection_cut_in_the_handshake) {
  tcp_proxy proxy(b.tls_port());
  proxy.set(tcp_proxy::mode::black_hole);
  for (const bool hard : {false, true}) {
    auto to = b.tls_options();
    to.port = proxy.port();
    to.connect_timeout = 20s;
    const std::size_t before = proxy.accepted();
    std::thread breaker([&] {
      proxy.await_accepted(before + 1, 10s);
      hard ? proxy.reset() : proxy.cut();
    });
    const auto start = steady::now();
    expect_away(to, "");
    BOOST_TEST((steady::now() - start < 10s));
    breaker.join();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_lane_over_tls_checks_names, with_certificates)

BOOST_AUTO_TEST_CASE(and_refuses_a_trusted_certificate_of_another_host) {
  const certificates elsewhere("mqtt.example.org");
  broker b({.tls = &elsewhere});
  auto to = b.tls_options();
  expect_away(to, "it is not for '127.0.0.1'");
  to.host = "localhost";
  expect_away(to, "it is not for 'localhost'");
}

BOOST_AUTO_TEST_CASE(and_forgets_the_trouble_with_one_address_at_the_next) {
  const certificates elsewhere("mqtt.example.org");
  const broker wrong({.tls = &elsewhere});
  const broker right({.tls = &ca});
  const auto context = tls_context::make(right.tls_options());
  BOOST_REQUIRE(context);
  wire_stream stream;
  const auto open_at = [&](const broker& b) {
    return stream.open(
        {.address = "127.0.0.1", .port = b.tls_port(), .tls = context->get(), .silence = 60s},
        steady::now() + 5s, {});
  };
  BOOST_TEST(!open_at(wrong));
  BOOST_TEST((*context)->trouble() != "");
  BOOST_TEST(text_of(open_at(right)) == "success");
  BOOST_TEST((*context)->trouble() == "");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct behind_tls_proxy : with_certificates {
  broker b;
  tls_proxy proxy{b.port(), ca};

  lane_options options() {
    auto o = lane_to(b.options());
    o.broker.port = proxy.port();
    o.broker.tls = true;
    o.broker.ca_file = ca.ca();
    return o;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lane_behind_a_coalescing_tls_proxy, behind_tls_proxy)

BOOST_AUTO_TEST_CASE(neither_stalls_nor_passes_its_bounds) {
  auto o = options();
  o.limits.events = 100;
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 3000, 350);
  committed_numbers all;
  std::size_t largest = 0;
  const auto until = steady::now() + 20s;
  while (all.size() < 3000 && steady::now() < until) {
    batch read;
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 1s)), "success");
    largest = std::max(largest, read.size());
    all.commit(read);
    BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  }
  BOOST_TEST(all.missing(0, 3000) == 0u);
  BOOST_TEST(all.repeated() == 0u);
  BOOST_TEST(largest == 100u);
  BOOST_TEST(proxy.largest_burst() > 100'000u);  // it did coalesce
}

BOOST_AUTO_TEST_CASE(writes_nothing_while_messages_from_behind_connack_are_unacknowledged) {
  {
    const auto lane = make_lane_session(lane_to(b.options()));
    BOOST_REQUIRE(lane->connect());
  }
  publish(b.options(), 0, 1000, 100);
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t before = proxy.bytes_to_server();
    const auto lane = make_lane_session(options());
    const auto connected = lane->connect();
    BOOST_REQUIRE_EQUAL(text_of(connected), "success");
    BOOST_TEST(*connected);
    batch read;
    read_until(*lane, read, 1000);
    BOOST_TEST(read.size() == 1000u);
    BOOST_TEST(redelivered(read) == (round == 0 ? 0u : 1000u));
    // CONNECT alone, no SUBSCRIBE: flushing it would have sent PUBACKs with it.
    BOOST_TEST(proxy.bytes_to_server() - before < 64u);
    lane->drop();
  }
}

BOOST_AUTO_TEST_CASE(subscribes_with_the_first_acknowledgement_then) {
  {
    auto old = lane_to(b.options());
    old.subscription = "$share/test/tracker/other/#";
    const auto lane = make_lane_session(old);
    BOOST_REQUIRE(lane->connect());
    auto producer = make_publisher({.broker = b.options(), .client_id = "other-producer"});
    BOOST_REQUIRE(producer->connect());
    lane->drop();
    for (int i = 0; i < 50; ++i) {
      BOOST_REQUIRE(producer->publish("tracker/other/x", body_of(1000), 0));
    }
    while (producer->in_flight() > 0)
      BOOST_REQUIRE(producer->poll(1s));
  }
  const auto lane = make_lane_session(options());
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch backlog;
  read_until(*lane, backlog, 50);
  BOOST_TEST(backlog.size() == 50u);
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  // SUBACK comes while reading; a round trip of our own tells that SUBSCRIBE has been heard.
  batch read;
  for (const auto until = steady::now() + 10s; read.empty() && steady::now() < until;) {
    publish(b.options(), 1, 1);
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 100ms)), "success");
  }
  BOOST_TEST(!read.empty());
}

BOOST_AUTO_TEST_CASE(acknowledges_exactly_what_it_committed_over_many_reconnects) {
  auto o = options();
  o.limits.events = 150;
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  constexpr std::size_t total = 3000;
  publish(b.options(), 0, total, 200);
  committed_numbers all;
  const auto until = steady::now() + 60s;
  for (int round = 0; all.size() < total && steady::now() < until; ++round) {
    if (!lane->connected()) BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
    batch read;
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 2s)), "success");
    if (round % 3 == 1) {
      lane->drop();
      continue;
    }
    all.commit(read);
    BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
    // Or the reset of the next round may overtake the acknowledgements.
    if (round % 3 == 0) BOOST_REQUIRE_EQUAL(text_of(lane->leave()), "success");
  }
  BOOST_TEST(all.missing(0, total) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
