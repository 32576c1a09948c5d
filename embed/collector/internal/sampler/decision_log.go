package sampler

import (
	"bufio"
	"os"

	"go.uber.org/zap"

	"entail.dev/entail"
)

// decisionLog appends every decision to a file, a JSON line each. A nil log writes nothing. With a size limit the file
// is rotated before a record would exceed it: see oldLogs.
// Thread rule: Guarded by Sampler.turn.
type decisionLog struct {
	logger    *zap.Logger
	path      string
	maxBytes  int64 // 0 = not rotated
	old       *oldLogs
	file      *os.File
	size      int64 // of the file, with what is buffered
	buffer    *bufio.Writer
	unwritten uint64 // records since the last flush
	lost      uint64
}

// Decisions name services and policies: not every user of the machine may read them.
const decisionLogMode = 0o640

func openDecisionLog(config *Config, logger *zap.Logger) (*decisionLog, error) {
	l := &decisionLog{
		logger: logger, path: config.DecisionLog, maxBytes: config.DecisionLogMaxBytes,
		old: newOldLogs(config.DecisionLog, config.decisionLogMaxFiles(), logger),
	}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *decisionLog) open() error {
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, decisionLogMode)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return err
	}
	l.file, l.size = file, info.Size()
	if l.buffer == nil {
		l.buffer = bufio.NewWriterSize(file, 1<<16)
	} else {
		l.buffer.Reset(file)
	}
	return nil
}

// add appends a record, at the latest with the next flush.
func (l *decisionLog) add(decision *entail.Decision) {
	if l == nil {
		return
	}
	added := int64(len(decision.JSON)) + 1
	if l.maxBytes > 0 && l.size > 0 && l.size+added > l.maxBytes {
		l.flush()
		l.rotate()
	}
	l.unwritten++
	l.size += added
	_, _ = l.buffer.Write(decision.JSON)
	_ = l.buffer.WriteByte('\n') // Flush reports the error
}

// flush writes what is buffered. If the file cannot be written, records are lost and counted, but no traces.
func (l *decisionLog) flush() {
	if l == nil {
		return
	}
	if err := l.buffer.Flush(); err != nil {
		l.lost += l.unwritten
		l.logger.Error("could not write decisions to "+keyDecisionLog, zap.Uint64("decisions", l.unwritten), zap.Error(err))
		l.buffer.Reset(l.file)
	}
	l.unwritten = 0
}

// rotate begins a new file. If the old one cannot be renamed or a new one opened, the log continues in the old one.
func (l *decisionLog) rotate() {
	name, err := l.old.add()
	if err != nil {
		l.logger.Error("could not rotate "+keyDecisionLog, zap.Error(err))
		l.size = 0 // try again after another maxBytes
		return
	}
	before := l.file
	if err := l.open(); err != nil {
		l.logger.Error("could not reopen "+keyDecisionLog, zap.Error(err))
		l.size = 0 // continue in the renamed file; try again after another maxBytes
		return
	}
	if err := before.Close(); err != nil {
		l.logger.Error("could not close the rotated "+keyDecisionLog, zap.Error(err))
	}
	l.old.compress(name)
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
	l.old.wait()
	return l.file.Close()
}
