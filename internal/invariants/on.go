//go:build race || invariants

package invariants

// Enabled tells that this build has the checks.
const Enabled = true
