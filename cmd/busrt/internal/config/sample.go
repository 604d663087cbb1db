package config

import (
	"fmt"
	"strings"
)

const sampleHead = `# Configuration of the broker. Lines that begin with #KEY show a key with its
# default, or an example. busrt server --check --config FILE checks a file,
# busrt config show tells what is in effect. Values in effect win in this order:
# command line, environment (BUSRT_BROKER_TIMEOUT), this file, default.
`

// tableHeads are the words in front of each table.
var tableHeads = []struct{ prefix, head string }{
	{"broker", "[broker]\n"},
	{"listen.", "# An address; begin another one with [[listen]].\n[[listen]]\n"},
	{"listen.tls.", "#[listen.tls]\n"},
	{"listen.tokens.", "#[[listen.tokens]]\n"},
	{"clients.", "# Without a table [clients] everybody may do everything. With one, names that are\n" +
		"# not in it are refused. The name is that of the client, dots and capitals kept.\n#[clients.\"NAME\"]\n"},
	{"admin", "[admin]\n"},
	{"metrics", "[metrics]\n"},
	{"log", "[log]\n"},
}

// Sample is a file in which every key is explained, with an address at path.
func Sample(path string) string {
	var out strings.Builder
	out.WriteString(sampleHead)
	for _, t := range tableHeads {
		out.WriteString("\n" + t.head)
		for _, k := range keys {
			name := strings.TrimPrefix(strings.TrimPrefix(k.path, strings.TrimSuffix(t.prefix, ".")), ".")
			if t.prefix == "clients." {
				name = strings.TrimPrefix(name, "NAME.")
			}
			if !strings.HasPrefix(k.path, t.prefix) || strings.Contains(name, ".") {
				continue
			}
			fmt.Fprintf(&out, "# %s\n", k.text)
			if k.path == "listen.url" {
				fmt.Fprintf(&out, "url = %q\n", path)
			} else {
				fmt.Fprintf(&out, "#%s = %s\n", name, k.sample)
			}
		}
	}
	return out.String()
}
