/** Writes the rows that are not data: ticks of the centre's clock, rule-set switches, gateways that come and go. */

import { partitionOf } from '#model/partition.ts';
import type { StageContext } from '#model/ports.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { EdgeTopic } from '#model/topics.ts';
import type { IngestPorts } from '../config.ts';
import type { ControlRow } from '../journal-item.ts';
import { type HeardStatus, parseStatus } from '../status.ts';
import type { Journal } from './journal.ts';

export type Control = {
  readonly tick: (centreUpSinceMs: number) => Promise<void>;
  /** Journals each rule set that differs from the last one journalled. */
  readonly switchRules: () => Promise<void>;
  /** The status, when it is one of the topic's edge. */
  readonly takeStatus: (topic: EdgeTopic, payload: Buffer) => HeardStatus | undefined;
  /** The registry has changed: what an edge said of itself before it was known counts now. */
  readonly takeWaiting: () => void;
  /** From now on only gateways that are heard count as there. */
  readonly forgetHeard: () => void;
  /** Those that were there and were not heard since are lost: their last will went to a broker that died. */
  readonly loseUnheard: () => void;
  /** For gateways that say nothing of themselves (devices' own messages). */
  readonly setGateway: (edgeId: string, state: 'online' | 'lost') => void;
  readonly gatewayState: (edgeId: string) => 'online' | 'lost' | undefined;
};

/** Bound of what unknown edges may leave behind; each has a credential. */
const MAX_WAITING = 1_000;
/** Stands for the boot of a gateway that has none. */
const NO_BOOT = 'native';

export function createControl(journal: Journal, ports: IngestPorts, ctx: StageContext): Control {
  const versions = new Map<number, string | undefined>(journal.memory.ruleVersions);
  const edges = new Map(journal.memory.edges);
  const heard = new Set<string>();
  /** What edges said that the registry does not know yet: an edit reaches each process in its own time. */
  const waiting = new Map<string, { readonly state: 'online' | 'lost'; readonly bootId: string }>();
  const append = (rows: readonly ControlRow[]) =>
    journal.appendAndWait({ kind: 'control', receivedAtMs: ctx.clock.nowMs(), rows });

  const partitions = (): ReadonlySet<number> => {
    const used = new Set<number>(ports.ruleSets.current().keys());
    for (const edge of ports.registry.current().edges.values()) used.add(partitionOf(edge.township));
    return used;
  };

  const setEdge = (edgeId: string, state: 'online' | 'lost', bootId: string): void => {
    const township = ports.registry.current().edges.get(edgeId)?.township;
    if (township === undefined) {
      ctx.metrics.count('fengsui_ingest_unknown_edges_total');
      if (waiting.size < MAX_WAITING) waiting.set(edgeId, { state, bootId });
      return;
    }
    const last = edges.get(edgeId);
    if (last?.state === state && last.bootId === bootId) return;
    edges.set(edgeId, { state, bootId });
    ctx.log.info('gateway', { edge: edgeId, state });
    ctx.metrics.gauge('fengsui_edge_online', state === 'online' ? 1 : 0, { edge: edgeId });
    append([{ kind: 'edge', partition: partitionOf(township), edgeId, state, bootId }]).then(
      (result) => {
        // Not taken: what was known before stands, and the next status is written.
        if (result === undefined) edges.delete(edgeId);
      },
      (cause) => ctx.log.error('gateway state not journalled', { edge: edgeId, cause: String(cause) }),
    );
  };

  return {
    tick: async (centreUpSinceMs) => {
      const body = JSON.stringify({ atMs: ctx.clock.nowMs(), centreUpSinceMs });
      const rows = [...partitions()].map((partition) => ({ kind: 'tick', partition, body }) as const);
      if (rows.length > 0) await append(rows);
    },
    switchRules: async () => {
      const wanted = new Map<number, CompiledRuleSet>(ports.ruleSets.current());
      const pattern = wanted.values().next().value;
      // A partition that has no rules any more is told so, else its old ones would go on judging.
      for (const partition of versions.keys())
        if (!wanted.has(partition) && pattern !== undefined)
          wanted.set(partition, { ...pattern, version: 'none', inventory: [], rules: [] });
      const rows = [...wanted].flatMap(([partition, ruleSet]) =>
        versions.get(partition) === ruleSet.version
          ? []
          : [{ kind: 'rules', partition, version: ruleSet.version, body: JSON.stringify(ruleSet) } as const],
      );
      if (rows.length === 0) return;
      const before = rows.map(({ partition }) => [partition, versions.get(partition)] as const);
      // Before the disk has them: a second change meanwhile must not write the same rows again.
      for (const row of rows) versions.set(row.partition, row.version);
      if ((await append(rows)) === undefined) {
        for (const [partition, version] of before) versions.set(partition, version);
        throw new Error('rule sets not journalled: too much waits for the disk');
      }
      ctx.log.info('rule sets journalled', { partitions: rows.length });
    },
    takeStatus: (topic, payload) => {
      const status = parseStatus(payload.toString('utf8'));
      if (status === undefined || status.edgeId !== topic.edgeId) {
        ctx.metrics.count('fengsui_ingest_malformed_status_total');
        ctx.log.warn('status not understood', { edge: topic.edgeId });
        return undefined;
      }
      if (status.state === 'online') heard.add(status.edgeId);
      setEdge(status.edgeId, status.state, status.bootId);
      return status;
    },
    takeWaiting: () => {
      const said = [...waiting];
      waiting.clear();
      for (const [edgeId, { state, bootId }] of said) setEdge(edgeId, state, bootId);
    },
    forgetHeard: () => heard.clear(),
    setGateway: (edgeId, state) => setEdge(edgeId, state, NO_BOOT),
    gatewayState: (edgeId) => edges.get(edgeId)?.state,
    loseUnheard: () => {
      for (const [edgeId, { state, bootId }] of edges)
        if (bootId !== NO_BOOT && state === 'online' && !heard.has(edgeId)) setEdge(edgeId, 'lost', bootId);
    },
  };
}
