#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "config/version.hpp"
#include "http/api_documents.hpp"
#include "http/parameters.hpp"

namespace td {
namespace {

namespace json = boost::json;

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// JSON as people read it: two spaces, one member per line, short lists on one.
void indent(const json::value& v, std::size_t depth, std::string& out) {
  const std::string margin(2 * depth, ' ');
  if (const auto* list = v.if_array(); list != nullptr && !list->empty()) {
    const bool simple = std::all_of(list->begin(), list->end(), [](const json::value& item) {
      return !item.is_object() && !item.is_array();
    });
    if (simple) {
      out += json::serialize(*list);
      return;
    }
    out += "[";
    for (std::size_t i = 0; i < list->size(); ++i) {
      out += fmt::format("{}\n{}  ", i == 0 ? "" : ",", margin);
      indent((*list)[i], depth + 1, out);
    }
    out += fmt::format("\n{}]", margin);
  } else if (const auto* object = v.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    bool first = true;
    for (const auto& member : *object) {
      out += fmt::format("{}\n{}  {}: ", std::exchange(first, false) ? "" : ",", margin,
                         json::serialize(json::value(member.key())));
      indent(member.value(), depth + 1, out);
    }
    out += fmt::format("\n{}}}", margin);
  } else {
    out += json::serialize(v);
  }
}

std::string pretty(std::string_view text) {
  boost::system::error_code e;
  const auto value = json::parse(text, e);
  if (e) return std::string{text};
  std::string out;
  indent(value, 0, out);
  return out;
}

std::string access_words(const route_access& access) {
  if (access.anyone) return "anyone";
  const auto who = fmt::format("{} or above", name_of(access.role));
  return access.scope ? fmt::format("{}, or an API key with {}", who, name_of(*access.scope)) : who;
}

class page {
 public:
  explicit page(const http_api& api) : api_{api} {
    for (const auto& r : api_.routes) {
      if (std::find(tags_.begin(), tags_.end(), r.tag) == tags_.end()) tags_.push_back(r.tag);
    }
  }

  std::string write() {
    add(R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>TaylorDash API</title>
<link rel="stylesheet" href="/docs/style.css"></head><body>
)");
    navigation();
    add("<main>\n");
    add(R"(<header><h1>TaylorDash API <small>{}</small></h1>
<p>Everything below is served by this process, from the table that it answers by. For programs:
<a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<p>Errors are <code>application/problem+json</code> (RFC 9457) with a stable <a href="#problems">code</a>,
a sentence that says how to mend it, and the request's id, which is also in <code>X-Request-Id</code> and
in the log. Send <code>traceparent</code> to choose it.</p></header>
)",
        escaped(version()));
    for (const auto& tag : tags_)
      section(tag);
    schemas();
    problem_list();
    add("</main></body></html>\n");
    return std::move(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
  }

  void navigation() {
    add("<nav aria-label=\"Contents\">\n");
    for (const auto& tag : tags_) {
      add("<h2><a href=\"#tag-{0}\">{0}</a></h2>\n<ul>\n", escaped(tag));
      for (const auto& r : api_.routes) {
        if (r.tag != tag) continue;
        add("<li><a href=\"#{}\"><span class=\"verb\">{}</span> {}</a></li>\n", r.operation,
            name_of(r.method), escaped(r.path));
      }
      add("</ul>\n");
    }
    add("<h2><a href=\"#schemas\">schemas</a></h2>\n<h2><a "
        "href=\"#problems\">problems</a></h2>\n</nav>\n");
  }

  void section(const std::string& tag) {
    add("<section><h2 id=\"tag-{0}\">{0}</h2>\n", escaped(tag));
    for (const auto& r : api_.routes) {
      if (r.tag == tag) one(r);
    }
    add("</section>\n");
  }

  void one(const route& r) {
    add("<article id=\"{}\">\n<h3><span class=\"verb {}\">{}</span> "
        "<code>{}</code></h3>\n<p>{}</p>\n",
        r.operation, name_of(r.method), name_of(r.method), escaped(r.path), escaped(r.summary));
    add("<dl><dt>for</dt><dd>{}</dd>", escaped(access_words(r.access)));
    if (r.rate != rate_class::none) add("<dt>rate class</dt><dd>{}</dd>", name_of(r.rate));
    if (!r.request_schema.empty()) {
      add("<dt>takes</dt><dd><a href=\"#schema-{0}\">{0}</a></dd>", escaped(r.request_schema));
    } else if (!r.request_type.empty()) {
      add("<dt>takes</dt><dd>{}</dd>", escaped(r.request_type));
    }
    if (r.body_bytes > 0) add("<dt>body</dt><dd>at most {} bytes</dd>", r.body_bytes);
    add("<dt>answers</dt><dd>{}", r.status);
    if (!r.response_schema.empty()) {
      add(" <a href=\"#schema-{0}\">{0}</a>", escaped(r.response_schema));
    } else if (!r.response_type.empty()) {
      add(" {}", escaped(r.response_type));
    }
    add("</dd></dl>\n");
    parameters(r);
    example(r);
    add("<p class=\"codes\">Problems:");
    for (const auto* kind : problems_of(r))
      add(" <a href=\"#problem-{0}\">{0}</a>", kind->code);
    add("</p>\n</article>\n");
  }

  void parameters(const route& r) {
    if (r.in_path.empty() && r.in_query.empty()) return;
    add("<table><thead><tr><th>parameter</th><th>in</th><th>allowed</th><th>meaning</th></tr></"
        "thead>"
        "<tbody>\n");
    const auto row = [this](const parameter& p, std::string_view in) {
      add("<tr><td><code>{}</code>{}</td><td>{}</td><td>{}{}</td><td>{}</td></tr>\n",
          escaped(p.name), p.required ? " *" : "", in, escaped(allowed_by(p)),
          p.fallback.empty() ? "" : fmt::format("; {} unless given", escaped(p.fallback)),
          escaped(p.meaning));
    };
    for (const auto& p : r.in_path)
      row(p, "path");
    for (const auto& p : r.in_query)
      row(p, "query");
    add("</tbody></table>\n");
  }

  void example(const route& r) {
    std::string line = "curl -sS";
    if (r.method != http_method::get) line += fmt::format(" -X {}", name_of(r.method));
    if (!r.access.anyone) line += " -H \"Authorization: Bearer $TOKEN\"";
    if (!r.request_schema.empty()) {
      line += " -H 'Content-Type: application/json' --data @body.json";
    } else if (!r.request_type.empty()) {
      line += fmt::format(" -H 'Content-Type: {}' -T body", r.request_type);
    }
    add("<pre><code>{} \"$HTTP_URL{}\"</code></pre>\n", escaped(line), escaped(r.path));
  }

  void schemas() {
    add("<section><h2 id=\"schemas\">schemas</h2>\n");
    for (const auto& c : api_.components) {
      add("<article "
          "id=\"schema-{0}\"><h3><code>{0}</code></h3><pre><code>{1}</code></pre></article>\n",
          escaped(c.name), escaped(pretty(c.text)));
    }
    add("</section>\n");
  }

  void problem_list() {
    add("<section><h2 id=\"problems\">problems</h2>\n<table><thead><tr><th>code</th><th>status</th>"
        "<th>title</th><th>what to do</th></tr></thead><tbody>\n");
    for (const auto* kind : problem_kinds()) {
      add("<tr "
          "id=\"problem-{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}</td><td>{3}</td></tr>\n",
          kind->code, kind->status, escaped(kind->title), escaped(kind->mend));
    }
    add("</tbody></table></section>\n");
  }

  const http_api& api_;
  std::vector<std::string> tags_;
  std::string out_;
};

}  // namespace

std::string docs_page(const http_api& api) {
  return page{api}.write();
}

}  // namespace td
