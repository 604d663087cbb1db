package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is where something was measured.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	GOMAXPROCS int    `json:"gomaxprocs"` // of the load generator
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"` // that the load generator was built with
}

// ThisMachine looks at the machine it runs on.
func ThisMachine() Machine {
	m := Machine{
		CPU: "unknown", Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: "unknown", Go: runtime.Version(),
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// String is a line of it.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, kernel %s, %s, GOMAXPROCS %d", m.CPU, m.Cores, m.OS, m.Arch, m.Kernel, m.Go, m.GOMAXPROCS)
}

// Differs tells what makes m another machine than n, "" if nothing does. What
// was built with another Go may well be compared.
func (m Machine) Differs(n Machine) string {
	for _, pair := range [][3]string{
		{"processors", m.CPU, n.CPU},
		{"cores", fmt.Sprint(m.Cores), fmt.Sprint(n.Cores)},
		{"GOMAXPROCS", fmt.Sprint(m.GOMAXPROCS), fmt.Sprint(n.GOMAXPROCS)},
		{"systems", m.OS + "/" + m.Arch, n.OS + "/" + n.Arch},
		{"kernels", m.Kernel, n.Kernel},
	} {
		if pair[1] != pair[2] {
			return fmt.Sprintf("%s %s and %s", pair[0], pair[1], pair[2])
		}
	}
	return ""
}
