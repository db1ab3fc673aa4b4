#pragma once

#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace td::test {

/// An element as a test looks at it.
struct xml_element {
  std::string name{};
  std::map<std::string, std::string> attributes{};
  std::string text{};  ///< its own, without that of its children
  std::vector<xml_element> children{};

  double number(const char* attribute) const {
    return std::strtod(attributes.at(attribute).c_str(), nullptr);
  }

  /// Itself and everything below of this name (and with this attribute).
  std::vector<xml_element> all(std::string_view wanted, const char* attribute = nullptr,
                               std::string_view value = {}) const {
    std::vector<xml_element> found;
    const auto held = attribute == nullptr ? attributes.end() : attributes.find(attribute);
    if (name == wanted &&
        (attribute == nullptr || (held != attributes.end() && held->second == value)))
      found.push_back(*this);
    for (const auto& c : children) {
      for (auto& f : c.all(wanted, attribute, value))
        found.push_back(std::move(f));
    }
    return found;
  }
  std::size_t count(std::string_view wanted, const char* attribute = nullptr,
                    std::string_view value = {}) const {
    return all(wanted, attribute, value).size();
  }
  std::multiset<std::string> texts(std::string_view wanted) const {
    std::multiset<std::string> found;
    for (const auto& e : all(wanted))
      found.insert(e.text);
    return found;
  }
};

/// Reads the strict part of XML 1.0 that reports are written in; anything else throws: elements
/// that don't nest, attributes twice or without quotes, unknown references, a bare `&` or `<`.
class xml_reader {
 public:
  explicit xml_reader(std::string_view text) : text_{text} {}

  xml_element read() {
    skip_space();
    if (take("<!DOCTYPE html>")) skip_space();
    auto root = element();
    skip_space();
    if (!text_.empty()) fail("something behind the root");
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(why + " before: " + std::string{text_.substr(0, 60)});
  }
  bool take(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }
  void need(std::string_view what) {
    if (!take(what)) fail("no " + std::string{what});
  }
  void skip_space() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \n\t"), text_.size()));
  }
  std::string_view until(std::string_view ends) {
    const auto end = text_.find_first_of(ends);
    if (end == text_.npos) fail("no end");
    const auto part = text_.substr(0, end);
    text_.remove_prefix(end);
    return part;
  }

  std::string plain(std::string_view part) const {
    static const std::map<std::string_view, char> known{
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"#39", '\''}};
    std::string out;
    while (!part.empty()) {
      if (part.front() != '&') {
        out += part.front();
        part.remove_prefix(1);
        continue;
      }
      const auto end = part.find(';');
      const auto found = known.find(part.substr(1, end - 1));
      if (end == part.npos || found == known.end()) fail("a bare &");
      out += found->second;
      part.remove_prefix(end + 1);
    }
    return out;
  }

  xml_element element() {
    xml_element e;
    need("<");
    e.name = until(" />\n");
    if (e.name.empty()) fail("an element without a name");
    for (skip_space(); !text_.starts_with(">") && !text_.starts_with("/>"); skip_space()) {
      const std::string name{until("=> ")};
      need("=\"");
      const auto value = until("\"<");
      need("\"");
      if (!e.attributes.emplace(name, plain(value)).second) fail("an attribute twice");
    }
    if (take("/>")) return e;
    need(">");
    for (;;) {
      e.text += plain(until("<"));
      if (text_.starts_with("</")) break;
      e.children.push_back(element());
    }
    need("</" + e.name + ">");
    return e;
  }

  std::string_view text_;
};

inline xml_element read_xml(const std::string& text) {
  return xml_reader{text}.read();
}

}  // namespace td::test
