/** When the registry learns of an edge or a sensor, what waited for it leaves quarantine: row written, entry gone, in one transaction. */
import type { StageContext } from '#model/ports.ts';
import { FLAGS } from '#model/reading.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { JournalItem } from '../journal-item.ts';
import { type QuarantineEntry, REGISTRY_REASONS } from '../quarantine.ts';
import { type KnownThings, verifyWire } from '../verify.ts';
import { type WireBatch, withFlagBit } from '../wire.ts';
import type { Journal } from './journal.ts';
import type { QuarantineWalk } from './quarantine-reader.ts';

const STEP = 100;
const INJECTED_BIT = 1 << FLAGS.indexOf('injected');

/** The item that takes an entry out of quarantine as far as the registry now knows it; undefined when nothing changed. */
function planReinjection(entry: QuarantineEntry, known: KnownThings, nowMs: number): JournalItem | undefined {
  const wire = JSON.parse(entry.body) as WireBatch;
  const { edgeId, township, receivedAtMs } = entry;
  const verdict = verifyWire(wire, entry.body, { edgeId, township, receivedAtMs }, known);
  if (verdict.kind !== 'batch') return undefined;
  const { body, parts, partition, origin } = verdict;
  if (body === null && parts.every((part) => part.reason === entry.reason)) return undefined;
  const row =
    body === null
      ? null
      : { partition, origin, body: JSON.stringify(withFlagBit(JSON.parse(body) as WireBatch, INJECTED_BIT)) };
  // Readings without a sure clock are dated by when they came in, not by when they were let through.
  return { kind: 'reinject', id: entry.id, receivedAtMs: wire.q === 1 ? nowMs : receivedAtMs, row, parts };
}

/** Walks the quarantine once; resolves to the number of entries that it could help. */
async function walk(
  reader: QuarantineWalk,
  journal: Journal,
  registry: RegistryPort,
  ctx: StageContext,
): Promise<number> {
  let afterId = 0;
  let moved = 0;
  for (;;) {
    const entries = reader.ofReasons(REGISTRY_REASONS, afterId, STEP);
    if (entries.length === 0 || ctx.signal.aborted) return moved;
    for (const entry of entries) {
      afterId = entry.id;
      const item = planReinjection(entry, registry.current(), ctx.clock.nowMs());
      const result = item === undefined ? undefined : await journal.appendAndWait(item);
      if (result?.kind === 'done') moved += result.changed;
    }
  }
}

/** Runs at start and at each change of the registry, one walk at a time. */
export function createReinjection(
  reader: QuarantineWalk,
  journal: Journal,
  registry: RegistryPort,
  ctx: StageContext,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAsked = false;
  const run = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false;
      const moved = await walk(reader, journal, registry, ctx);
      if (moved > 0) {
        ctx.metrics.count('fengsui_reinjected_total', {}, moved);
        ctx.log.info('left quarantine', { entries: moved });
      }
    }
  };
  return () => {
    isAsked = true;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
