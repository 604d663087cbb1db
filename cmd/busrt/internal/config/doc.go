// Package config is the configuration of the server: what a file, the
// environment and the command line say together, and where each value came from.
//
// A [Loader] reads all of them into a [Config]. What is wrong with it comes back
// as [Problems], each with the place it stands at, its key, and what to write
// instead. The model knows nothing of sockets: it is turned into options of the
// broker and its listeners by [Config.Engine], [Config.Listeners] and
// [Config.Options].
package config
