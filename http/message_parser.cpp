#include "http/message_parser.hpp"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

namespace td {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

problem bad_request(std::string detail) {
  return {&problems::bad_request, std::move(detail), {}, {}, {}};
}

http_method method_of(http::verb v) {
  switch (v) {
    case http::verb::get:
    case http::verb::head:
      return http_method::get;
    case http::verb::post:
      return http_method::post;
    case http::verb::put:
      return http_method::put;
    case http::verb::patch:
      return http_method::patch;
    case http::verb::delete_:
      return http_method::erase;
    case http::verb::options:
      return http_method::options;
    default:
      return http_method::other;
  }
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

problem explain(error_code e, std::uint64_t limit) {
  if (e == http::error::header_limit) {
    return {&problems::header_too_large, "the request's header is too large", {}, {}, {}};
  }
  if (e == http::error::body_limit) {
    return {&problems::body_too_large,
            fmt::format("the request's body is too large; this route takes {} bytes", limit),
            {},
            {},
            {}};
  }
  return bad_request("this is not HTTP/1.1: " + e.message());
}

}  // namespace

class message_parser::grammar final : public http::basic_parser<true> {
 public:
  explicit grammar(std::size_t header_bytes) : header_left_{header_bytes} {
    header_limit(static_cast<std::uint32_t>(header_bytes));
    body_limit(boost::none);  // ours: it depends on the route
  }

  request* into{};
  std::string* out{};
  std::size_t room{};
  unsigned http_version{11};
  std::uint64_t whole_limit{~std::uint64_t{0}};
  std::uint64_t limit{whole_limit};  ///< what is left of it

 private:
  /// Beast holds each piece of a header that comes in pieces against its limit, not the sum.
  void charge(std::size_t bytes, error_code& e) {
    if (bytes > header_left_) {
      e = http::error::header_limit;
    } else {
      header_left_ -= bytes;
    }
  }

  void on_request_impl(http::verb v, boost::beast::string_view name,
                       boost::beast::string_view target, int version, error_code& e) override {
    charge(name.size() + target.size(), e);
    into->method = method_of(v);
    into->head = v == http::verb::head;
    into->target = view(target);
    http_version = static_cast<unsigned>(version);
  }

  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& e) override {
    constexpr std::size_t around = 4;  // ": " and the end of the line
    charge(name.size() + value.size() + around, e);
    if (into != nullptr) into->headers.add(view(name), view(value));  // trailers are dropped
  }

  std::size_t take(boost::beast::string_view body, error_code& e) {
    const auto n = std::min(body.size(), room);
    if (n > limit) {
      e = http::error::body_limit;
      return 0;
    }
    limit -= n;
    out->append(body.data(), n);
    room -= n;
    return n;
  }
  std::size_t on_body_impl(boost::beast::string_view body, error_code& e) override {
    return take(body, e);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body,
                                 error_code& e) override {
    return take(body, e);
  }

  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, error_code& e) override {
    if (size > limit) e = http::error::body_limit;
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  std::size_t header_left_;
};

namespace {

/// What Beast's grammar lets pass.
std::optional<problem> framing_fault(const header_fields& headers, unsigned version) {
  const auto hosts = headers.count("Host");
  if (hosts > 1 || (version == 11 && hosts == 0)) {
    return bad_request("a request needs exactly one Host header");
  }
  const auto lengths = headers.count("Content-Length"),
             codings = headers.count("Transfer-Encoding");
  if (lengths > 1) return bad_request("Content-Length is there twice");
  if (headers["Content-Length"].find_first_not_of("0123456789") != std::string_view::npos) {
    return bad_request("Content-Length is not a number");
  }
  if (codings > 1) return bad_request("Transfer-Encoding is there twice");
  if (codings == 1) {
    if (lengths > 0) return bad_request("Content-Length and Transfer-Encoding exclude each other");
    if (version == 10) return bad_request("HTTP/1.0 has no Transfer-Encoding");
    if (!equal_without_case(headers["Transfer-Encoding"], "chunked")) {
      return bad_request("the only Transfer-Encoding that is understood is chunked");
    }
  }
  return std::nullopt;
}

}  // namespace

message_parser::message_parser(std::size_t header_bytes)
    : header_bytes_{header_bytes}, grammar_{std::make_unique<grammar>(header_bytes)} {}

message_parser::~message_parser() = default;

void message_parser::reset() {
  grammar_ = std::make_unique<grammar>(header_bytes_);
}

message_parser::step message_parser::read_header(std::string_view bytes, request& into) {
  grammar_->into = &into;
  step s;
  while (!grammar_->is_header_done()) {
    error_code e;
    const auto used = grammar_->put({bytes.data() + s.used, bytes.size() - s.used}, e);
    s.used += used;
    if (e == http::error::need_more) return s;
    if (e) {
      s.fault = explain(e, 0);
      return s;
    }
  }
  grammar_->into = nullptr;
  s.complete = true;
  s.fault = framing_fault(into.headers, grammar_->http_version);
  return s;
}

void message_parser::limit_body(std::uint64_t bytes) {
  grammar_->whole_limit = grammar_->limit = bytes;
}

message_parser::step message_parser::read_body(std::string_view bytes, std::string& out,
                                               std::size_t room) {
  step s;
  grammar_->out = &out;
  grammar_->room = room;
  const auto allowed = grammar_->whole_limit;
  if (const auto announced = length(); announced && *announced > allowed) {
    s.fault = explain(http::error::body_limit, allowed);
    return s;
  }
  while (!grammar_->is_done() && s.used < bytes.size() && grammar_->room > 0) {
    error_code e;
    const auto used = grammar_->put({bytes.data() + s.used, bytes.size() - s.used}, e);
    s.used += used;
    if (e == http::error::need_more) break;
    if (e) {
      s.fault = explain(e, allowed);
      return s;
    }
  }
  s.complete = grammar_->is_done();
  return s;
}

unsigned message_parser::version() const {
  return grammar_->http_version;
}

bool message_parser::keep_alive() const {
  return grammar_->keep_alive();
}

bool message_parser::has_body() const {
  return !grammar_->is_done();
}

std::optional<std::uint64_t> message_parser::length() const {
  const auto n = grammar_->content_length();
  return n ? std::optional<std::uint64_t>{*n} : std::nullopt;
}

}  // namespace td
