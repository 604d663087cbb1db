package wiretest

// Params are words of the form k=v and the MessagePack they make.
type Params struct {
	Name  string
	Rule  string
	Words []string
	Wire  []byte // nil: one of the words is refused
}

// Parameters are words of the command line and of FIFO lines.
var Parameters = []Params{
	{"none", "BUSRT-L3", nil, wire("80")},
	{"only empty words", "BUSRT-L3", []string{"", ""}, wire("80")},
	value("true", "C3"),
	value("false", "C2"),
	value("0", "00"),
	value("-0", "00"),
	value("127", "7F"),
	value("128", "CC 80"),
	value("200", "CC C8"),
	value("255", "CC FF"),
	value("256", "CD 0100"),
	value("65535", "CD FFFF"),
	value("65536", "CE 00010000"),
	value("4294967295", "CE FFFFFFFF"),
	value("4294967296", "CF 0000000100000000"),
	value("9223372036854775807", "CF 7FFFFFFFFFFFFFFF"),
	value("-1", "FF"),
	value("-32", "E0"),
	value("-33", "D0 DF"),
	value("-128", "D0 80"),
	value("-129", "D1 FF7F"),
	value("-32769", "D2 FFFF7FFF"),
	value("-2147483649", "D3 FFFFFFFF7FFFFFFF"),
	value("-9223372036854775808", "D3 8000000000000000"),
	value("+5", "05"),
	value("007", "07"),
	value("1.5", "CB 3FF8000000000000"),
	value(".5", "CB 3FE0000000000000"),
	value("5.", "CB 4014000000000000"),
	value("-1.5", "CB BFF8000000000000"),
	value("1e3", "CB 408F400000000000"),
	value("1E+3", "CB 408F400000000000"),
	value("9223372036854775808", "CB 43E0000000000000"), // beyond i64
	value("1e999", "CB 7FF0000000000000"),
	value("inf", "CB 7FF0000000000000"),
	value("-inf", "CB FFF0000000000000"),
	value("Infinity", "CB 7FF0000000000000"),
	value("nan", "CB 7FF8000000000000"),
	value("-NaN", "CB FFF8000000000000"),
	text(""),
	text("x"),
	text("True"),
	text("null"),
	text("0x10"),
	text("0x1p4"),
	text("1_000"),
	text("1e"),
	text("."),
	text("-"),
	text("+-5"),
	text("1 "),
	text("温度"),
	text("a=b"), // the first = parts
	text("=="),
	{"empty key", "BUSRT-L3", []string{"=1"}, wire("81 A0 01")},
	{"only a =", "BUSRT-L3", []string{"="}, wire("81 A0 A0")},
	{"in their order", "BUSRT-L3", []string{"b=1", "a=2"}, wire("82 A162 01 A161 02")},
	{"the last of equal keys", "BUSRT-L3", []string{"a=1", "b=2", "a=3"}, wire("82 A162 02 A161 03")},
	{"spare words", "BUSRT-L3", []string{"", "a=1", "", "", "b=2", ""}, wire("82 A161 01 A162 02")},
	{"no =", "BUSRT-L3", []string{"a"}, nil},
	{"no = behind good words", "BUSRT-L3", []string{"a=1", "-"}, nil},
}

// value is one word k=v whose value is not a string.
func value(v, want string) Params {
	return Params{v, "BUSRT-L3", []string{"k=" + v}, wire("81 A16B" + want)}
}

// text is one word k=v whose value is a string, of less than 32 bytes.
func text(v string) Params {
	return Params{"string " + v, "BUSRT-L3", []string{"k=" + v}, append(append(wire("81 A16B"), 0xA0|byte(len(v))), v...)}
}

// Filter is the params of client.list.
type Filter struct {
	Name   string
	Rule   string
	Wire   []byte
	Want   string
	Set    bool // there is a filter
	Refuse bool // it is answered with an error
}

// Filters are good and bad params.
var Filters = []Filter{
	{Name: "no params", Rule: "BUSRT-C4"},
	filter("map", "81 A666696C746572 A3 612E2A", "a.*"),
	filter("map, str 8", "81 A666696C746572 D903 612E2A", "a.*"),
	filter("map, bin", "81 A666696C746572 C403 612E2A", "a.*"),
	filter("key as bin", "81 C40666696C746572 A178", "x"),
	filter("empty text", "81 A666696C746572 A0", ""),
	filter("map 16", "DE0001 A666696C746572 A178", "x"),
	filter("map 32", "DF00000001 A666696C746572 A178", "x"),
	filter("array", "91 A178", "x"),
	filter("array, bin", "91 C40178", "x"),
	filter("array 16", "DC0001 A178", "x"),
	filter("bytes behind", "81 A666696C746572 A178 C1FF", "x"),
	filter("unknown keys", "83 A161 C0 A666696C746572 A178 A162 92 01 81A16303", "x"),
	filter("not ASCII", "91 A2C3BC", "ü"),
	{Name: "map, nil", Rule: "BUSRT-C4", Wire: wire("81 A666696C746572 C0")},
	{Name: "array, nil", Rule: "BUSRT-C4", Wire: wire("91 C0")},
	{Name: "empty map", Rule: "BUSRT-C4", Wire: wire("80")},
	{Name: "another key", Rule: "BUSRT-C4", Wire: wire("81 A646696C746572 A178")},
	unfit("nil", "C0"),
	unfit("str", "A178"),
	unfit("bin", "C40178"),
	unfit("number", "05"),
	unfit("true", "C3"),
	unfit("ext", "D40500"),
	unfit("no MessagePack", "C1"),
	unfit("map without its pairs", "81"),
	unfit("map without a value", "81 A666696C746572"),
	unfit("map cut in an unknown value", "82 A666696C746572 A178 A161 92 01"),
	unfit("no MessagePack in an unknown value", "82 A666696C746572 A178 A161 C1"),
	unfit("key that is a number", "81 00 A178"),
	unfit("filter twice", "82 A666696C746572 A178 A666696C746572 A178"),
	unfit("filter that is a number", "81 A666696C746572 05"),
	unfit("filter that is a map", "81 A666696C746572 80"),
	unfit("filter that is not UTF-8", "81 A666696C746572 A1FF"),
	unfit("filter longer than the params", "81 A666696C746572 DBFFFFFFFF 78"),
	unfit("bin longer than the params", "91 C6FFFFFFFF 78"),
	unfit("key longer than the params", "81 DBFFFFFFFF 78"),
	unfit("unknown value longer than the params", "82 A178 C9FFFFFFFA 05 A178 A178"),
	unfit("empty array", "90"),
	unfit("array of two", "92 A178 A179"),
	unfit("array of a number", "91 05"),
	unfit("map that claims to be huge", "DFFFFFFFFF"),
	unfit("array that claims to be huge", "DDFFFFFFFF C0"),
	unfit("huge unknown value", "81 A161 DDFFFFFFFF C0"),
}

func filter(name, wired, want string) Filter {
	return Filter{Name: name, Rule: "BUSRT-C4", Wire: wire(wired), Want: want, Set: true}
}

func unfit(name, wired string) Filter {
	return Filter{Name: name, Rule: "BUSRT-C4", Wire: wire(wired), Refuse: true}
}
