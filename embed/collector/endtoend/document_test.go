package endtoend

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entail.dev/collector/internal/captures"
)

// The configurations that docs/collector.md shows are accepted as they stand.
func TestDocumentedConfigurationsAreAccepted(t *testing.T) {
	collector := program(t)
	page, err := os.ReadFile(filepath.Join(captures.Root(), "docs/collector.md"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, block := range regexp.MustCompile("(?s)```yaml(?: collector)?\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if !strings.Contains(block[1], "\nservice:") {
			continue // a manifest
		}
		file := filepath.Join(t.TempDir(), "collector.yaml")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if told, err := exec.CommandContext(ctx, collector, "validate", "--config", file).CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, told, block[1])
		}
		checked++
	}
	if checked != 2 {
		t.Errorf("%d configurations were found, expected one for each component", checked)
	}
}
