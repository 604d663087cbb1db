package config

import (
	"reflect"
	"regexp"
	"strings"
)

// key is what there is to know about one key: for messages, `config init` and
// docs/configuration.md.
type key struct {
	path   string // tables in front of it, NAME for a client's
	text   string
	sample string // a value, in TOML; what is default if there is one
	reload bool   // takes effect with a reload
}

// keys are all of them, in the order in which they are shown.
var keys = []key{
	{"broker.loops", "Event loops, 1 to 62. Default: half of the cores, at most 4.", "1", false},
	{"broker.timeout", "For handshakes, and the base of all timers of a connection.", `"5s"`, true},
	{"broker.queue_frames", "Frames that may wait for one client.", "8192", true},
	{"broker.queue_bytes", "Bytes that may wait for one client.", `"16MiB"`, true},
	{"broker.slow", "What becomes of a client that takes less than it is sent: pause (its senders wait, then it is cut off), disconnect, or drop-new (it loses frames and stays).", `"pause"`, true},
	{"broker.max_frame", "The longest frame a client may send.", `"16MiB"`, true},
	{"broker.frame_rate", "Frames a second that a client may send, and so many at once; one that sends more is disconnected. 0: any number.", "0", true},
	{"broker.max_subscriptions", "Subscriptions that a client may have.", "16384", true},
	{"broker.max_exclusions", "Exclusions that a client may have.", "1024", true},
	{"broker.max_interests", "Memory for subscriptions and exclusions of a client: their text, and 128 bytes a segment.", `"32MiB"`, true},
	{"broker.max_topic", "The longest topic, published or subscribed to.", `"64KiB"`, false},
	{"broker.max_topic_depth", "Segments that a topic may have.", "256", false},
	{"broker.max_name", "Bytes that a name may have, at most 65535.", "255", false},
	{"broker.max_name_dots", "Dots that a name may have. Each costs memory.", "16", false},
	{"broker.max_handshakes", "Connections that may be in their handshake; others wait.", "1024", false},
	{"broker.max_connections", "Connections in all; others wait. Default: descriptors that the process may have, less 64.", "10000", false},
	{"broker.peer_connections", "Connections of one user of this machine, or of one address; further ones are closed. 0: any number.", "0", false},
	{"broker.connect_rate", "Connections a second of one user or address, and so many at once; further ones are closed. 0: any number.", "0", false},
	{"broker.max_memory", "Bytes that may be queued or partly received in all; above, those clients are cut off that have the most. Default: 60 % of what the process may have. -1: any number.", `"1GiB"`, false},
	{"broker.stall_time", "How long a client may take nothing before it no longer holds its senders up; negative: no flow control.", `"100ms"`, false},
	{"broker.force_register", "Let a new client take over a name that is in use.", "false", false},
	{"broker.pid_file", "File for the process id, removed at the end.", `"/run/busrt/busrt.pid"`, false},

	{"listen.url", "Where: a path, HOST:PORT, tls://HOST:PORT, ws:// or wss://HOST:PORT, fifo:PATH, fd:NAME.", `"/run/busrt/busrt.sock"`, false},
	{"listen.mode", "Permissions of a unix socket or a FIFO. Default: what the umask leaves, 0620 for a FIFO.", `"0660"`, false},
	{"listen.owner", "User whom a unix socket belongs to.", `"root"`, false},
	{"listen.group", "Group of a unix socket.", `"busrt"`, false},
	{"listen.timeout", "In place of the broker's.", `"1s"`, true},
	{"listen.queue_frames", "In place of the broker's.", "1024", true},
	{"listen.queue_bytes", "In place of the broker's.", `"1MiB"`, true},
	{"listen.slow", "In place of the broker's.", `"disconnect"`, true},
	{"listen.max_frame", "In place of the broker's.", `"64KiB"`, true},
	{"listen.frame_rate", "In place of the broker's. 0: any number.", "1000", true},
	{"listen.max_subscriptions", "In place of the broker's.", "100", true},
	{"listen.max_exclusions", "In place of the broker's.", "100", true},
	{"listen.max_interests", "In place of the broker's.", `"1MiB"`, true},
	{"listen.aaa", "Whether [clients] says who may connect here. Default: true if there is a table [clients].", "true", false},
	{"listen.tls.cert", "Certificate of the server with its chain, in PEM; for tls:// and wss://.", `"/etc/busrt/cert.pem"`, true},
	{"listen.tls.key", "Its key.", `"/etc/busrt/key.pem"`, true},
	{"listen.tls.client_ca", "Clients have to show a certificate that one of these has signed; the DNS names in it are the names they may take.", `"/etc/busrt/clients.pem"`, true},
	{"listen.tokens.token", "A bearer token that ws:// and wss:// ask for. In a file that others may read, prefer token_file.", `"secret"`, true},
	{"listen.tokens.names", "The names that it allows. Default: any.", `["alice"]`, true},
	{"listen.token_file", "File of bearer tokens: one a line, behind it the names it allows, none for any.", `"/etc/busrt/tokens"`, true},
	{"listen.origins", "Hosts whose pages may connect in a browser, beside the server's own.", `["app.example.org"]`, false},

	{"clients.NAME.hosts", "Networks it may come from, if by a network. Default: any.", `["10.0.0.0/8", "::1"]`, true},
	{"clients.NAME.uids", "Users whose processes may connect, by a unix socket. Default: any.", "[0, 1000]", true},
	{"clients.NAME.gids", "Effective groups of these processes. Default: any.", "[100]", true},
	{"clients.NAME.p2p", "Masks of names that it may send messages and calls to. Default: all; []: none.", `["sensor.*", ".broker"]`, true},
	{"clients.NAME.broadcast", "Masks of names that it may broadcast to. Default: all.", `["sensor.*"]`, true},
	{"clients.NAME.publish", "Topics it may publish to. Default: all.", `["news/#"]`, true},
	{"clients.NAME.subscribe", "Topics it may subscribe to. Default: all.", `["news/+"]`, true},
	{"clients.NAME.timeout", "In place of the address's, once the handshake is over.", `"30s"`, true},
	{"clients.NAME.queue_frames", "In place of the address's.", "65536", true},
	{"clients.NAME.queue_bytes", "In place of the address's.", `"64MiB"`, true},
	{"clients.NAME.slow", "In place of the address's.", `"drop-new"`, true},
	{"clients.NAME.max_frame", "In place of the address's.", `"1MiB"`, true},
	{"clients.NAME.frame_rate", "In place of the address's. 0: any number.", "100", true},
	{"clients.NAME.max_subscriptions", "In place of the address's.", "1000", true},
	{"clients.NAME.max_exclusions", "In place of the address's.", "1000", true},
	{"clients.NAME.max_interests", "In place of the address's.", `"1MiB"`, true},
	{"clients.NAME.admin", "Whether it may tell the broker to reload, as root may.", "false", true},

	{"admin.listen", "Address of metrics and health checks: a unix socket, or HOST:PORT of this machine alone. Default: none.", `"127.0.0.1:9099"`, false},
	{"admin.mode", "Permissions of that unix socket.", `"0600"`, false},
	{"admin.pprof", "Whether profiles are served there, below /debug/pprof/.", "false", false},

	{"metrics.enabled", "Whether /metrics is served at the admin address.", "true", false},
	{"metrics.clients", "Clients that have series of their own, the first by name; 0: none.", "0", true},

	{"log.level", "The least that is logged: debug, info, warn or error.", `"info"`, true},
	{"log.format", "auto, text, json, or journal for lines that journald knows the level of. auto is journal under systemd, else text, coloured on a terminal.", `"auto"`, false},
	{"log.syslog", "Log to syslog.", "false", false},
}

var indices = regexp.MustCompile(`\[\d+\]`)

// canonical is the path of a key as in keys: without numbers and names.
func canonical(path string) string {
	path = indices.ReplaceAllString(path, "")
	if rest, ok := strings.CutPrefix(path, "clients."); ok {
		if i := endOfSegment(rest); i < len(rest) {
			return "clients.NAME" + rest[i:]
		}
	}
	return path
}

// endOfSegment is where the first name of a path ends.
func endOfSegment(path string) int {
	quoted := false
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\':
			i++
		case path[i] == '"':
			quoted = !quoted
		case path[i] == '.' && !quoted:
			return i
		}
	}
	return len(path)
}

func find(path string) (key, bool) {
	path = canonical(path)
	for _, k := range keys {
		if k.path == path {
			return k, true
		}
	}
	return key{}, false
}

// want says what the value of a key has to look like.
func want(path string) string {
	f := fieldType(canonical(path))
	if f == nil {
		return ""
	}
	k, _ := find(path)
	switch reflect.New(f).Interface().(type) {
	case *Duration:
		return "a time such as " + k.sample
	case *Size:
		return `a size such as 65536 or "64KiB"`
	case *Mode:
		return "permissions such as " + k.sample
	case *bool, **bool:
		return "true or false"
	case *int, **int:
		return "a number such as " + k.sample
	case *string:
		return "a text in quotes, such as " + k.sample
	case *[]string, *[]uint32:
		return "a list such as " + k.sample
	case *[]Listen:
		return "tables that begin with [[listen]]"
	case *[]Token:
		return `a list such as [{ token = "secret", names = ["alice"] }]`
	}
	return "a table"
}

// fieldType is the type of what a canonical path stands for, nil if there is no
// such thing.
func fieldType(path string) reflect.Type {
	t := reflect.TypeFor[Config]()
	for path != "" {
		i := endOfSegment(path)
		name := path[:i]
		path = strings.TrimPrefix(path[i:], ".")
		for t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			f, ok := fieldNamed(t, name)
			if !ok {
				return nil
			}
			t = f.Type
		default:
			return nil
		}
	}
	return t
}

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("toml") == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// siblings are the keys there are in a table.
func siblings(table string) (names []string) {
	t := fieldType(canonical(table))
	for t != nil && t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("toml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
