#include "http/api/event_stream.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "http/api/event_json.hpp"
#include "http/exchange.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto heartbeat = 15s;     // proxies close what is silent for a minute
constexpr auto try_again = 1000ms;  // the database was away
constexpr std::size_t events_a_write = 256;
constexpr std::int64_t worth_telling = 100;  // batches behind, some seconds at full rate

/// Which events a reader wants.
struct wanted_events {
  std::string topic_prefix{};
  std::string kind{};
  std::string source{};

  bool has(const found_event& e) const {
    return e.topic.starts_with(topic_prefix) && (kind.empty() || e.kind == kind) &&
           (source.empty() || e.source == source);
  }
};

std::string message(std::string_view id, std::string_view event, std::string_view data) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, event, data);
}

std::string count_message(const feed_place& at, std::string_view event, std::int64_t batches) {
  return message(to_string(at), event, fmt::format("{{\"batches\":{}}}", batches));
}

/// One reader, from its first byte to its last.
class reader {
 public:
  reader(exchange& x, std::shared_ptr<database_gate> gate, std::shared_ptr<live_feed> feed,
         wanted_events wanted)
      : x_{x}, gate_{std::move(gate)}, feed_{std::move(feed)}, wanted_{std::move(wanted)} {}

  asio::awaitable<void> run(std::optional<feed_place> from) {
    if (!from) {
      const auto newest = co_await ask<std::int64_t>(*gate_, newest_position);
      if (!newest) co_return x_.answer(newest.error());
      from = feed_place{*newest};
    }
    place_ = *from;
    x_.begin(
        {.content_type = "text/event-stream",
         .body = fmt::format("retry: {}\n: behind {}\n\n", try_again.count(), to_string(place_)),
         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}});
    const auto ear = feed_->listen(co_await asio::this_coro::executor, x_.ringer());
    while (co_await one_round()) {
    }
  }

 private:
  /// False when the reader has left or is to leave.
  asio::awaitable<bool> one_round() {
    if (auto s = feed_->behind(place_, events_a_write)) {
      if (s->reached == place_) co_return co_await rest(heartbeat);
      std::string text;
      for (const auto& e : s->events)
        add(text, e->event);
      place_ = s->reached;
      co_return co_await send(std::move(text));
    }
    co_return co_await catch_up();
  }

  /// Reads the journal itself, until it meets the tail that the feed keeps.
  asio::awaitable<bool> catch_up() {
    auto page = co_await ask<feed_page>(
        *gate_, [from = place_](pg::session& s) { return read_feed(s, from, events_a_write); });
    if (!page) co_return co_await rest(try_again);
    std::string text;
    if (page->last_position < place_.position) {
      place_ = {page->last_position};
      text = message(to_string(place_), "reset", "{}");
      co_return co_await send(std::move(text));
    }
    if (page->pruned > 0) text += count_message(place_, "gap", page->pruned);
    for (const auto& e : page->events)
      add(text, e);
    place_ = page->reached;
    const auto lag = page->last_position - place_.position;
    if (lag >= worth_telling && steady::now() - told_ > 1s) {
      told_ = steady::now();
      text += count_message(place_, "lag", lag);
    }
    if (!text.empty() && !co_await send(std::move(text))) co_return false;
    // At the end of the journal, and the feed has not come so far yet, or was not started.
    if (!page->more) co_return co_await rest(200ms);
    co_return !x_.gone();
  }

  void add(std::string& text, const found_event& e) const {
    if (wanted_.has(e)) text += message(e.place, "event", to_json(e));
  }

  asio::awaitable<bool> send(std::string text) {
    if (text.empty()) co_return !x_.gone();
    spoke_ = steady::now();
    co_return co_await x_.write(std::move(text));
  }

  asio::awaitable<bool> rest(std::chrono::milliseconds at_most) {
    const auto why = co_await x_.sleep(at_most);
    if (why == woken::gone || why == woken::stopping) co_return false;
    if (steady::now() - spoke_ < heartbeat) co_return true;
    // Also where nothing that this reader wants has come: what it has passed need not be read
    // again.
    co_return co_await send(fmt::format("id: {}\n: still here\n\n", to_string(place_)));
  }

  exchange& x_;
  std::shared_ptr<database_gate> gate_;
  std::shared_ptr<live_feed> feed_;
  wanted_events wanted_;
  feed_place place_{};
  steady::time_point spoke_{steady::now()};
  steady::time_point told_{};
};

asio::awaitable<void> stream(exchange& x, std::shared_ptr<database_gate> gate,
                             std::shared_ptr<live_feed> feed) {
  const auto& asked = x.asked();
  const auto text = [&](std::string_view name) {
    return std::string{asked.query.text(name).value_or(std::string_view{})};
  };
  // The header wins: a browser that comes again repeats the first request's query.
  auto from = std::string{asked.headers.find("Last-Event-ID").value_or(std::string_view{})};
  const bool in_header = !from.empty();
  if (!in_header) from = text("after");
  const auto place = parse_feed_place(from);
  if (!from.empty() && !place) {
    x.answer(problem{.kind = &problems::parameter_invalid,
                     .detail = "this is no id of an event of this stream; leave it out to begin "
                               "with what comes now",
                     .field = in_header ? "Last-Event-ID" : "after"});
    co_return;
  }
  reader r{x,
           std::move(gate),
           std::move(feed),
           {.topic_prefix = text("topic"), .kind = text("kind"), .source = text("source")}};
  co_await r.run(place);
}

}  // namespace

http_api event_stream_routes(std::shared_ptr<database_gate> gate, std::shared_ptr<live_feed> feed) {
  http_api api;
  api.routes.push_back(
      {.path = "/api/v1/events/stream",
       .operation = "stream_events",
       .tag = "Events",
       .summary = "Follow what is committed, as server-sent events (http/api/event_stream.hpp).",
       .access = for_role(role::viewer, "events:read"),
       .rate = rate_class::stream,
       .in_query = {{.name = "topic",
                     .meaning = "Only topics that begin with this.",
                     .least = 1,
                     .most = 512},
                    {.name = "kind", .meaning = "Only this kind.", .least = 1, .most = 200},
                    {.name = "source", .meaning = "Only this producer.", .least = 1, .most = 200},
                    {.name = "after",
                     .meaning = "Begin behind the event with this id; 0: with the oldest that is "
                                "in the journal. Last-Event-ID wins. Without: with what comes now.",
                     .least = 1,
                     .most = 40}},
       .response_type = "text/event-stream",
       .problems = {&problems::parameter_invalid},
       .handler = exchange_handler{[gate = std::move(gate), feed = std::move(feed)](exchange& x) {
         return stream(x, gate, feed);
       }}});
  return api;
}

}  // namespace td
