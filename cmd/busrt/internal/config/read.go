package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// DefaultPath is the file that is read, if it is there, when none is named.
const DefaultPath = "/etc/busrt/busrt.toml"

// maxFile is more than a million clients take.
const maxFile = 256 << 20

// open reads a file; - is stdin.
func open(path string, stdin io.Reader) (*source, error) {
	if path == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, maxFile))
		return newSource("stdin", text), err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	return newSource(path, text), err
}

// readFile puts what a file says into c. An optional file may be missing.
func (c *Config) readFile(path string, stdin io.Reader, optional bool) error {
	s, err := open(path, stdin)
	if errors.Is(err, fs.ErrNotExist) && optional {
		return nil
	}
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		return Problems{{Origin: Origin{Kind: FromFile, Name: path}, Text: err.Error(), Advice: "busrt config init writes such a file"}}
	}
	c.source = s
	d := toml.NewDecoder(bytes.NewReader(s.text)).DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return s.problems(err)
	}
	s.locate()
	for path, line := range s.lines {
		c.origins[path] = Origin{Kind: FromFile, Name: s.name, Line: line}
	}
	return nil
}

// problems makes those of an error of the decoder.
func (s *source) problems(err error) Problems {
	if missing, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all Problems
		for i := range missing.Errors {
			all = append(all, s.unknown(&missing.Errors[i]))
		}
		return all
	}
	wrong, ok := errors.AsType[*toml.DecodeError](err)
	if !ok {
		return Problems{{Origin: Origin{Kind: FromFile, Name: s.name}, Text: err.Error()}}
	}
	line, _ := wrong.Position()
	p := Problem{Origin: Origin{Kind: FromFile, Name: s.name, Line: line}, Text: strings.TrimPrefix(wrong.Error(), "toml: ")}
	p.excerpt = hideSecrets(s.excerpt(line))
	s.locate()
	if p.Key = indices.ReplaceAllString(s.keyAt(line), ""); p.Key != "" && mismatch(p.Text) {
		p.Text = "is something else than what this key takes"
		p.Advice = "write " + want(p.Key)
	} else if p.Key == "" || p.Advice == "" {
		p.Advice = syntaxAdvice(p.Text)
	}
	return Problems{p}
}

func mismatch(text string) bool {
	for _, part := range []string{"cannot decode", "cannot be stored", "cannot store", "cannot be assigned", "incompatible"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func syntaxAdvice(text string) string {
	if strings.Contains(text, "already") || strings.Contains(text, "duplicate") || strings.Contains(text, "exist") {
		return "write it once"
	}
	return `write KEY = VALUE, texts in quotes, tables as [NAME]`
}

// keyAt is the longest path at a line.
func (s *source) keyAt(line int) (path string) {
	for p, at := range s.lines {
		if at == line && (len(p) > len(path) || len(p) == len(path) && p < path) {
			path = p
		}
	}
	return path
}

// unknown is the problem of a key that there is not.
func (s *source) unknown(e *toml.DecodeError) Problem {
	line, _ := e.Position()
	table, path := "", ""
	for _, name := range e.Key() {
		table, path = path, join(path, name)
	}
	p := Problem{Origin: Origin{Kind: FromFile, Name: s.name, Line: line}, Key: path, Text: "there is no such key"}
	p.excerpt = hideSecrets(s.excerpt(line))
	known := siblings(table)
	names := e.Key()
	if best := nearest(names[len(names)-1], known); best != "" {
		p.Advice = fmt.Sprintf("write %s", best)
	} else if len(known) > 0 {
		p.Advice = "write one of " + strings.Join(known, ", ")
	}
	return p
}
