package wiretest

import (
	"strings"

	"github.com/busrt-go/busrt/codec"
)

// Greeting is the first three bytes of a client and how they are judged.
type Greeting struct {
	Name string
	Rule string
	Wire []byte
	Code codec.Status
}

// Greetings are right and wrong.
var Greetings = []Greeting{
	{"version 1", "BUSRT-H2", wire("EB 0100"), codec.OK},
	{"version 2", "BUSRT-H2", wire("EB 0200"), codec.NotSupported},
	{"version 257", "BUSRT-H2", wire("EB 0101"), codec.NotSupported},
	{"version 0", "BUSRT-H2", wire("EB 0000"), codec.NotSupported},
	{"another magic byte", "BUSRT-H2", wire("EC 0100"), codec.NotSupported},
	{"HTTP", "BUSRT-H2", wire("", "GET"), codec.NotSupported},
}

// Hello is the name of a client and what the name alone brings about: an
// answer, or, if it is not UTF-8, an end without one.
type Hello struct {
	Name    string
	Rule    string
	Wire    []byte
	Want    string // the client's name, whatever is wrong with it
	Primary string // of a name that is good
	Code    codec.Status
	Text    bool // it is UTF-8
}

// Hellos have good and bad names, by the default limits.
var Hellos = []Hello{
	good("plain", "BUSRT-H4", "03 00", "bob", "bob"),
	good("of one byte", "BUSRT-H4", "01 00", "x", "x"),
	good("with dots", "BUSRT-H4", "09 00", "lab.a..b.", "lab.a..b."),
	good("not ASCII", "BUSRT-H4", "0A 00", "Küche.温", "Küche.温"),
	good("blanks", "BUSRT-H4", "03 00", "a b", "a b"),
	good("secondary", "BUSRT-H6", "06 00", "bob%%1", "bob"),
	good("secondary of a secondary", "BUSRT-H6", "07 00", "a%%b%%c", "a"),
	good("secondary of nobody", "BUSRT-H6", "03 00", "%%x", ""),
	good("odd percent signs", "BUSRT-H6", "06 00", "a%b%%%", "a%b"),
	good("as long as may be", "BUSRT-H7", "FF 00", strings.Repeat("n", 255), strings.Repeat("n", 255)),
	good("as many dots as may be", "BUSRT-H7", "11 00", "a"+strings.Repeat(".", 16), "a"+strings.Repeat(".", 16)),

	refused("empty", "BUSRT-H4", "00 00", ""),
	refused("dot in front", "BUSRT-H4", "04 00", ".bob"),
	refused("the broker's own", "BUSRT-H4", "07 00", ".broker"),
	refused("too long", "BUSRT-H7", "00 01", strings.Repeat("n", 256)),
	refused("too many dots", "BUSRT-H7", "12 00", "a"+strings.Repeat(".", 17)),
	refused("NUL", "BUSRT-H7", "03 00", "a\x00b"),
	refused("tab", "BUSRT-H7", "03 00", "a\tb"),
	refused("line end", "BUSRT-H7", "04 00", "bob\n"),
	refused("DEL", "BUSRT-H7", "04 00", "bob\x7F"),
	refused("control character of two bytes", "BUSRT-H7", "05 00", "bob\u0085"),
	refused("star", "BUSRT-H7", "01 00", "*"),
	refused("question mark", "BUSRT-H7", "03 00", "a.?"),
	refused("hash", "BUSRT-H7", "03 00", "a/#"),
	refused("plus", "BUSRT-H7", "02 00", "a+"),

	{Name: "not UTF-8", Rule: "BUSRT-H4", Wire: wire("04 00", "bob\xFF"), Want: "bob\xFF"},
	{Name: "not UTF-8, and a dot in front", Rule: "BUSRT-H4", Wire: wire("02 00", ".\xC3"), Want: ".\xC3"},
}

func good(name, rule, head, want, primary string) Hello {
	return Hello{name, rule, wire(head, want), want, primary, codec.OK, true}
}

func refused(name, rule, head, want string) Hello {
	return Hello{name, rule, wire(head, want), want, "", codec.Data, true}
}
