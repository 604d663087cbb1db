//go:build s390x

package cpu

// CacheLine is the distance in bytes at which two words that different cores
// write do not disturb each other.
const CacheLine = 256
