"""A file system in memory that can be made full in an instant, and costs only what is really on it."""

import os
import subprocess


class SmallDisk:
    """A tmpfs below `path`. Full means: its limit is set to what is used now, and a little."""

    def __init__(self, path, size="2g", user=None):
        self.path = path
        self._size = size
        path.mkdir(parents=True, exist_ok=True)
        options = f"size={size},mode=0755" + (f",uid={user},gid={user}" if user else "")
        self._mount("-t", "tmpfs", "-o", options, "tmpfs", str(path))

    @staticmethod
    def _mount(*arguments):
        return subprocess.run(["mount", *arguments], check=True, capture_output=True)

    def fill(self, slack=16 << 10):
        for _ in range(50):
            try:
                self._mount("-o", f"remount,size={self.used() + slack}", str(self.path))
                return
            except subprocess.CalledProcessError:
                continue  # it has grown in between
        raise AssertionError(f"{self.path} grows too quickly to be made full")

    def free(self):
        self._mount("-o", f"remount,size={self._size}", str(self.path))

    def used(self):
        state = os.statvfs(self.path)
        return (state.f_blocks - state.f_bfree) * state.f_frsize

    def close(self):
        subprocess.run(["umount", "-l", str(self.path)], check=False, capture_output=True)
