#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace td::testing {

/// A folder of its own under the system's temporary folder, gone at the end.
class temporary_files {
 public:
  temporary_files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "td-config-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
    root_ = pattern;
  }
  ~temporary_files() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  temporary_files(const temporary_files&) = delete;
  temporary_files& operator=(const temporary_files&) = delete;

  std::string path(std::string_view name) const { return (root_ / name).string(); }

  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view text, mode_t mode = 0600) const {
    const auto file = path(name);
    std::ofstream{file, std::ios::binary} << text;
    if (::chmod(file.c_str(), mode) != 0) throw std::runtime_error("chmod " + file);
    return file;
  }

  /// The text with this folder's name taken out, so that messages can be compared whole.
  std::string without_root(std::string text) const {
    const auto prefix = root_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace td::testing
