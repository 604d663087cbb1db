package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// newGenerate makes the command, hidden, that packages are made with: it writes
// man pages and completions of all that there is.
func newGenerate() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "generate DIR",
		Short:  "Write man pages and shell completions below a directory",
		Args:   positional(0, "DIR"),
		Hidden: true,

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writeManPages(cmd.Root(), filepath.Join(args[0], "man")); err != nil {
				return err
			}
			return writeCompletions(cmd.Root(), filepath.Join(args[0], "completions"))
		},
	}
	cmd.SetHelpTemplate(help)
	return cmd
}

// writeFile writes a file that everybody may read, its directory made.
func writeFile(dir, name string, text []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for everybody
		return fmt.Errorf("busrt: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // for everybody
		return fmt.Errorf("busrt: %w", err)
	}
	return nil
}

func writeCompletions(root *cobra.Command, dir string) error {
	for name, generate := range map[string]func(*bytes.Buffer) error{
		"busrt.bash": func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
		"_busrt":     func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"busrt.fish": func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
		"busrt.ps1":  func(b *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(b) },
	} {
		var text bytes.Buffer
		if err := generate(&text); err != nil {
			return fmt.Errorf("busrt: %s: %w", name, err)
		}
		if err := writeFile(dir, name, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// writeManPages writes a page for each command, busrtd's among them.
func writeManPages(root *cobra.Command, dir string) error {
	pages := []*cobra.Command{root, newServer(daemonName)}
	for i := 0; i < len(pages); i++ {
		cmd := pages[i]
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		if err := writeFile(dir, name+".1", manPage(cmd, name)); err != nil {
			return err
		}
		for _, sub := range cmd.Commands() {
			if !sub.Hidden && sub.Name() != helpName {
				pages = append(pages, sub)
			}
		}
	}
	return nil
}

// manPage is the help of a command as a page: its headings are sections, what is
// indented stays as it is.
func manPage(cmd *cobra.Command, name string) []byte {
	var text, page bytes.Buffer
	out := cmd.OutOrStdout()
	cmd.SetOut(&text)
	_ = cmd.Help() // into a buffer
	cmd.SetOut(out)

	fmt.Fprintf(&page, ".TH %s 1 \"\" \"busrt %s\" \"User Commands\"\n", strings.ToUpper(name), version())
	fmt.Fprintf(&page, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	_, rest, _ := strings.Cut(text.String(), "\n\n") // the first line is the name's
	verbatim := false
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\n")
		indented := strings.HasPrefix(line, " ")
		if line != "" && indented != verbatim {
			verbatim = indented
			fmt.Fprintln(&page, map[bool]string{true: ".nf", false: ".fi"}[verbatim])
		}
		switch heading, ok := strings.CutSuffix(line, ":"); {
		case line == "":
			fmt.Fprintln(&page, ".PP")
		case ok && !indented && len(heading) < 30:
			fmt.Fprintf(&page, ".SH %s\n", strings.ToUpper(roff(heading)))
		default:
			fmt.Fprintln(&page, roff(line))
		}
	}
	fmt.Fprintf(&page, ".SH SEE ALSO\nbusrt(1), busrtd(1), busrt-server(1)\n")
	return page.Bytes()
}

// roff takes the meaning off what means something to it.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
