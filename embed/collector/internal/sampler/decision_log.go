package sampler

import (
	"bufio"
	"os"

	"go.uber.org/zap"

	"entail.dev/entail"
)

// decisionLog appends every decision to a file, a JSON line each. A nil log writes nothing.
// Thread rule: Guarded by Sampler.turn.
type decisionLog struct {
	logger   *zap.Logger
	file     *os.File
	buffer   *bufio.Writer
	decision entail.Decision
	lost     uint64
	chains   *chains // takes in each record, too
}

// Decisions name services and policies: not every user of the machine may read them.
const decisionLogMode = 0o640

func openDecisionLog(path string, logger *zap.Logger) (*decisionLog, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, decisionLogMode)
	if err != nil {
		return nil, err
	}
	return &decisionLog{logger: logger, file: file, buffer: bufio.NewWriterSize(file, 1<<16)}, nil
}

// writeAll writes the waiting records of the engine. If the file cannot be written, records are lost and counted, but no
// traces.
func (l *decisionLog) writeAll(engine *entail.Engine) error {
	if l == nil {
		return nil
	}
	var unwritten uint64
	for {
		found, err := engine.NextDecision(&l.decision)
		if err != nil {
			return err
		}
		if !found {
			break
		}
		l.chains.add(&l.decision)
		unwritten++
		_, _ = l.buffer.Write(l.decision.JSON)
		_ = l.buffer.WriteByte('\n') // Flush reports the error
	}
	if err := l.buffer.Flush(); err != nil {
		l.lost += unwritten
		l.logger.Error("could not write decisions to "+keyDecisionLog, zap.Uint64("decisions", unwritten), zap.Error(err))
		l.buffer.Reset(l.file)
	}
	return nil
}

func (l *decisionLog) lostCount() uint64 {
	if l == nil {
		return 0
	}
	return l.lost
}

func (l *decisionLog) close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
