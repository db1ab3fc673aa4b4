#include "http/exchange.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;
using td::testing::test_route;

namespace {

constexpr std::string_view chunked = "Transfer-Encoding: chunked\r\n\r\n";

std::unique_ptr<http_server> serve(http_method method, exchange_handler handler,
                                   http_limits limits = {}) {
  auto r = test_route(method, "/x", std::move(handler));
  r.body_bytes = 1u << 30;
  const auto plain = test_route(http_method::get, "/plain", plain_handler{[](const request&) {
                                  return http_answer{200, "text/plain", "plain"};
                                }});
  return serve_api(test_api({std::move(r), plain}), {.limits = limits});
}

http_answer text_head() {
  return {200, "text/plain"};
}

asio::awaitable<void> echo(exchange& x) {
  x.begin(text_head());
  for (;;) {
    const auto piece = co_await x.read();
    if (!piece || piece->empty()) co_return;
    std::string copy{*piece};
    const bool sent = co_await x.write(std::move(copy));
    if (!sent) co_return;
  }
}

std::string chunk(std::string_view data) {
  return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

/// How a handler ended, told to the test.
template <class T>
struct told {
  std::promise<T> promise{};
  std::future<T> future = promise.get_future();

  T value() {
    if (future.wait_for(raw_client::patience) != std::future_status::ready)
      throw std::runtime_error("the handler did not end");
    return future.get();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(exchanges)

BOOST_AUTO_TEST_CASE(a_body_is_read_and_an_answer_written_piece_by_piece) {
  const auto server = serve(http_method::post, echo);
  raw_client client{server->port()};
  for (int round = 0; round < 2; ++round) {  // the connection goes on
    client.send(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\n{}", chunked));
    client.send(chunk("first "));
    client.send(chunk("second"));
    client.send("0\r\nTrailer: dropped\r\n\r\n");
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 200);
    BOOST_TEST(a->body == "first second");
  }
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  BOOST_TEST(client.answer()->body == "abc");
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST(client.answer()->body == "");
}

BOOST_AUTO_TEST_CASE(large_bodies_pass_in_both_directions_at_once) {
  const auto server = serve(http_method::post, echo);
  constexpr std::size_t size = 8u << 20;
  raw_client client{server->port()};
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    body[i] = static_cast<char>('a' + i % 23);
  std::thread sender{[&] {
    client.send(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", size));
    client.send(body);
  }};
  const auto a = client.answer();
  sender.join();
  BOOST_REQUIRE(a);
  BOOST_TEST((a->body == body));
}

/// A client that sends all of it before it reads anything: what does not fit is the handler's to
/// keep, and the body is read to its end.
BOOST_AUTO_TEST_CASE(reading_never_stops_because_nobody_reads_the_answer) {
  constexpr std::size_t size = 64u << 20;
  std::atomic<std::size_t> most_unsent{0};
  const auto server = serve(http_method::post, [&](exchange& x) -> asio::awaitable<void> {
    x.begin(text_head());
    std::size_t read = 0, refused = 0;
    const std::string verdict(1024, 'v');
    for (;;) {
      const auto piece = co_await x.read();
      if (!piece || piece->empty()) break;
      read += piece->size();
      if (!x.try_write(verdict)) ++refused;
      most_unsent = std::max<std::size_t>(most_unsent, x.unsent());
    }
    std::string last = fmt::format("\nread {}", read);
    co_await x.write(std::move(last));
  });
  raw_client client{server->port()};
  client.send(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", size));
  const std::string piece(1u << 20, 'x');
  for (std::size_t sent = 0; sent < size; sent += piece.size())
    BOOST_REQUIRE(client.send(piece));
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body.ends_with(fmt::format("\nread {}", size)));
  BOOST_TEST(most_unsent <= (300u << 10));
}

/// The time that a client may take to read begins when it has sent its body.
BOOST_AUTO_TEST_CASE(a_client_that_still_sends_is_not_cut_for_not_reading) {
  const auto server = serve(http_method::post,
                            [](exchange& x) -> asio::awaitable<void> {
                              x.begin(text_head());
                              const std::string verdict(64u << 10, 'v');
                              for (;;) {
                                const auto piece = co_await x.read();
                                if (!piece || piece->empty()) break;
                                bool room = true;
                                while (room)
                                  room = x.try_write(verdict);  // until queue and sockets are full
                              }
                              std::string last{"last"};
                              co_await x.write(std::move(last));
                            },
                            {.write = 200ms});
  raw_client client{server->port()};
  client.send(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\n{}", chunked));
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < 1s) {
    BOOST_REQUIRE(client.send(chunk("more")));
    std::this_thread::sleep_for(5ms);
  }
  client.send("0\r\n\r\n");
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body.ends_with("last"));
}

BOOST_AUTO_TEST_CASE(writing_waits_for_room_and_ends_when_the_client_does_not_read) {
  told<bool> end;
  const auto server = serve(http_method::get,
                            [&](exchange& x) -> asio::awaitable<void> {
                              x.begin(text_head());
                              bool room = true;
                              while (room) {
                                std::string piece(100'000, 'x');
                                room = co_await x.write(std::move(piece));
                              }
                              end.promise.set_value(x.gone());
                            },
                            {.write = 300ms});
  raw_client client{server->port()};
  client.get("/x");
  BOOST_TEST(end.value());
  BOOST_TEST(client.drain().has_value());
}

BOOST_AUTO_TEST_CASE(a_sleeper_is_woken_by_a_ring_and_not_before) {
  std::promise<std::function<void()>> ringer;
  told<std::vector<woken>> end;
  const auto server = serve(http_method::get, [&](exchange& x) -> asio::awaitable<void> {
    x.begin(text_head());
    std::vector<woken> seen;
    seen.push_back(co_await x.sleep(1ms));
    ringer.set_value(x.ringer());
    seen.push_back(co_await x.sleep(60s));
    x.try_write("woken");
    end.promise.set_value(seen);
  });
  raw_client client{server->port()};
  client.get("/x");
  const auto ring = ringer.get_future().get();
  std::vector<std::thread> many;
  for (int i = 0; i < 4; ++i) {
    many.emplace_back([&ring] {
      for (int n = 0; n < 1000; ++n)
        ring();
    });
  }
  const auto a = client.answer();
  for (auto& t : many)
    t.join();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body == "woken");
  BOOST_TEST((end.value() == std::vector{woken::time, woken::rung}));
  ring();  // after it is gone: nothing
  client.get("/plain");
  BOOST_TEST(client.answer()->body == "plain");
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_is_seen_while_nothing_is_written) {
  for (const bool half : {false, true}) {
    told<woken> end;
    const auto server = serve(http_method::get, [&](exchange& x) -> asio::awaitable<void> {
      x.begin(text_head());
      x.try_write("hello");
      const auto why = co_await x.sleep(60s);
      end.promise.set_value(why);
    });
    auto client = std::make_unique<raw_client>(server->port());
    client->get("/x");
    BOOST_REQUIRE(client->until("hello"));
    if (half) {
      client->end_sending();
    } else {
      client.reset();
    }
    BOOST_TEST((end.value() == woken::gone));
  }
}

BOOST_AUTO_TEST_CASE(what_is_pipelined_behind_a_stream_is_answered_after_it) {
  std::promise<std::function<void()>> ringer;
  const auto server = serve(http_method::get, [&](exchange& x) -> asio::awaitable<void> {
    x.begin(text_head());
    x.try_write("streamed");
    ringer.set_value(x.ringer());
    co_await x.sleep(60s);
  });
  raw_client client{server->port()};
  client.get("/x");
  BOOST_REQUIRE(client.until("streamed\r\n"));
  const auto ring = ringer.get_future().get();
  client.get("/plain");
  client.get("/plain");
  ring();
  BOOST_REQUIRE(client.until("0\r\n\r\n"));
  BOOST_TEST(client.answer()->body == "plain");
  BOOST_TEST(client.answer()->body == "plain");
}

BOOST_AUTO_TEST_CASE(a_stop_is_told_and_the_answer_ends_as_it_should) {
  std::promise<void> begun;
  const auto server = serve(http_method::get,
                            [&](exchange& x) -> asio::awaitable<void> {
                              x.begin(text_head());
                              begun.set_value();
                              const auto why = co_await x.sleep(60s);
                              if (why == woken::stopping) x.try_write("bye");
                            },
                            {.stop = 20s});
  raw_client client{server->port()};
  client.get("/x");
  begun.get_future().get();
  std::thread stopper{[&] { server->stop(); }};
  const auto a = client.answer();
  stopper.join();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body == "bye");
}

BOOST_AUTO_TEST_CASE(a_handler_that_ignores_the_stop_is_cut_after_the_grace) {
  const auto server = serve(http_method::get,
                            [](exchange& x) -> asio::awaitable<void> {
                              x.begin(text_head());
                              for (;;)
                                co_await x.sleep(10ms);
                            },
                            {.stop = 200ms});
  raw_client client{server->port()};
  client.get("/x");
  BOOST_REQUIRE(client.until("\r\n\r\n"));
  const auto start = std::chrono::steady_clock::now();
  server->stop();
  BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
}

BOOST_AUTO_TEST_CASE(an_answer_that_breaks_off_is_seen_as_broken) {
  for (const bool throws : {true, false}) {
    const auto server = serve(http_method::get, [throws](exchange& x) -> asio::awaitable<void> {
      x.begin(text_head());
      x.try_write("half");
      co_await x.sleep(50ms);  // lets it go out
      if (throws) throw std::runtime_error("deliberately");
      x.abandon();
    });
    raw_client client{server->port()};
    client.get("/x");
    BOOST_REQUIRE(client.until("half\r\n"));
    BOOST_TEST(client.closed());  // and no last chunk
  }
}

BOOST_AUTO_TEST_CASE(a_handler_that_answers_nothing_or_throws_is_answered_for) {
  for (const bool throws : {true, false}) {
    const auto server = serve(http_method::get, [throws](exchange&) -> asio::awaitable<void> {
      if (throws) throw std::runtime_error("deliberately");
      co_return;
    });
    raw_client client{server->port()};
    client.get("/x");
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 500);
    BOOST_TEST(a->body.find("deliberately") == std::string::npos);
    client.get("/plain");
    BOOST_TEST(client.answer()->status == 200);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_before_the_body_was_read_ends_the_connection) {
  const auto server = serve(http_method::post, [](exchange& x) -> asio::awaitable<void> {
    const problem no{&problems::conflict, "not now", {}, {}, {}};
    x.answer(no);
    co_return;
  });
  raw_client client{server->port()};
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 409);
  BOOST_TEST(a->headers["connection"] == "close");
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_to_be_asked_is_asked_when_its_body_is_wanted) {
  const auto server = serve(http_method::post, echo);
  raw_client client{server->port()};
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  // Its handler begins the answer before it reads: then the answer is what comes.
  const auto a = client.until("\r\n\r\n");
  BOOST_REQUIRE(a);
  BOOST_TEST(a->starts_with("HTTP/1.1 200 OK"));
  client.send("hello");
  BOOST_TEST(client.until("0\r\n\r\n").value() == "5\r\nhello\r\n0\r\n\r\n");

  const auto asking = serve(http_method::post, [](exchange& x) -> asio::awaitable<void> {
    const auto piece = co_await x.read();
    http_answer whole{200, "text/plain", std::string{piece ? *piece : "none"}};
    x.answer(std::move(whole));
  });
  raw_client polite{asking->port()};
  polite.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(polite.answer()->status == 100);
  polite.send("hello");
  BOOST_TEST(polite.answer()->body == "hello");
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_or_stops_is_told_to_the_handler) {
  told<std::string> end;
  const auto server =
      serve(http_method::post,
            [&](exchange& x) -> asio::awaitable<void> {
              for (;;) {
                const auto piece = co_await x.read();
                if (piece && !piece->empty()) continue;
                end.promise.set_value(piece ? "whole" : std::string{piece.error().kind->code});
                if (!piece) x.answer(piece.error());
                co_return;
              }
            },
            {.piece = 300ms});
  {
    raw_client broken{server->port()};
    broken.send(fmt::format("POST /x HTTP/1.1\r\nHost: h\r\n{}5\r\nhelloXXXX\r\n", chunked));
    auto a = broken.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 400);
    BOOST_TEST(a->headers["connection"] == "close");
    BOOST_TEST(broken.closed());
    BOOST_TEST(end.value() == "bad_request");
  }
  end = {};
  raw_client slow{server->port()};
  slow.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  BOOST_TEST(end.value() == "bad_request");
  BOOST_TEST(slow.closed());
}

BOOST_AUTO_TEST_CASE(a_body_over_the_routes_limit_is_told_while_it_comes) {
  auto r = test_route(http_method::post, "/x",
                      exchange_handler{[](exchange& x) -> asio::awaitable<void> {
                        for (;;) {
                          const auto piece = co_await x.read();
                          if (piece && !piece->empty()) continue;
                          http_answer all{200, "text/plain", "all"};
                          if (!piece) all = piece.error();
                          x.answer(std::move(all));
                          co_return;
                        }
                      }});
  r.body_bytes = 1000;
  const auto server = serve_api(test_api({r}));
  for (const std::string body :
       {"Content-Length: 1001\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"}) {
    raw_client client{server->port()};
    client.send("POST /x HTTP/1.1\r\nHost: h\r\n" + body + std::string(1001, 'x'));
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 413);
  }
}

BOOST_AUTO_TEST_CASE(old_clients_and_head_get_what_they_understand) {
  const auto server = serve(http_method::get, [](exchange& x) -> asio::awaitable<void> {
    x.begin(text_head());
    std::string piece{"pieces"};
    co_await x.write(std::move(piece));
  });
  raw_client old{server->port()};
  old.send("GET /x HTTP/1.0\r\n\r\n");
  const auto head = old.until("\r\n\r\n");
  BOOST_REQUIRE(head);
  BOOST_TEST(head->find("chunked") == std::string::npos);
  BOOST_TEST(old.bytes(6) == "pieces");
  BOOST_TEST(old.closed());

  raw_client client{server->port()};
  client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(client.answer(true)->status == 200);
  client.get("/plain");
  BOOST_TEST(client.answer()->body == "plain");
}

BOOST_AUTO_TEST_SUITE_END()
