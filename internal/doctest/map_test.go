package doctest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// variant is what a file for some systems has behind its noun.
var variant = regexp.MustCompile(`_(linux|darwin|unix|other)$`)

// Every file of the public packages has its noun in the map of DESIGN.md, behind
// the name of its package.
func TestMapOfFiles(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "DESIGN.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Map of files")
	whole, _, ok := strings.Cut(rest, "\n## ")
	if !ok {
		t.Fatal("DESIGN.md has no map of files")
	}
	for _, dir := range packages {
		nouns := mapped(whole, dir)
		for _, file := range nounsOf(t, filepath.Join("..", "..", dir)) {
			if !nouns[file] {
				t.Errorf("%s/%s.go is not in the map", dir, file)
			}
		}
		if len(nouns) == 0 || nouns["nosuchfile"] {
			t.Errorf("%s: the map has another form", dir)
		}
	}
}

// mapped are the words of a package's part of the map, up to the next package.
func mapped(whole, dir string) map[string]bool {
	words := map[string]bool{}
	heading := filepath.Base(dir) + "/"
	inside := false
	for line := range strings.Lines(whole) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 0 && fields[0] == heading:
			inside = true
		case !strings.HasPrefix(line, " ") || len(fields) > 0 && strings.HasSuffix(fields[0], "/"):
			inside = false
		}
		if !inside {
			continue
		}
		for _, w := range fields {
			words[strings.Trim(w, ",")] = true
		}
	}
	return words
}

// nounsOf are the files of a package without tests, what is generated, and the
// package's comment.
func nounsOf(t *testing.T, dir string) (nouns []string) {
	t.Helper()
	all, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(all), err)
	}
	for _, f := range all {
		noun := strings.TrimSuffix(f, ".go")
		if noun == "doc" || strings.HasSuffix(noun, "_test") || strings.HasSuffix(noun, "_gen") {
			continue
		}
		nouns = append(nouns, variant.ReplaceAllString(noun, ""))
	}
	return nouns
}
