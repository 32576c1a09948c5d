package sampler

import (
	"cmp"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"entail.dev/entail"
)

const (
	originsMax = 50  // chains that are remembered
	membersMax = 100 // traces of a chain that are remembered; further ones are only counted
)

// chains remembers the latest origins and the traces that their keeps reached, for the debug page. A nil one remembers
// nothing. Memory: originsMax * membersMax members, each with two names of at most 256 bytes.
type chains struct {
	mutex    sync.Mutex // Guarded by mutex: all of it
	byOrigin map[entail.TraceID]*chain
	order    []entail.TraceID // oldest first
}

// chain is an origin and what its keep reached. The origin's own record may come after those of others.
type chain struct {
	Origin  member
	Members []member // nearest first
	More    uint64   // members that are not remembered
}

// member is a trace of a chain, as its latest record describes it.
type member struct {
	ID        string
	Service   string
	Name      string
	Policy    string
	Direction string
	Hops      uint32
	From      string // the trace before it on the path
	Loss      string // why the keep could not keep it
	DecidedAt string
	Spans     uint64
}

func newChains() *chains { return &chains{byOrigin: map[entail.TraceID]*chain{}} }

// add does not refer to the decision after it returns.
func (c *chains) add(decision *entail.Decision) {
	if c == nil || (!decision.IsOrigin && !decision.HasOrigin) {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if decision.IsOrigin {
		c.of(decision.TraceID).Origin = memberOf(decision)
	}
	if !decision.HasOrigin || decision.OriginTraceID == decision.TraceID {
		return
	}
	of := c.of(decision.OriginTraceID)
	reached := memberOf(decision)
	if known := slices.IndexFunc(of.Members, func(m member) bool { return m.ID == reached.ID }); known >= 0 {
		of.Members[known] = reached
	} else if len(of.Members) < membersMax {
		of.Members = append(of.Members, reached)
	} else {
		of.More++
	}
}

// of returns the chain of an origin, and forgets the oldest one if there are too many. The caller holds mutex.
func (c *chains) of(origin entail.TraceID) *chain {
	if known := c.byOrigin[origin]; known != nil {
		return known
	}
	if len(c.order) == originsMax {
		delete(c.byOrigin, c.order[0])
		c.order = slices.Delete(c.order, 0, 1)
	}
	c.order = append(c.order, origin)
	added := &chain{Origin: member{ID: hex.EncodeToString(origin[:])}}
	c.byOrigin[origin] = added
	return added
}

// latest returns copies of the chains, the latest origin first.
func (c *chains) latest() []chain {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := make([]chain, 0, len(c.order))
	for _, origin := range slices.Backward(c.order) {
		of := *c.byOrigin[origin]
		of.Members = slices.Clone(of.Members)
		slices.SortStableFunc(of.Members, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.Hops, b.Hops), cmp.Compare(a.DecidedAt, b.DecidedAt))
		})
		all = append(all, of)
	}
	return all
}

var directionNames = map[entail.Direction]string{
	entail.DirectionLinked: "linked", entail.DirectionLinking: "linking", entail.DirectionMixed: "mixed",
}

func memberOf(decision *entail.Decision) member {
	of := member{
		ID:        hex.EncodeToString(decision.TraceID[:]),
		Policy:    decision.Policy,
		Direction: directionNames[decision.Direction],
		Hops:      decision.Hops,
		Loss:      decision.Loss,
		DecidedAt: time.Unix(0, decision.DecidedAtNs).UTC().Format(time.RFC3339),
		Spans:     decision.Spans,
	}
	if detail := decision.Detail; detail != nil {
		of.Service, of.Name = detail.RootService, detail.RootName
	}
	if hops := len(decision.Path); hops >= 2 {
		of.From = hex.EncodeToString(decision.Path[hops-2][:])
	}
	return of
}
