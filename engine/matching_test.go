package engine

import (
	"testing"

	"github.com/busrt-go/busrt/internal/wiretest"
)

// The table of the protocol's section 11, by each way in which the broker
// matches: pattern to text, and the tries. listeners has it over sockets.
func TestMatchingTable(t *testing.T) {
	each := func(rows []wiretest.Match, x syntax, trie func(pattern, text string) int) {
		for _, row := range rows {
			t.Run(row.Row+" "+row.Pattern, func(t *testing.T) {
				judge := func(text string, want bool) {
					if got := x.match(row.Pattern, text); got != want {
						t.Errorf("%q matches %q: %v", row.Pattern, text, got)
					}
					if got := trie(row.Pattern, text) == 1; got != want {
						t.Errorf("%q matches %q in the trie: %v", row.Pattern, text, got)
					}
				}
				for _, text := range row.Yes {
					judge(text, true)
				}
				for _, text := range row.No {
					judge(text, false)
				}
			})
		}
	}
	each(wiretest.TopicPatterns, topicSyntax, func(pattern, topic string) int {
		subscriptions := newTopics[int]()
		subscriptions.add(pattern, 7)
		return len(subscriptions.match(topic, nil))
	})
	each(wiretest.Masks, maskSyntax, func(mask, name string) int {
		var n names[int]
		n.insert(name, 7)
		return len(n.match(mask, nil))
	})
}
