#include "http/served_exchange.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t piece_bytes = 64u << 10;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

/// Outlives the exchange: whoever holds a ringer may ring at any time.
struct served_exchange::bell {
  std::mutex mutex;
  served_exchange* of{};  ///< null once it is gone
  bool on_its_way{};
};

served_exchange::served_exchange(served_by by, wire& w, message_parser& parser, request& r,
                                 date_header& date, bool waits_for_continue)
    : by_{by},
      wire_{w},
      parser_{parser},
      request_{r},
      date_{date},
      patience_{by.limits.piece},
      tell_to_continue_{waits_for_continue},
      may_stall_{parser.has_body()},
      moved_{w.executor()},
      wake_{w.executor()},
      bell_{std::make_shared<bell>()} {
  bell_->of = this;
  parser_.limit_body(request_.to->body_bytes == 0 ? by.limits.body_bytes : request_.to->body_bytes);
  wire_.change = [this] { wake_.cancel(); };
  if (may_stall_) wire_.allow_stall(std::chrono::milliseconds{0});
}

served_exchange::~served_exchange() {
  wire_.change = nullptr;
  const std::lock_guard lock{bell_->mutex};
  bell_->of = nullptr;
}

// -- the body ---

problem served_exchange::gone_problem() const {
  return {&problems::bad_request, "the client left in the middle of the body", {}, {}, {}};
}

asio::awaitable<http_result<std::string_view>> served_exchange::read() {
  if (fault_) co_return *fault_;
  piece_.clear();
  if (!parser_.has_body()) co_return std::string_view{};
  if (std::exchange(tell_to_continue_, false) && status_ == 0 && wire_.input.empty()) {
    pending_ += go_on;
    start_pump();
  }
  for (;;) {
    auto step = parser_.read_body(wire_.input.view(), piece_, piece_bytes);
    wire_.input.consume(step.used);
    if (step.fault) {
      fault_ = std::move(step.fault);
      co_return *fault_;
    }
    if (step.complete) body_is_over();
    if (!piece_.empty() || step.complete) co_return std::string_view{piece_};

    const auto before = wire_.input.view().size();
    const auto start = clock::now();
    wire_.waits();
    wire_.limit(wire::reading, std::chrono::ceil<std::chrono::milliseconds>(patience_));
    const bool more = co_await wire_.fill();
    wire_.unlimit(wire::reading);
    if (!wire_.goes_on() || !more) {
      fault_ = gone_problem();
      co_return *fault_;
    }
    const auto came = static_cast<std::int64_t>(wire_.input.view().size() - before);
    const auto earned = std::chrono::nanoseconds{std::chrono::seconds{came}} /
                        static_cast<std::int64_t>(by_.limits.piece_rate);
    patience_ = std::min<std::chrono::nanoseconds>(by_.limits.piece,
                                                   patience_ - (clock::now() - start) + earned);
    patience_ = std::max<std::chrono::nanoseconds>(patience_, std::chrono::milliseconds{1});
  }
}

// -- the answer ---

void served_exchange::begin(http_answer head) {
  if (status_ != 0 || whole_) throw std::logic_error("an exchange is answered twice");
  status_ = head.status;
  keeps_ = parser_.version() == 11 && parser_.keep_alive() && !by_.stopping;
  framing_ = parser_.version() == 11 ? body_framing::chunked : body_framing::close;
  by_.dispatch.dress(request_, head);
  pending_ += response_head(head, framing_, keeps_, date_.now());
  if (request_.head) broken_ = true;  // nothing of the body is wanted
  if (!request_.head) queue(head.body);
  start_pump();
}

void served_exchange::queue(std::string_view piece) {
  if (piece.empty()) return;
  if (framing_ != body_framing::chunked) {
    pending_ += piece;
    return;
  }
  fmt::format_to(std::back_inserter(pending_), "{:x}\r\n", piece.size());
  pending_ += piece;
  pending_ += "\r\n";
}

bool served_exchange::room_for(std::size_t bytes) const noexcept {
  return unsent() == 0 || unsent() + bytes <= by_.limits.unsent_bytes;
}

bool served_exchange::try_write(std::string_view piece) {
  if (status_ == 0) throw std::logic_error("an exchange is written before it has begun");
  if (gone() || !room_for(piece.size())) return false;
  queue(piece);
  start_pump();
  return true;
}

asio::awaitable<bool> served_exchange::write(std::string piece) {
  if (status_ == 0) throw std::logic_error("an exchange is written before it has begun");
  while (!broken_ && !room_for(piece.size())) {
    moved_.expires_at(clock::time_point::max());
    co_await moved_.async_wait(awaited);
  }
  if (broken_) {
    co_await asio::post(wire_.executor(), awaited);  // who writes on must not keep the thread busy
    co_return false;
  }
  queue(piece);
  start_pump();
  co_return true;
}

void served_exchange::start_pump() {
  if (std::exchange(pumping_, true)) return;
  // The wire first, so that it ends last.
  auto run = [](std::shared_ptr<wire> alive,
                std::shared_ptr<served_exchange> self) -> asio::awaitable<void> {
    (void)alive;
    co_await self->pump();
  };
  asio::co_spawn(wire_.executor(), run(wire_.shared_from_this(), shared_from_this()),
                 asio::detached);
}

asio::awaitable<void> served_exchange::pump() {
  bool whole = true;
  while (whole && !pending_.empty()) {
    sending_.clear();
    sending_.swap(pending_);
    sending_left_ = sending_.size();
    while (whole && sending_left_ > 0) {
      const auto n = std::min(sending_left_, piece_bytes);
      limit_writing();
      const asio::const_buffer next{sending_.data() + (sending_.size() - sending_left_), n};
      whole = co_await wire_.write(next);
      wire_.unlimit(wire::writing);
      sending_left_ -= n;
      moved_.cancel();
    }
  }
  if (!whole) {
    broken_ = true;
    keeps_ = false;
    pending_.clear();
    sending_left_ = 0;
    wake_.cancel();
  }
  pumping_ = false;
  moved_.cancel();
}

/// A client may send all of its body before it reads: until then it owes us nothing.
void served_exchange::limit_writing() {
  if (may_stall_ || sending_left_ == 0) return;
  wire_.limit(wire::writing, by_.limits.write);
}

/// The body has ended, or nobody reads it any more.
void served_exchange::body_is_over() {
  if (!std::exchange(may_stall_, false)) return;
  wire_.allow_stall(by_.limits.write);
  limit_writing();
}

asio::awaitable<void> served_exchange::flushed() {
  while (pumping_) {
    moved_.expires_at(clock::time_point::max());
    co_await moved_.async_wait(awaited);
  }
}

void served_exchange::abandon() {
  broken_ = true;
  keeps_ = false;
  wire_.cut();
}

// -- waiting ---

asio::awaitable<woken> served_exchange::sleep(std::chrono::milliseconds at_most) {
  if (!parser_.has_body()) wire_.look_out();
  const bool news = (gone() || by_.stopping) && !told_the_end_;
  if (!news && !rung_) {
    wake_.expires_after(at_most);
    co_await wake_.async_wait(awaited);
  }
  // Told at once, but once: who does not listen must not keep the thread busy.
  told_the_end_ = gone() || by_.stopping;
  if (gone()) co_return woken::gone;
  if (by_.stopping) co_return woken::stopping;
  co_return std::exchange(rung_, false) ? woken::rung : woken::time;
}

std::function<void()> served_exchange::ringer() {
  return [bell = bell_] {
    const std::lock_guard lock{bell->mutex};
    if (bell->of == nullptr || std::exchange(bell->on_its_way, true)) return;
    asio::post(bell->of->wire_.executor(), [bell] {
      const std::lock_guard on_the_way{bell->mutex};
      bell->on_its_way = false;
      if (bell->of == nullptr) return;
      bell->of->rung_ = true;
      bell->of->wake_.cancel();
    });
  };
}

// -- the whole of it ---

void served_exchange::finish_pieces() {
  if (status_ == 0 || broken_ || request_.head) return;
  if (framing_ == body_framing::chunked) {
    pending_ += "0\r\n\r\n";
    start_pump();
  }
  if (framing_ == body_framing::close) keeps_ = false;
}

asio::awaitable<void> served_exchange::run(const exchange_handler& handler) {
  std::exception_ptr failed;
  try {
    co_await handler(*this);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) log_handler_failure(request_, failed);
  if (status_ != 0 && failed) {
    abandon();
  } else if (status_ == 0 && !whole_) {
    if (!failed) log_error("http route answered nothing", {kv("route", request_.to->path)});
    whole_ = problem{&problems::internal, "this is a fault of ours; the log says more", {}, {}, {}};
  }
  if (status_ != 0) {
    by_.dispatch.count(request_, status_);
    if (request_.head) broken_ = false;
    finish_pieces();
  }
  body_is_over();
  co_await flushed();
  if (parser_.has_body()) keeps_ = false;
}

}  // namespace td
