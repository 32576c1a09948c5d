package sampler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"entail.dev/entail"
)

// Keys beside tail_sampling in the engine's own configuration. In a component's configuration, all are siblings.
var ownKeys = []string{"links", "retain", "memory_limit", "probability", "compat", "decisions"}

// Keys that only the components have. drop_pending_traces_on_shutdown is a key of tail_sampling, too.
var componentKeys = []string{keyDecisionLog, keyLogMaxBytes, keyLogMaxFiles, keyDebugPage, keyShutdownTimeout}

const (
	keyDecisionLog     = "decision_log"
	keyLogMaxBytes     = "decision_log_max_bytes"
	keyLogMaxFiles     = "decision_log_max_files"
	keyDebugPage       = "debug_page"
	keyDropPending     = "drop_pending_traces_on_shutdown"
	keyShutdownTimeout = "shutdown_timeout"

	// Leaves a third of Kubernetes' default grace period of 30 s to the Collector's exporters.
	shutdownTimeoutDefault = 20 * time.Second

	decisionLogMaxFilesDefault = 5
)

// Config is the configuration of one sampler. The engine reads it, so keys, bounds and suggestions are those of
// `entail config check`; this package knows only the keys that are not the engine's.
type Config struct {
	// DecisionLog is a file to which every decision is appended as a JSON line; "" = none.
	DecisionLog string `mapstructure:"decision_log"`
	// DecisionLogMaxBytes rotates the file before it would be larger; 0 = never.
	DecisionLogMaxBytes int64 `mapstructure:"decision_log_max_bytes"`
	// DecisionLogMaxFiles is how many rotated files are kept, compressed; 0 = 5.
	DecisionLogMaxFiles int `mapstructure:"decision_log_max_files"`
	// DebugPage is the endpoint of a page with the latest origins and their chains; "" = none.
	DebugPage string `mapstructure:"debug_page"`
	// DropPending drops undecided traces at shutdown, as in tail_sampling. Otherwise they are decided.
	DropPending bool `mapstructure:"drop_pending_traces_on_shutdown"`
	// ShutdownTimeout bounds a shutdown: requests that are still being received, then delivery; 0 = 20 s.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`

	engine map[string]any // the other keys, as they were found
}

var (
	_ confmap.Unmarshaler = (*Config)(nil)
	_ confmap.Marshaler   = Config{}
)

// Unmarshal stores the keys. Validate checks them.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	own := map[string]any{}
	rest := maps.Clone(conf.ToStringMap())
	for _, key := range append([]string{keyDropPending}, componentKeys...) {
		if value, found := rest[key]; found {
			own[key] = value
			delete(rest, key)
		}
	}
	type plain Config // without this method
	if err := confmap.NewFromStringMap(own).Unmarshal((*plain)(c)); err != nil {
		return err
	}
	c.engine = rest
	return nil
}

// Marshal returns the keys, for tools that print configurations.
func (c Config) Marshal(conf *confmap.Conf) error {
	all := map[string]any{keyDecisionLog: c.DecisionLog, keyDropPending: c.DropPending}
	if c.DebugPage != "" {
		all[keyDebugPage] = c.DebugPage
	}
	if c.DecisionLogMaxBytes != 0 {
		all[keyLogMaxBytes] = c.DecisionLogMaxBytes
	}
	if c.DecisionLogMaxFiles != 0 {
		all[keyLogMaxFiles] = c.DecisionLogMaxFiles
	}
	if c.ShutdownTimeout != 0 {
		all[keyShutdownTimeout] = c.ShutdownTimeout.String()
	}
	maps.Copy(all, c.engine)
	return conf.Merge(confmap.NewFromStringMap(all))
}

func (c *Config) shutdownTimeout() time.Duration {
	if c.ShutdownTimeout == 0 {
		return shutdownTimeoutDefault
	}
	return c.ShutdownTimeout
}

func (c *Config) decisionLogMaxFiles() int {
	if c.DecisionLogMaxFiles == 0 {
		return decisionLogMaxFilesDefault
	}
	return c.DecisionLogMaxFiles
}

// Validate returns every error of the configuration, each with its key and what was expected.
func (c *Config) Validate() error {
	_, err := c.Check()
	if c.ShutdownTimeout < 0 {
		err = errors.Join(err, fmt.Errorf("%s: expected a positive duration; found %v", keyShutdownTimeout, c.ShutdownTimeout))
	}
	if c.DecisionLogMaxBytes < 0 {
		err = errors.Join(err, fmt.Errorf("%s: expected a number of bytes; found %d", keyLogMaxBytes, c.DecisionLogMaxBytes))
	}
	if c.DecisionLogMaxFiles < 0 {
		err = errors.Join(err, fmt.Errorf("%s: expected a number of files; found %d", keyLogMaxFiles, c.DecisionLogMaxFiles))
	}
	return err
}

// Check returns the warnings, and the errors of Validate.
func (c *Config) Check() ([]string, error) {
	yaml, err := c.engineYAML()
	if err != nil {
		return nil, err
	}
	messages, err := entail.ConfigCheck(yaml)
	if err != nil && len(messages) == 0 {
		return nil, err
	}
	var warnings []string
	var faults []error
	for _, message := range messages {
		if message.IsError {
			faults = append(faults, errors.New(inComponentTerms(message.Text)))
		} else {
			warnings = append(warnings, inComponentTerms(message.Text))
		}
	}
	return warnings, errors.Join(faults...)
}

// engineYAML returns the engine's configuration as JSON, which is valid YAML.
func (c *Config) engineYAML() ([]byte, error) {
	block := map[string]any{}
	whole := map[string]any{"tail_sampling": block}
	for key, value := range c.engine {
		block[key] = value
	}
	for _, key := range ownKeys {
		if value, found := block[key]; found {
			whole[key] = value
			delete(block, key)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(escapeDollars(whole)); err != nil {
		return nil, fmt.Errorf("the configuration cannot be passed to the engine: %w", err)
	}
	return text.Bytes(), nil
}

// escapeDollars writes $ as $$. The Collector has already expanded ${...}, so remaining dollar signs are literal, and the
// engine reads $$ as $.
func escapeDollars(value any) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, "$", "$$")
	case []any:
		escaped := make([]any, len(value))
		for i, item := range value {
			escaped[i] = escapeDollars(item)
		}
		return escaped
	case map[string]any:
		escaped := make(map[string]any, len(value))
		for key, item := range value {
			escaped[key] = escapeDollars(item)
		}
		return escaped
	}
	return value
}

// inComponentTerms removes the block tail_sampling from a message of the engine, since components do not have it.
func inComponentTerms(message string) string {
	own := strings.Join(slices.Concat(ownKeys, componentKeys), ", ")
	message = strings.Replace(message, " in tail_sampling; expected one of: ", "; expected one of: "+own+", ", 1)
	message = strings.Replace(message, " in tail_sampling;", ";", 1)
	return strings.ReplaceAll(message, "tail_sampling.", "")
}
