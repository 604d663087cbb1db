package engine

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryShare is the part of the memory that what is queued may take by default,
// in percent: the rest is for the broker's own state, garbage, and whoever embeds
// it.
const memoryShare = 60

// defaultMemory is the default of [Options.MaxMemory].
func defaultMemory() int {
	least := min(debug.SetMemoryLimit(-1), memoryOf(os.DirFS("/")))
	if least == math.MaxInt64 {
		return -1
	}
	return int(min(least/100*memoryShare, math.MaxInt))
}

// memoryOf is how many bytes this process may have by its control groups and the
// machine; as many as can be where neither tells. root is the root of the file
// system.
func memoryOf(root fs.FS) int64 {
	least := int64(math.MaxInt64)
	if kib, ok := field(root, "proc/meminfo", "MemTotal:"); ok {
		least = min(least, kib<<10)
	}
	if b, err := fs.ReadFile(root, "proc/self/cgroup"); err == nil {
		for line := range strings.Lines(string(b)) {
			parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
			switch {
			case len(parts) != 3:
			case parts[0] == "0":
				least = min(least, groupMemory(root, "sys/fs/cgroup", parts[2], "memory.max"))
			case strings.Contains(parts[1], "memory"): // version 1
				least = min(least, groupMemory(root, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"))
			}
		}
	}
	return least
}

// groupMemory is the least limit of a control group and those it is in. In a
// container the path may be that of the host, and only the mount's root is there.
func groupMemory(root fs.FS, mount, group, file string) int64 {
	least := int64(math.MaxInt64)
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		if b, err := fs.ReadFile(root, path.Join(mount, group, file)); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
		if group == "/" {
			return least
		}
	}
}

// field is the number behind a key in a file of lines.
func field(root fs.FS, name, key string) (int64, bool) {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == key {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil && n > 0
		}
	}
	return 0, false
}
