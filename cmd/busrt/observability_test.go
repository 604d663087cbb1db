package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/busrt-go/busrt/cmd/busrt/internal/admin"
)

// docs/observability.md has every metric and every event of the log, and no more.
func TestObservabilityPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "docs", "observability.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (gauge|counter|debug|info|warn|error) \\|").FindAllStringSubmatch(string(page), -1) {
		rows[row[1]+" "+row[2]] = true
	}
	want := map[string]bool{}
	for name, kind := range adminMetrics() {
		want[name+" "+kind] = true
	}
	for event := range events(t) {
		want[event] = true
	}
	for row := range maps.Keys(want) {
		if !rows[row] {
			t.Errorf("no word about %q", row)
		}
	}
	for row := range rows {
		if !want[row] {
			t.Errorf("there is no %q", row)
		}
	}
	if len(want) < 45 {
		t.Errorf("%d metrics and events: has the code another form?", len(want))
	}
}

// adminMetrics are those of the admin address, with their types.
func adminMetrics() map[string]string {
	ch := make(chan *prometheus.Desc, 100)
	admin.Describe(ch)
	close(ch)
	all := map[string]string{}
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range ch {
		n := name.FindStringSubmatch(d.String())[1]
		all[n] = "gauge"
		if strings.HasSuffix(n, "_total") {
			all[n] = "counter"
		}
	}
	return all
}

// events are the calls of loggers in the code of a server, with their levels.
func events(t *testing.T) map[string]bool {
	t.Helper()
	files := []string{"service.go", "reload.go", "orders.go"}
	for _, dir := range []string{"engine", "listeners", "cmd/busrt/internal/admin"} {
		more, err := filepath.Glob(filepath.Join(repository, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	all := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if text, level := event(call); text != "" {
					all[text+" "+level] = true
				}
			}
			return true
		})
	}
	return all
}

// event is what a call logs, if it is one of a logger.
func event(call *ast.CallExpr) (text, level string) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if ok && method.Sel.Name == "tell" { // of a client: its level, who, the words
		if at, ok := call.Args[0].(*ast.SelectorExpr); ok {
			if literal, ok := call.Args[2].(*ast.BasicLit); ok {
				text, _ = strconv.Unquote(literal.Value)
				return text, strings.ToLower(strings.TrimPrefix(at.Sel.Name, "Level"))
			}
		}
		return "", ""
	}
	if !ok || !slices.Contains([]string{"Debug", "Info", "Warn", "Error", "Log"}, method.Sel.Name) {
		return "", ""
	}
	if on, ok := method.X.(*ast.SelectorExpr); !ok || on.Sel.Name != "log" && on.Sel.Name != "Logger" {
		return "", ""
	}
	level, words := strings.ToLower(method.Sel.Name), call.Args
	if level == "log" {
		level, words = "info", words[2:]
	}
	rest := ""
	expr := words[0]
	if sum, ok := expr.(*ast.BinaryExpr); ok {
		expr, rest = sum.X, "…"
	}
	literal, ok := expr.(*ast.BasicLit)
	if !ok {
		return "", "" // the lines of the start
	}
	text, _ = strconv.Unquote(literal.Value)
	return text + rest, level
}
