// Package report keeps results of package bench, and writes and compares them.
//
// # Vocabulary
//
// A [Report] is what one command has measured on one [Machine]; it is kept as
// JSON ([Report.WriteJSON], [ReadJSON]) and written as CSV, as the text of Go's
// benchmarks, or as percentiles of its histograms. It has a [Result] for each
// round of each case on each broker. A [Metric] is what a result may have a figure
// for. A [Set] is all results of one broker; [Compare] holds two against each
// other, case by case and metric by metric.
//
// # What a comparison says
//
// Nothing is assumed about how figures scatter: centres are medians, intervals
// are of 95 % or a little more, and two samples differ if a Mann-Whitney U test
// says so at 5 %. With fewer than four rounds it never can; an interval takes six
// of them, and is without end with fewer.
//
// Values may be used by one goroutine at a time.
package report
