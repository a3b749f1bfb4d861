/** What a simulator remembers across restarts: when the scenario began, where counters started, which ports it had. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  version: z.literal(1),
  beganAtMs: z.number().nullable(),
  /** Chain time of the last write; a clock that stands before it was set back. */
  lastMs: z.number(),
  counters: z.record(z.string(), z.object({ atMs: z.number(), total: z.number(), last: z.number() })),
  ports: z.record(z.string(), z.number()),
});
export type SimulatorState = z.infer<typeof schema>;

export const emptyState = (nowMs: number): SimulatorState => ({
  version: 1,
  beganAtMs: null,
  lastMs: nowMs,
  counters: {},
  ports: {},
});

/** The state on disk; undefined when there is none or it cannot be read. */
export function readState(path: string): SimulatorState | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step, so that a crash leaves the old one or the new one. */
export function writeState(path: string, state: SimulatorState): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify(state), { mode: 0o600 });
  renameSync(next, path);
}
