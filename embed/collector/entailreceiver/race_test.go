//go:build race

package entailreceiver

// The race detector takes several times the memory of the program.
func init() { isRaceDetected = true }
