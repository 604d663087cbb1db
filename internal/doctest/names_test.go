// Package doctest holds documentation to the code: what a page names has to be
// there.
package doctest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// packages are what a qualified name in a page may begin with, and where that
// is.
var packages = map[string]string{
	"bustest": "bustest", "client": "client", "codec": "codec", "cursors": "rpc/cursors",
	"engine": "engine", "listeners": "listeners", "pubsub": "pubsub", "ringbuf": "ringbuf", "rpc": "rpc",
}

// name is `pkg.Name` or `pkg.Type.Member` between backquotes, capitals being
// Go's.
var name = regexp.MustCompile("`(?:errors\\.\\w+\\(err, )?([a-z]+)\\.([A-Z]\\w*)(?:\\.([A-Z]\\w*))?\\)?`")

// Every name of Go that a page gives exists, exported; the page about the Rust
// crate has most of them.
func TestNamesExist(t *testing.T) {
	root := filepath.Join("..", "..")
	exported := map[string]map[string]bool{}
	for short, dir := range packages {
		exported[short] = names(t, filepath.Join(root, dir))
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "DESIGN.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := name.FindAllStringSubmatch(string(text), -1)
		if len(found) < 150 && filepath.Base(page) == "from-rust.md" {
			t.Fatalf("%d names found: the page has another form", len(found))
		}
		for _, m := range found {
			if packages[m[1]] == "" {
				continue // the standard library's
			}
			want := m[2]
			if m[3] != "" {
				want += "." + m[3]
			}
			if !exported[m[1]][want] {
				t.Errorf("%s: %s.%s: no such name", filepath.Base(page), m[1], want)
			}
		}
	}
	if exported["client"]["Client.NoSuchMethod"] || exported["engine"]["register"] {
		t.Error("everything exists: this test proves nothing")
	}
}

// names are the exported ones of a package: functions, types and values, and
// methods and fields as Type.Member.
func names(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir:
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			declared(d, func(n string) { all[n] = true })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// declared tells what a declaration declares.
func declared(d ast.Decl, tell func(string)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			tell(d.Name.Name)
			return
		}
		of := d.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		if id, ok := of.(*ast.Ident); ok {
			tell(id.Name + "." + d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					tell(n.Name)
				}
			case *ast.TypeSpec:
				tell(s.Name.Name)
				for _, n := range members(s.Type) {
					tell(s.Name.Name + "." + n.Name)
				}
			}
		}
	}
}

// members are the fields of a struct and the methods of an interface.
func members(of ast.Expr) (all []*ast.Ident) {
	var list *ast.FieldList
	switch of := of.(type) {
	case *ast.StructType:
		list = of.Fields
	case *ast.InterfaceType:
		list = of.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		all = append(all, f.Names...)
	}
	return all
}
