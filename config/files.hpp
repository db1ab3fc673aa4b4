#pragma once

#include <cstddef>
#include <string>

namespace td::config {

/// A file's content, or why there is none ("cannot be read: No such file or directory").
struct file_content {
  std::string text{};
  std::string problem{};
  bool open_to_others{};  ///< every user of the machine may read or change it
};

/// Reads a small file whole. More than `most` bytes is a problem, and so is a directory.
file_content read_file(const std::string& name, std::size_t most);

/// The same without the content: whether it can be read, and by whom.
file_content probe_file(const std::string& name);

}  // namespace td::config
