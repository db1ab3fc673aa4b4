#include "http/connection.hpp"

#include <fmt/format.h>

namespace td {
namespace {

constexpr std::chrono::milliseconds lingering{1'000};
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t piece_bytes = 64u << 10;

/// Up while a request is being answered.
class in_flight {
 public:
  explicit in_flight(prometheus::Gauge& gauge) : gauge_{gauge} { gauge_.Increment(); }
  ~in_flight() { gauge_.Decrement(); }
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;

 private:
  prometheus::Gauge& gauge_;
};

}  // namespace

connection::connection(served_by by, std::shared_ptr<wire> w, std::string address,
                       date_header& date)
    : by_{by},
      wire_{std::move(w)},
      address_{std::move(address)},
      date_{date},
      parser_{by.limits.header_bytes} {}

asio::awaitable<void> connection::run() {
  wire_->idle = true;
  wire_->waits();
  wire_->limit(wire::reading, by_.limits.request);
  const bool secured = co_await wire_->handshake();
  wire_->unlimit(wire::reading);
  if (!wire_->goes_on() || !secured) co_return;
  bool goes_on = true;
  while (goes_on && !by_.stopping) {
    goes_on = co_await serve_one();
  }
}

bool connection::last_request() const {
  return !parser_.keep_alive() || parser_.has_body() || by_.stopping;
}

asio::awaitable<bool> connection::serve_one() {
  request_ = {};
  parser_.reset();
  wire_->waits();
  std::optional<problem> fault;
  const bool read = co_await read_header(fault);
  wire_->idle = false;
  if (!wire_->goes_on() || !read) co_return false;

  const in_flight counted{by_.dispatch.meters().in_flight};
  request_.began = std::chrono::steady_clock::now();
  request_.address = address_;
  request_.secure = wire_->secure();
  request_.id = trace_id_of(request_.headers["traceparent"]).value_or("");
  if (request_.id.empty()) request_.id = random_trace_id();
  if (fault) {
    http_answer refusal = *fault;
    co_return co_await send(refusal, true);
  }

  const bool expects = parser_.version() == 11 && parser_.has_body() &&
                       equal_without_case(request_.headers["Expect"], "100-continue");
  auto said = co_await by_.dispatch.admit(request_);
  if (said) {
    bool rest_unread = expects;
    if (!expects) {
      const bool there = co_await discard_body(said, rest_unread);
      if (!there) co_return false;
    }
    wire_->unlimit(wire::reading);
    co_return co_await send(*said, rest_unread || last_request());
  }
  if (std::holds_alternative<exchange_handler>(request_.to->handler)) {
    wire_->unlimit(wire::reading);
    co_return co_await serve_exchange(expects);
  }
  const bool there = co_await read_body(expects, fault);
  wire_->unlimit(wire::reading);
  if (!there) co_return false;
  if (fault) {
    http_answer refusal = *fault;
    co_return co_await send(refusal, true);
  }
  wire_->limit(wire::handling, by_.limits.handling);
  auto answer = co_await by_.dispatch.call(request_);
  wire_->unlimit(wire::handling);
  co_return co_await send(answer, last_request());
}

asio::awaitable<bool> connection::serve_exchange(bool waits_for_continue) {
  const auto x =
      std::make_shared<served_exchange>(by_, *wire_, parser_, request_, date_, waits_for_continue);
  co_await x->run(std::get<exchange_handler>(request_.to->handler));
  wire_->change = nullptr;
  if (x->whole()) {
    auto answer = *std::move(x->whole());
    co_return co_await send(answer, last_request() || !x->keeps());
  }
  if (!x->keeps() && !wire_->ended()) co_await linger();
  co_return x->keeps() && !wire_->ended();
}

// -- reading ---

/// False when there is nobody to answer.
asio::awaitable<bool> connection::read_header(std::optional<problem>& fault) {
  if (wire_->input.empty()) {
    wire_->input.rest();
    wire_->idle = true;
    wire_->limit(wire::reading, by_.limits.idle);
    const bool more = co_await wire_->fill();
    if (!more) co_return false;
  }
  wire_->idle = false;
  wire_->limit(wire::reading, by_.limits.request);
  for (;;) {
    auto step = parser_.read_header(wire_->input.view(), request_);
    wire_->input.consume(step.used);
    if (step.fault || step.complete) {
      fault = std::move(step.fault);
      co_return true;
    }
    const bool more = co_await wire_->fill();
    if (!more) co_return false;
  }
}

/// More bytes of a body, for which the client is waited; false when it is gone.
asio::awaitable<bool> connection::more_of_request() {
  wire_->waits();
  const bool more = co_await wire_->fill();
  co_return wire_->goes_on() && more;
}

asio::awaitable<bool> connection::read_body(bool waits_for_continue,
                                            std::optional<problem>& fault) {
  const auto own = request_.to->body_bytes;
  const auto limit = own == 0 ? by_.limits.body_bytes : own;
  parser_.limit_body(limit);
  if (waits_for_continue && wire_->input.empty()) {
    const bool told = co_await wire_->write(asio::buffer(go_on));
    if (!told) co_return false;
  }
  while (parser_.has_body()) {
    auto step = parser_.read_body(wire_->input.view(), request_.body, limit + 1);
    wire_->input.consume(step.used);
    fault = std::move(step.fault);
    if (fault || step.complete) co_return true;
    const bool more = co_await more_of_request();
    if (!more) co_return false;
  }
  co_return true;
}

/// The body of a request that is answered without it, as long as it is small: then the connection
/// can go on. What is over the limit is said so.
asio::awaitable<bool> connection::discard_body(std::optional<http_answer>& said,
                                               bool& rest_unread) {
  const auto own = request_.to == nullptr ? 0 : request_.to->body_bytes;
  parser_.limit_body(own == 0 ? by_.limits.body_bytes : own);
  std::string ignored;
  std::size_t read = 0;
  while (parser_.has_body()) {
    ignored.clear();
    auto step = parser_.read_body(wire_->input.view(), ignored, piece_bytes);
    wire_->input.consume(step.used);
    read += ignored.size();
    if (step.fault) {
      said = *step.fault;
      rest_unread = true;
      co_return true;
    }
    if (step.complete) co_return true;
    if (read > by_.limits.body_bytes) {
      rest_unread = true;
      co_return true;
    }
    if (!ignored.empty()) continue;
    const bool more = co_await more_of_request();
    if (!more) co_return false;
  }
  co_return true;
}

// -- answering ---

/// Returns whether the connection goes on.
asio::awaitable<bool> connection::send(http_answer& answer, bool last) {
  wire_->unlimit(wire::reading);
  by_.dispatch.dress(request_, answer);
  by_.dispatch.count(request_, answer.status);
  const auto head = response_head(answer, body_framing::length, !last, date_.now());
  const auto body = request_.head ? asio::const_buffer{} : asio::buffer(answer.body);
  wire_->limit(wire::writing, by_.limits.write);
  const bool sent = co_await wire_->write(asio::buffer(head), body);
  wire_->unlimit(wire::writing);
  if (sent && last) co_await linger();
  co_return sent && !last;
}

/// Closing a socket with unread bytes resets the connection, which may take the answer away from
/// the client (RFC 9112 section 9.6): say that no more comes, then read on for a moment.
asio::awaitable<void> connection::linger() {
  co_await wire_->end_writing();
  wire_->limit(wire::reading, lingering);
  wire_->waits();
  bool more = true;
  for (std::size_t read = 0; more && read < 16 * by_.limits.body_bytes;) {
    read += wire_->input.view().size();
    wire_->input.consume(wire_->input.view().size());
    more = co_await wire_->fill();
  }
  wire_->goes_on();
}

}  // namespace td
