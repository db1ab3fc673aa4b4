#include "http/server.hpp"

#include <csignal>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

constexpr std::chrono::seconds lingering{1};
constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

/// "/a?b=c" and "http://host/a" (absolute form, RFC 9112 section 3.2.2) both ask for "/a".
std::string_view path_of(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

http_answer allow_get(http_answer answer) {
  answer.headers.emplace_back("Allow", "GET, HEAD");
  return answer;
}

/// Finds a request's answer. No sockets here.
class route_table {
 public:
  explicit route_table(std::vector<http_route> routes) {
    for (auto& route : routes) {
      known_ += (known_.empty() ? "" : ", ") + route.path;
      handlers_[route.path] = std::move(route.handler);
    }
  }

  std::optional<http_answer> answer(const request& r) const {
    if (r.version() == 11 && r.count(http::field::host) != 1) {
      return problem_answer(400, "bad_request", "a request needs exactly one Host header");
    }
    const auto path = path_of({r.target().data(), r.target().size()});
    const auto found = handlers_.find(path);
    if (found == handlers_.end()) {
      return problem_answer(404, "not_found",
                            fmt::format("there is nothing at {}; there is: {}", path, known_));
    }
    if (r.method() != http::verb::get && r.method() != http::verb::head) {
      return allow_get(
          problem_answer(405, "method_not_allowed", fmt::format("{} answers GET and HEAD", path)));
    }
    try {
      return found->second();
    } catch (const std::exception& e) {
      log_error("http route failed", {kv("path", path), kv("reason", e.what())});
    } catch (...) {
      log_error("http route failed", {kv("path", path)});
    }
    return problem_answer(500, "internal", "this is a fault of ours; the log says more");
  }

 private:
  std::map<std::string, std::function<http_answer()>, std::less<>> handlers_;
  std::string known_;
};

/// The IMF-fixdate of RFC 9110 section 5.6.7, made once per second.
class date_header {
 public:
  const std::string& now() {
    const auto second =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (second != second_) {
      second_ = second;
      text_ = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                          fmt::gmtime(std::chrono::system_clock::to_time_t(second)));
    }
    return text_;
  }

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

/// One client. Everything happens on the io thread.
struct connection {
  explicit connection(tcp::socket socket) : stream{std::move(socket)} {}

  void cut() { stream.close(); }

  beast::tcp_stream stream;
  beast::flat_buffer buffer{};
  bool mid_request{};  ///< some of a request is here, not all
  std::list<connection*>::iterator all_place{};
  std::optional<std::list<connection*>::iterator> waiting_place{};
};

class beast_server final : public http_server {
 public:
  beast_server(http_limits limits, std::vector<http_route> routes)
      : limits_{limits}, routes_{std::move(routes)} {}

  ~beast_server() override { beast_server::stop(); }

  error_code listen(const tcp::endpoint& at) {
    error_code e;
    acceptor_.open(at.protocol(), e);
    if (!e) acceptor_.set_option(tcp::acceptor::reuse_address(true), e);
    if (!e) acceptor_.bind(at, e);
    if (!e) acceptor_.listen(asio::socket_base::max_listen_connections, e);
    if (!e) port_ = acceptor_.local_endpoint(e).port();
    return e;
  }

  void start() {
    asio::co_spawn(io_, accept(), asio::detached);
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "http");
      io_.run();
    }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  std::uint16_t port() const noexcept override { return port_; }

  void stop() override {
    const std::lock_guard lock{stop_mutex_};
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { begin_stop(); });
    thread_.join();
  }

 private:
  void begin_stop() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    for (auto* c : waiting_) {
      if (!c->mid_request) c->cut();
    }
    if (all_.empty()) return;
    stop_timer_.expires_after(limits_.stop);
    stop_timer_.async_wait([this](error_code e) {
      if (e) return;
      for (auto* c : all_)
        c->cut();
    });
  }

  // -- accepting ---

  asio::awaitable<void> accept() {
    while (!stopping_) {
      auto [e, socket] = co_await acceptor_.async_accept(awaited);
      if (stopping_) co_return;
      if (e == asio::error::no_descriptors || e == asio::error::no_memory ||
          e == asio::error::no_buffer_space ||
          e == boost::system::errc::too_many_files_open_in_system) {
        co_await out_of_descriptors(e);
      } else if (!e) {
        admit(std::move(socket));
      }
    }
  }

  /// The queue of the kernel keeps the clients meanwhile.
  asio::awaitable<void> out_of_descriptors(error_code e) {
    log_warning("http can't accept", {kv("reason", e.message()), kv("open", all_.size())});
    drop_longest_waiting();
    accept_pause_.expires_after(milliseconds{100});
    co_await accept_pause_.async_wait(awaited);
  }

  void admit(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    if (all_.size() >= limits_.connections && !drop_longest_waiting()) return refuse(socket);
    auto c = std::make_shared<connection>(std::move(socket));
    c->all_place = all_.insert(all_.end(), c.get());
    asio::co_spawn(io_, serve(c), [this, c](std::exception_ptr failed) {
      leave(*c);
      if (failed) log_error("http connection failed");
    });
  }

  bool drop_longest_waiting() {
    if (waiting_.empty()) return false;
    auto* longest = waiting_.front();
    stop_waiting(*longest);
    longest->cut();
    return true;
  }

  /// One attempt to say why; there is no room to wait for this client.
  void refuse(tcp::socket& socket) {
    auto answer = problem_answer(503, "overloaded", "too many connections; try again");
    answer.headers.emplace_back("Retry-After", "1");
    const auto text = fmt::format(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
        "Retry-After: 1\r\nConnection: close\r\n\r\n{}",
        answer.content_type, answer.body.size(), answer.body);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void leave(connection& c) {
    stop_waiting(c);
    c.cut();
    all_.erase(c.all_place);
    if (stopping_ && all_.empty()) stop_timer_.cancel();
  }

  void start_waiting(connection& c) {
    stop_waiting(c);
    c.waiting_place = waiting_.insert(waiting_.end(), &c);
  }

  void stop_waiting(connection& c) {
    if (c.waiting_place) waiting_.erase(*std::exchange(c.waiting_place, std::nullopt));
  }

  // -- one connection ---

  asio::awaitable<void> serve(std::shared_ptr<connection> c) {
    while (!stopping_) {
      http::request_parser<http::string_body> parser;
      start_waiting(*c);
      const auto e = co_await read(*c, parser);
      stop_waiting(*c);
      c->mid_request = false;
      auto answer = e ? answer_to(e) : routes_.answer(parser.get());
      if (!answer) co_return;
      const auto& asked = parser.get();
      const bool last =
          e || !asked.keep_alive() || !parser.is_done() || answer->status == 400 || stopping_;
      const bool sent = co_await write(*c, *answer, e ? 11 : asked.version(),
                                       !e && asked.method() == http::verb::head, !last);
      if (last && sent) co_await close_after_answer(*c);
      if (last || !sent) co_return;
    }
  }

  /// Waits for a request and reads it as a whole, but for a body that is announced with
  /// `Expect: 100-continue`: no route wants one.
  asio::awaitable<error_code> read(connection& c, http::request_parser<http::string_body>& parser) {
    if (c.buffer.size() == 0) {
      c.stream.expires_after(limits_.idle);
      auto [e, n] = co_await c.stream.async_read_some(c.buffer.prepare(4096), awaited);
      if (e) co_return e;
      c.buffer.commit(n);
    }
    c.mid_request = true;
    parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser.body_limit(limits_.body_bytes);
    c.stream.expires_after(limits_.request);
    auto [e, n] = co_await http::async_read_header(c.stream, c.buffer, parser, awaited);
    if (e || parser.get().count(http::field::expect) != 0) co_return e;
    auto [body_error, m] = co_await http::async_read(c.stream, c.buffer, parser, awaited);
    co_return body_error;
  }

  /// What to say about bytes that are no request; absent when there is nobody to say it to.
  static std::optional<http_answer> answer_to(error_code e) {
    if (e == http::error::end_of_stream || e == http::error::partial_message) return std::nullopt;
    if (e == http::error::header_limit || e == http::error::buffer_overflow) {
      return problem_answer(431, "header_too_large", "the request's header is too large");
    }
    if (e == http::error::body_limit) {
      return problem_answer(413, "body_too_large", "the request's body is too large");
    }
    if (e.category() != make_error_code(http::error::bad_method).category()) return std::nullopt;
    return problem_answer(400, "bad_request", "this is not HTTP/1.1: " + e.message());
  }

  /// False when the client did not take it in time.
  asio::awaitable<bool> write(connection& c, http_answer& answer, unsigned version, bool head,
                              bool keep_alive) {
    response r{http::int_to_status(answer.status), version};
    r.set(http::field::server, "taylordash");
    r.set(http::field::date, date_.now());
    r.set(http::field::content_type, answer.content_type);
    r.set(http::field::cache_control, "no-store");
    r.set("X-Content-Type-Options", "nosniff");
    r.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    r.set("Referrer-Policy", "no-referrer");
    for (const auto& [name, value] : answer.headers)
      r.set(name, value);
    r.body() = std::move(answer.body);
    r.prepare_payload();
    r.keep_alive(keep_alive);
    c.stream.expires_after(limits_.write);
    http::response_serializer<http::string_body> serializer{r};
    if (head) {
      auto [e, n] = co_await http::async_write_header(c.stream, serializer, awaited);
      co_return !e;
    }
    auto [e, n] = co_await http::async_write(c.stream, serializer, awaited);
    co_return !e;
  }

  /// Closing a socket with unread bytes resets the connection, which may take the answer away from
  /// the client (RFC 9112 section 9.6): say that no more comes, then read on for a moment.
  asio::awaitable<void> close_after_answer(connection& c) {
    error_code ignored;
    c.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    c.stream.expires_after(lingering);
    start_waiting(c);
    for (std::size_t read = 0; read < 16 * limits_.body_bytes;) {
      c.buffer.clear();
      auto [e, n] = co_await c.stream.async_read_some(c.buffer.prepare(4096), awaited);
      if (e) co_return;
      read += n;
    }
  }

  http_limits limits_;
  route_table routes_;
  date_header date_;
  std::uint16_t port_{};
  std::mutex stop_mutex_;

  // Of the io thread.
  bool stopping_{};
  std::list<connection*> all_;
  std::list<connection*> waiting_;  ///< who keeps us waiting, longest first

  asio::io_context io_{1};  // after the lists: what its destructor destroys may still refer to them
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_pause_{io_};
  asio::steady_timer stop_timer_{io_};
  std::thread thread_;
};

failure explain(const http_options& options, error_code e) {
  const auto address = options.listen.find(':') == std::string::npos
                           ? fmt::format("{}:{}", options.listen, options.port)
                           : fmt::format("[{}]:{}", options.listen, options.port);
  constexpr std::string_view mend =
      "choose another with http.port in the file, TAYLORDASH_HTTP__PORT, or --set http.port=PORT "
      "(0: "
      "any free one)";
  std::string text;
  if (e == asio::error::address_in_use) {
    text =
        fmt::format("can't listen on {}: the port is taken by another process; {}", address, mend);
  } else if (e == asio::error::access_denied) {
    text = fmt::format("can't listen on {}: ports below 1024 need a privilege; {}", address, mend);
  } else {
    text = fmt::format(
        "can't listen on {}: {}; set http.listen to an address of this machine (127.0.0.1, "
        "0.0.0.0, "
        "::)",
        address, e.message());
  }
  return {errc::configuration_invalid, std::move(text), {}};
}

}  // namespace

result<std::unique_ptr<http_server>> start_http(http_options options,
                                                std::vector<http_route> routes) {
  error_code e;
  const auto address = asio::ip::make_address(options.listen, e);
  if (e) return explain(options, e);
  auto server = std::make_unique<beast_server>(options.limits, std::move(routes));
  if (e = server->listen({address, options.port}); e) return explain(options, e);
  server->start();
  return std::unique_ptr<http_server>{std::move(server)};
}

}  // namespace td
