//go:build arm64 || ppc64 || ppc64le

package cpu

// CacheLine is the distance in bytes at which two words that different cores
// write do not disturb each other. Most arm64 processors have lines of 64
// bytes; Apple's have 128, and a type has only one layout per architecture.
const CacheLine = 128
