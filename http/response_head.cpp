#include "http/response_head.hpp"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "http/header_fields.hpp"

namespace td {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> always{{
    {"Server", "taylordash"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
}};

bool brings(const http_answer& answer, std::string_view name) {
  return std::any_of(answer.headers.begin(), answer.headers.end(),
                     [name](const auto& h) { return equal_without_case(h.first, name); });
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  if (value.find_first_of("\r\n") == value.npos) {
    head += value;
  } else {
    std::copy_if(value.begin(), value.end(), std::back_inserter(head),
                 [](char c) { return c != '\r' && c != '\n'; });
  }
  head += "\r\n";
}

/// RFC 9110 section 6.4.1: these have no body, and 204 no length either.
bool has_body(unsigned status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

const std::string& date_header::now() {
  const auto second =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  if (second != second_) {
    second_ = second;
    text_ = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                        fmt::gmtime(std::chrono::system_clock::to_time_t(second)));
  }
  return text_;
}

std::string response_head(const http_answer& answer, body_framing framing, bool keep_alive,
                          std::string_view date) {
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", answer.status,
                 reason_phrase(answer.status));
  add(head, "Date", date);
  for (const auto& [name, value] : always) {
    if (!brings(answer, name)) add(head, name, value);
  }
  if (!answer.content_type.empty()) add(head, "Content-Type", answer.content_type);
  for (const auto& [name, value] : answer.headers)
    add(head, name, value);
  if (framing == body_framing::chunked) {
    add(head, "Transfer-Encoding", "chunked");
  } else if (framing == body_framing::length && has_body(answer.status)) {
    add(head, "Content-Length", std::to_string(answer.body.size()));
  }
  add(head, "Connection", keep_alive ? "keep-alive" : "close");
  head += "\r\n";
  return head;
}

}  // namespace td
