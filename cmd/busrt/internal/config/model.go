package config

// Config is a whole configuration. keys.go says what each key means.
type Config struct {
	Broker  Broker            `toml:"broker"`
	Listen  []Listen          `toml:"listen"`
	Clients map[string]Client `toml:"clients"` // nil: everybody may do everything
	Admin   Admin             `toml:"admin"`
	Metrics Metrics           `toml:"metrics"`
	Log     Log               `toml:"log"`

	origins map[string]Origin // by path; what is not there is a default
	source  *source           // of the file, for excerpts; nil without
}

// Broker is the table of that name.
type Broker struct {
	Loops int `toml:"loops"`
	Limits
	MaxTopic        Size     `toml:"max_topic"`
	MaxTopicDepth   int      `toml:"max_topic_depth"`
	MaxName         int      `toml:"max_name"`
	MaxNameDots     int      `toml:"max_name_dots"`
	MaxHandshakes   int      `toml:"max_handshakes"`
	MaxConnections  int      `toml:"max_connections"`
	PeerConnections int      `toml:"peer_connections"`
	ConnectRate     int      `toml:"connect_rate"`
	MaxMemory       Size     `toml:"max_memory"`
	StallTime       Duration `toml:"stall_time"`
	ForceRegister   bool     `toml:"force_register"`
	PIDFile         string   `toml:"pid_file"`
}

// Listen is an address, one of the tables of that name.
type Listen struct {
	URL   string `toml:"url"`
	Mode  Mode   `toml:"mode"`
	Owner string `toml:"owner"`
	Group string `toml:"group"`
	Limits
	AAA       *bool    `toml:"aaa"` // nil: if there are clients
	TLS       TLS      `toml:"tls"`
	Tokens    []Token  `toml:"tokens"`
	TokenFile string   `toml:"token_file"`
	Origins   []string `toml:"origins"`
}

// TLS are files in PEM.
type TLS struct {
	Cert     string `toml:"cert"`
	Key      string `toml:"key"`
	ClientCA string `toml:"client_ca"`
}

// Token is a bearer token and the primary names that it allows, nil for any.
type Token struct {
	Token string   `toml:"token"`
	Names []string `toml:"names"`
}

// Client is what one primary name may do. A list that is nil allows everything,
// an empty one nothing.
type Client struct {
	Hosts     []string `toml:"hosts"`
	UIDs      []uint32 `toml:"uids"`
	GIDs      []uint32 `toml:"gids"`
	P2P       []string `toml:"p2p"`
	Broadcast []string `toml:"broadcast"`
	Publish   []string `toml:"publish"`
	Subscribe []string `toml:"subscribe"`
	Limits
	Admin bool `toml:"admin"`
}

// Admin is the table of that name.
type Admin struct {
	Listen string `toml:"listen"`
	Mode   Mode   `toml:"mode"`
	Pprof  bool   `toml:"pprof"`
}

// Metrics is the table of that name.
type Metrics struct {
	Enabled bool `toml:"enabled"`
	Clients int  `toml:"clients"`
}

// Log is the table of that name.
type Log struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
	Syslog bool   `toml:"syslog"`
}
