package wiretest

// Match is a pattern of the table in section 11 of the protocol.
type Match struct {
	Row     string // the table's, as scripts/rules names it
	Pattern string
	Yes, No []string // topics, or names, that it matches and does not
}

// TopicPatterns are subscriptions and exclusions.
var TopicPatterns = []Match{
	{"[section 11: a/b]", "a/b", []string{"a/b"}, []string{"/a/b", "a/b/", "A/b"}},
	{"[section 11: a/b]", "a//b", []string{"a//b"}, []string{"/a/b", "a/b/", "A/b"}},
	{"[section 11: a/b]", "a/", []string{"a/"}, []string{"/a/b", "a/b/", "A/b"}},
	{"[section 11: a/b]", "", []string{""}, []string{"/a/b", "a/b/", "A/b"}},
	{"[section 11: a/+]", "a/+", []string{"a/b", "a/"}, []string{"a", "a/b/c"}},
	{"[section 11: +]", "+", []string{"a", ""}, []string{"a/b"}},
	{"[section 11: +]", "+/+", []string{"/"}, nil},
	{"[section 11: +]", "/+", []string{"/a"}, []string{"a/b"}},
	{"[section 11: a/#]", "a/#", []string{"a/b", "a/b/c", "a/"}, []string{"a"}},
	{"[section 11: #]", "#", []string{"a", "a/b/c", "", ".broker/info"}, nil},
	{"[section 11: +/#]", "+/#", []string{"a/b"}, []string{"a"}},
	{"[section 11: +/#]", "+/b/#", []string{"a/b/c"}, []string{"a/b"}},
	{"[section 11: a/#/b]", "a/#/b", []string{"a/x", "a/x/y"}, []string{"a"}},
	{"[section 11: a/b+]", "a/b+", []string{"a/b+"}, []string{"a/bx"}},
	{"[section 11: a/b+]", "a/#b", []string{"a/#b"}, []string{"a/bx"}},
	{"[section 11: a/b+]", "a/*", []string{"a/*"}, []string{"a/bx"}},
	{"[section 11: a/b+]", "a/?", []string{"a/?"}, []string{"a/bx"}},
}

// Masks are those of broadcasts; each text may be a client's name.
var Masks = []Match{
	{"[section 11: mask *]", "*", []string{"x", "a.b.c", ".broker", "x%%1"}, nil},
	{"[section 11: mask a.*]", "a.*", []string{"a.b", "a.b.c", "a.b%%1"}, []string{"a"}},
	{"[section 11: mask a.*]", "a.?", []string{"a.b"}, []string{"a", "a.b.c"}},
	{"[section 11: mask a.*]", "?", []string{"x", "x%%0"}, []string{"a.b"}},
	{"[section 11: mask a.*]", "a.?.*", []string{"a.b.c", "a.b.c.d"}, []string{"a.b"}},
	{"[section 11: mask *.b]", "*.b", []string{"x", "a.b.c", ".broker"}, nil}, // as *
	{"[section 11: mask *.b]", "a.*.z", []string{"a.b", "a.b.c"}, []string{"a"}},
	{"[section 11: mask *.b]", "a.b*", nil, []string{"a.b", "a.bx"}}, // a literal, and no name
	{"[section 11: mask *.b]", "", nil, []string{"x", "a.b", ".broker"}},
}
