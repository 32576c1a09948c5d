package sampler

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// oldLogs are the rotated files of a decision log: decisions.jsonl becomes decisions-20260102T150405.000000000Z.jsonl,
// which is compressed to ....jsonl.gz in the background. The newest maxFiles are kept.
// Thread rule: add and compress Confined; the files are Guarded by turn.
type oldLogs struct {
	logger   *zap.Logger
	path     string
	maxFiles int
	turn     sync.Mutex // held while files are compressed or removed
	running  sync.WaitGroup
}

const (
	oldLogTime = "20060102T150405.000000000Z" // sorts by time
	packedEnd  = ".gz"
)

func newOldLogs(path string, maxFiles int, logger *zap.Logger) *oldLogs {
	return &oldLogs{logger: logger, path: path, maxFiles: maxFiles}
}

func (o *oldLogs) parts() (start, end string) {
	end = filepath.Ext(o.path)
	return strings.TrimSuffix(o.path, end) + "-", end
}

// add renames the log to its old name, which it returns.
func (o *oldLogs) add() (string, error) {
	start, end := o.parts()
	name := start + time.Now().UTC().Format(oldLogTime) + end
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s exists", name)
	}
	return name, os.Rename(o.path, name)
}

// compress replaces the old file with a compressed one, and removes the oldest files, in the background.
func (o *oldLogs) compress(name string) {
	o.running.Add(1)
	go func() {
		defer o.running.Done()
		o.turn.Lock()
		defer o.turn.Unlock()
		if err := pack(name); err != nil {
			o.logger.Error("could not compress a rotated "+keyDecisionLog, zap.String("file", name), zap.Error(err))
		}
		if err := o.removeOldest(); err != nil {
			o.logger.Error("could not remove a rotated "+keyDecisionLog, zap.Error(err))
		}
	}()
}

func (o *oldLogs) wait() { o.running.Wait() }

// pack writes the compressed file under a temporary name first, so that a file with its name is whole.
func pack(name string) (err error) {
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	temporary := name + packedEnd + ".part"
	to, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, decisionLogMode)
	if err != nil {
		return err
	}
	packer := gzip.NewWriter(to)
	_, err = io.Copy(packer, from)
	err = errors.Join(err, packer.Close(), to.Close())
	if err == nil {
		err = os.Rename(temporary, name+packedEnd)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return os.Remove(name)
}

func (o *oldLogs) removeOldest() error {
	names, err := o.list()
	if err != nil {
		return err
	}
	for _, name := range names[:max(0, len(names)-o.maxFiles)] {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// list returns the old files, oldest first.
func (o *oldLogs) list() ([]string, error) {
	start, end := o.parts()
	folder := filepath.Dir(o.path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		name := filepath.Join(folder, entry.Name())
		middle, found := strings.CutPrefix(strings.TrimSuffix(name, packedEnd), filepath.Clean(start))
		middle, isLog := strings.CutSuffix(middle, end)
		if !found || !isLog {
			continue
		}
		if _, err := time.Parse(oldLogTime, middle); err == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
