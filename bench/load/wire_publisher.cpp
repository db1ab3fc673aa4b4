#include "bench/load/wire_publisher.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "bench/load/wire_packets.hpp"
#include "mqtt/reason.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr std::size_t largest_window = 32767;  // half of the packet ids, as mqtt/publisher.cpp has

/// poll(2) again when a signal interrupts it. 0: the time is over.
short wait_for(int fd, short events, steady::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady::now()).count();
    pollfd p{fd, events, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return p.revents;
    if (ready == 0 || errno != EINTR) return 0;
  }
}

class wire_publisher final : public publisher {
 public:
  explicit wire_publisher(publisher_options options)
      : options_{std::move(options)},
        window_{std::clamp<std::size_t>(options_.window, 1, largest_window)},
        scratch_(65536),
        tokens_(65536),
        busy_(65536) {}

  result<void> connect() override {
    close();
    out_.clear();
    in_.clear();
    written_ = in_flight_ = 0;
    std::fill(busy_.begin(), busy_.end(), false);
    const auto& b = options_.broker;
    if (b.tls)
      return failure{errc::configuration_invalid, "the load generator's own client has no TLS"};
    const auto until = steady::now() + b.connect_timeout;
    if (auto r = open_socket(until); !r) return r;
    keep_alive_ = b.keepalive;
    out_ = wire::connect(options_.client_id, b.username, b.password,
                         static_cast<std::uint16_t>(keep_alive_.count()));
    return shake_hands(until);
  }

  result<bool> publish(std::string_view topic, std::string_view body, std::uint64_t token,
                       bool retain) override {
    if (!connected()) return not_connected();
    if (in_flight_ >= allowed_) return false;
    if (topic.empty() || topic.size() > 65535 || topic.find_first_of("+#") != topic.npos)
      return failure{errc::topic_not_allowed, fmt::format("'{}' is no topic to publish to", topic)};
    if (wire::publish_size(topic, body) > packet_limit_) {
      return failure{errc::body_too_large,
                     fmt::format("{} bytes are more than the broker takes", body.size())};
    }
    do {
      packet_id_ = packet_id_ == 65535 ? 1 : packet_id_ + 1;
    } while (busy_[packet_id_]);
    wire::append_publish(out_, topic, body, static_cast<std::uint16_t>(packet_id_), retain);
    busy_[packet_id_] = true;
    tokens_[packet_id_] = token;
    ++in_flight_;
    return true;
  }

  result<void> poll(milliseconds wait) override {
    if (!connected()) return not_connected();
    const auto until = steady::now() + wait;
    for (;;) {
      if (auto r = flush(); !r) return r;
      auto any = read_answers();
      if (!any) return any.error();
      if (!connected()) return not_connected();  // the callback closed it
      if (*any) return ok();
      if (auto r = keep_alive(); !r) return r;
      if (steady::now() >= until) return ok();
      const auto slice = std::min(until, last_sent_ + keep_alive_ / 4);
      wait_for(socket_.get(), static_cast<short>(flushed() ? POLLIN : POLLIN | POLLOUT), slice);
    }
  }

  std::size_t in_flight() const noexcept override { return in_flight_; }
  bool flushed() const noexcept override { return !connected() || written_ == out_.size(); }
  bool connected() const noexcept override { return static_cast<bool>(socket_); }
  void close() noexcept override {
    if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
    socket_.reset();
  }

 private:
  result<void> open_socket(steady::time_point until) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const auto& b = options_.broker;
    if (const int code =
            ::getaddrinfo(b.host.c_str(), std::to_string(b.port).c_str(), &hints, &found);
        code != 0) {
      return away(::gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, &::freeaddrinfo};
    failure why = away("no address");
    for (const auto* a = found; a != nullptr; a = a->ai_next) {
      unique_fd made{::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
      int error = ::connect(made.get(), a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
      if (error == EINPROGRESS) {
        socklen_t size = sizeof error;
        if (wait_for(made.get(), POLLOUT, until) == 0)
          error = ETIMEDOUT;
        else
          ::getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      }
      if (error != 0) {
        why = away(std::strerror(error));
        continue;
      }
      const int on = 1;
      ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      socket_ = std::move(made);
      return ok();
    }
    return why;
  }

  result<void> shake_hands(steady::time_point until) {
    for (;;) {
      if (auto r = flush(); !r) return r;
      if (auto r = receive(); !r) return r;
      const auto front = wire::first_packet(in_);
      if (front.malformed) return lost("it does not speak MQTT");
      if (front.whole) {
        const auto terms = front.whole->type == wire::connack
                               ? wire::read_connack(front.whole->rest)
                               : std::nullopt;
        if (!terms) return lost("it does not answer as an MQTT 5 broker");
        in_.erase(0, front.whole->bytes);
        return take(*terms);
      }
      if (wait_for(socket_.get(), flushed() ? POLLIN : POLLIN | POLLOUT, until) == 0)
        return lost("no CONNACK in time");
    }
  }

  result<void> take(const wire::connack_terms& terms) {
    if (terms.reason != 0) {
      auto why = refused(terms.reason, terms.reason_text);
      close();
      return why;
    }
    allowed_ = std::min<std::size_t>(window_, terms.receive_maximum);
    packet_limit_ = terms.packet_limit;
    if (terms.keep_alive) keep_alive_ = std::chrono::seconds{*terms.keep_alive};
    if (keep_alive_.count() == 0) keep_alive_ = std::chrono::hours{1};
    last_heard_ = steady::now();
    ping_open_ = false;
    return ok();
  }

  /// As much as the socket takes.
  result<void> flush() {
    while (written_ < out_.size()) {
      const auto n =
          ::send(socket_.get(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return ok();
      // Why it ended may stand in what was not read yet: a DISCONNECT.
      if (n < 0) return broken(std::strerror(errno));
      written_ += static_cast<std::size_t>(n);
      last_sent_ = steady::now();
    }
    out_.clear();
    written_ = 0;
    return ok();
  }

  /// Everything that is there.
  result<void> receive() {
    for (bool more = true; more;) {
      const auto n = ::recv(socket_.get(), scratch_.data(), scratch_.size(), 0);
      if (n == 0) return broken("the connection was closed by the broker");
      if (n < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
      if (n > 0) in_.append(scratch_.data(), static_cast<std::size_t>(n));
      more = n == static_cast<ssize_t>(scratch_.size());
    }
    return ok();
  }

  /// True when anything was acknowledged.
  result<bool> read_answers() {
    if (auto r = receive(); !r) return r.error();
    std::string_view stream{in_};
    bool any = false;
    while (connected()) {
      const auto front = wire::first_packet(stream);
      if (front.malformed) return lost("it sent what is no MQTT");
      if (!front.whole) break;
      stream.remove_prefix(front.whole->bytes);
      last_heard_ = steady::now();
      if (front.whole->type == wire::disconnect) return disconnected(front.whole->rest);
      if (front.whole->type == wire::pingresp) ping_open_ = false;
      if (front.whole->type != wire::puback) continue;
      const auto a = wire::read_puback(front.whole->rest);
      if (!a || !busy_[a->packet_id]) return lost("it acknowledged what was never sent");
      busy_[a->packet_id] = false;
      --in_flight_;
      any = true;
      if (options_.acknowledged) options_.acknowledged(tokens_[a->packet_id], a->reason);
    }
    in_.erase(0, in_.size() - stream.size());
    return any;
  }

  result<void> keep_alive() {
    const auto at = steady::now();
    if (ping_open_ && at - last_heard_ > keep_alive_ * 3 / 2 && at - pinged_ > keep_alive_)
      return lost("no PINGRESP within the keepalive");
    if (ping_open_ || at - last_sent_ < keep_alive_ / 2) return ok();
    out_ += wire::ping;
    ping_open_ = true;
    pinged_ = at;
    return flush();
  }

  failure disconnected(std::string_view rest) {
    const auto reason = rest.empty() ? 0 : static_cast<unsigned char>(rest.front());
    return lost(fmt::format("the broker disconnected client '{}': {}", options_.client_id,
                            mqtt_reason(reason)));
  }

  /// The connection broke; what the broker said before is the better reason.
  failure broken(std::string_view otherwise) {
    std::string_view stream{in_};
    for (auto f = wire::first_packet(stream); f.whole; f = wire::first_packet(stream)) {
      if (f.whole->type == wire::disconnect) return disconnected(f.whole->rest);
      stream.remove_prefix(f.whole->bytes);
    }
    return lost(otherwise);
  }

  failure lost(std::string_view what) {
    close();
    return away(what);
  }

  failure away(std::string_view what) const {
    return {errc::broker_away,
            fmt::format("mqtt://{}:{}: {}", options_.broker.host, options_.broker.port, what)};
  }

  failure refused(int reason, std::string_view text) const {
    auto why = away(fmt::format("{} for client '{}'{}{}", mqtt_reason(reason), options_.client_id,
                                options_.broker.username.empty()
                                    ? std::string{}
                                    : fmt::format(" as user '{}'", options_.broker.username),
                                text.empty() ? std::string{} : fmt::format(", '{}'", text)));
    why.code = mqtt_reason_may_pass(reason) ? errc::broker_away : errc::broker_refused;
    return why;
  }

  failure not_connected() const {
    return {errc::broker_away, fmt::format("publisher '{}' is not connected", options_.client_id)};
  }

  publisher_options options_;
  std::size_t window_;
  std::size_t allowed_{};
  std::size_t packet_limit_{};
  unique_fd socket_;
  std::string out_;
  std::size_t written_{};  ///< of out_
  std::string in_;
  std::vector<char> scratch_;          ///< what one recv gets
  std::vector<std::uint64_t> tokens_;  ///< by packet id
  std::vector<bool> busy_;             ///< by packet id: not acknowledged yet
  std::size_t packet_id_{};
  std::size_t in_flight_{};
  std::chrono::seconds keep_alive_{60};
  steady::time_point last_sent_{};
  steady::time_point last_heard_{};
  steady::time_point pinged_{};
  bool ping_open_{};
};

}  // namespace

std::unique_ptr<publisher> make_wire_publisher(publisher_options options) {
  return std::make_unique<wire_publisher>(std::move(options));
}

}  // namespace td::bench
