package ringbuf

import (
	"encoding/binary"
	"fmt"
)

// The records of the tests: length u16 | producer u8 | seq u32 | filler that
// depends on all of these. Every seventh costs nothing, as acks do.
const recordHeader = 7

func appendRecord(b []byte, producer uint8, seq uint32, size int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	b = append(b, producer)
	b = binary.LittleEndian.AppendUint32(b, seq)
	for i := recordHeader; i < size; i++ {
		b = append(b, filler(producer, seq, i))
	}
	return b
}

func filler(producer uint8, seq uint32, i int) byte {
	return byte(uint32(producer)*31 + seq*7 + uint32(i))
}

func recordCost(seq uint32, size int) uint64 {
	if seq%7 == 0 {
		return 0
	}
	return 1<<40 | uint64(size)
}

// measureRecords is the measure of Advance for these records.
func measureRecords(b []byte) (whole int, cost uint64) {
	for len(b)-whole >= recordHeader {
		r := b[whole:]
		size := int(binary.LittleEndian.Uint16(r))
		if len(r) < size {
			break
		}
		cost += recordCost(binary.LittleEndian.Uint32(r[3:]), size)
		whole += size
	}
	return whole, cost
}

// checkRecords reads the whole records in b: their bytes must be right, and
// each producer's in order from next on, which is moved.
func checkRecords(b []byte, next map[uint8]uint32) (whole int, err error) {
	for len(b)-whole >= recordHeader {
		r := b[whole:]
		size, producer, seq := int(binary.LittleEndian.Uint16(r)), r[2], binary.LittleEndian.Uint32(r[3:])
		if seq != next[producer] || size < recordHeader {
			return whole, fmt.Errorf("producer %d: record %d of %d bytes, want record %d", producer, seq, size, next[producer])
		}
		if len(r) < size {
			break
		}
		for i := recordHeader; i < size; i++ {
			if r[i] != filler(producer, seq, i) {
				return whole, fmt.Errorf("producer %d record %d: byte %d is %#x", producer, seq, i, r[i])
			}
		}
		next[producer]++
		whole += size
	}
	return whole, nil
}

// segmentOf makes a ref of n records, and counts seq on.
func segmentOf(p *Pool, producer uint8, seq *uint32, n, size int) Ref {
	r := Ref{Seg: p.Get(n * size)}
	for range n {
		r.Seg.B = appendRecord(r.Seg.B, producer, *seq, size)
		r.Cost += recordCost(*seq, size)
		*seq++
	}
	return r
}
