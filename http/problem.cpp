#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "http/server.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

/// RFC 9110's words for the statuses that we answer with.
std::string_view title_of(unsigned status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

http_answer problem_answer(unsigned status, std::string_view code, std::string_view detail) {
  const boost::json::object body{{"type", "about:blank"},
                                 {"title", title_of(status)},
                                 {"status", status},
                                 {"code", code},
                                 {"detail", printable(detail, 500)}};
  return {status, "application/problem+json", boost::json::serialize(body), {}};
}

}  // namespace td
