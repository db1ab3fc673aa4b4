#include "http/problem.hpp"

#include <array>
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {

namespace problems {

const problem_kind bad_request{"bad_request", 400, "Bad request",
                               "Send HTTP/1.1 as RFC 9112 has it; the detail names the fault."};
const problem_kind bad_target{"bad_target", 400, "Bad request target",
                              "Percent-encode the path and the query as UTF-8; no dot segments, no "
                              "encoded slashes."};
const problem_kind body_too_large{"body_too_large", 413, "Content too large",
                                  "Send less at once; the route's limit is on this page."};
const problem_kind header_too_large{"header_too_large", 431, "Request header fields too large",
                                    "Send fewer or shorter headers and a shorter target."};
const problem_kind not_json{"not_json", 400, "The body is not usable JSON",
                            "Send one JSON object in UTF-8 without duplicate keys; the detail says "
                            "where it breaks."};
const problem_kind unsupported_media_type{"unsupported_media_type", 415, "Unsupported media type",
                                          "Set Content-Type to what the route takes."};
const problem_kind parameter_invalid{"parameter_invalid", 400, "A parameter is not usable",
                                     "`field` names the parameter, the detail what is allowed."};
const problem_kind body_invalid{"body_invalid", 422, "The body breaks the route's schema",
                                "`field` is a JSON pointer into the body; `errors` lists all."};
const problem_kind host_not_allowed{"host_not_allowed", 421, "Misdirected request",
                                    "Use a name that the service is known by, or add this one to "
                                    "`http.hosts`."};
const problem_kind unauthenticated{"unauthenticated", 401, "Not signed in",
                                   "Sign in, or send an API key; then ask again."};
const problem_kind credentials_invalid{"credentials_invalid", 401, "Not signed in",
                                       "Name, password or code is wrong; which one is not told."};
const problem_kind second_factor_required{"second_factor_required", 401, "A code is needed",
                                          "Send the authenticator's code, or a recovery code, with "
                                          "name and password."};
const problem_kind token_invalid{"token_invalid", 401, "The token or key is none of ours",
                                 "Sign in again, or make a new API key."};
const problem_kind token_expired{"token_expired", 401, "The token or key has expired",
                                 "Refresh the session, or make a new API key."};
const problem_kind token_revoked{"token_revoked", 401, "The session or key has been ended",
                                 "Sign in again; if it was not you who ended it, tell an admin."};
const problem_kind csrf_token_invalid{
    "csrf_token_invalid", 403, "The CSRF token does not fit",
    "Send the token of GET /api/v1/auth/session as X-CSRF-Token."};
const problem_kind sign_in_off{"sign_in_off", 403, "This service runs without sign-in",
                               "Set `identity.secret_file` and start again."};
const problem_kind locked_out{"locked_out", 429, "Too many failed logins",
                              "Wait for as many seconds as Retry-After says, or have it unlocked: "
                              "`taylordash user unlock NAME`."};
const problem_kind password_unfit{"password_unfit", 422, "The password breaks the rules",
                                  "The detail names the rule."};
const problem_kind forbidden{"forbidden", 403, "Not allowed",
                             "The detail names the role or the scope that is missing."};
const problem_kind rate_limited{"rate_limited", 429, "Too many requests",
                                "Wait for as many seconds as Retry-After says."};
const problem_kind not_found{"not_found", 404, "Not found",
                             "Look at the path and the id; it may have been deleted."};
const problem_kind method_not_allowed{"method_not_allowed", 405, "Method not allowed",
                                      "`Allow` lists the methods of this path."};
const problem_kind conflict{"conflict", 409, "Conflict",
                            "Read it again: its state does not allow this any more."};
const problem_kind dependency_cycle{"dependency_cycle", 409, "The dependencies would form a circle",
                                    "The detail names the circle; leave one of its edges out."};
const problem_kind precondition_failed{"precondition_failed", 412, "Precondition failed",
                                       "Somebody was faster: read it again, and repeat with its "
                                       "new ETag."};
const problem_kind precondition_required{"precondition_required", 428, "Precondition required",
                                         "Send If-Match with the ETag that you have read."};
const problem_kind internal{"internal", 500, "Internal error",
                            "This is a fault of ours; tell us the request id, the log has more."};
const problem_kind overloaded{"overloaded", 503, "Too many connections",
                              "Wait for as many seconds as Retry-After says."};
const problem_kind busy{"busy", 503, "Busy", "Wait for as many seconds as Retry-After says."};
const problem_kind database_away{"database_away", 503, "The database is away",
                                 "Try again later; it recovers by itself once PostgreSQL is back."};
const problem_kind timed_out{"timed_out", 503, "No answer in time",
                             "Ask for less at once, or try again."};
const problem_kind starting{"starting", 503, "The service is starting", "Try again in a second."};
const problem_kind stopping{"stopping", 503, "The service is stopping",
                            "Ask another node, or try again once it is back."};

}  // namespace problems

namespace {

namespace json = boost::json;

constexpr std::array table{&problems::bad_request,
                           &problems::bad_target,
                           &problems::parameter_invalid,
                           &problems::not_json,
                           &problems::unauthenticated,
                           &problems::credentials_invalid,
                           &problems::second_factor_required,
                           &problems::token_invalid,
                           &problems::token_expired,
                           &problems::token_revoked,
                           &problems::forbidden,
                           &problems::csrf_token_invalid,
                           &problems::sign_in_off,
                           &problems::not_found,
                           &problems::method_not_allowed,
                           &problems::conflict,
                           &problems::dependency_cycle,
                           &problems::precondition_failed,
                           &problems::body_too_large,
                           &problems::unsupported_media_type,
                           &problems::host_not_allowed,
                           &problems::body_invalid,
                           &problems::password_unfit,
                           &problems::precondition_required,
                           &problems::locked_out,
                           &problems::rate_limited,
                           &problems::header_too_large,
                           &problems::internal,
                           &problems::overloaded,
                           &problems::busy,
                           &problems::database_away,
                           &problems::timed_out,
                           &problems::starting,
                           &problems::stopping};

constexpr std::size_t longest_detail = 500;

}  // namespace

std::span<const problem_kind* const> problem_kinds() noexcept {
  return table;
}

problem::operator http_answer() const {
  http_answer a;
  a.status = kind->status;
  a.content_type = "application/problem+json";
  a.fault = std::make_shared<const problem>(*this);
  return a;
}

void throw_exception_from_error(const problem& p, const boost::source_location&) {
  throw std::logic_error(fmt::format("value of a problem taken: {}: {}", p.kind->code, p.detail));
}

std::string to_json(const problem& p, std::string_view request_id) {
  json::object body{{"type", fmt::format("/docs#problem-{}", p.kind->code)},
                    {"title", p.kind->title},
                    {"status", p.kind->status},
                    {"code", p.kind->code},
                    {"detail", printable(p.detail, longest_detail)}};
  if (!p.field.empty()) body["field"] = printable(p.field, longest_detail);
  if (!p.items.empty()) {
    json::array items;
    for (const auto& item : p.items) {
      items.emplace_back(json::object{{"field", printable(item.field, longest_detail)},
                                      {"detail", printable(item.detail, longest_detail)}});
    }
    body["errors"] = std::move(items);
  }
  if (!request_id.empty()) body["request_id"] = request_id;
  return json::serialize(body);
}

}  // namespace td
