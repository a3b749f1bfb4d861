/**
 * Keeps the running processes in step with the county's files: an edge whose inventory changed is started again, a new
 * one is started, one that is gone is ended; the simulators serve the wires that the edges read.
 */
import { compileForHere, edgeConfigFile, writeEdgeConfig } from '#cli/io/edge-files.ts';
import { ensureSecrets } from '#cli/io/secrets.ts';
import type { ChildSpec, ReadyMessage, Supervisor } from '#cli/io/supervisor.ts';
import type { Profiles } from '#cli/load/edges.ts';
import type { Registry } from '#model/registry.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';

export const SIMULATORS = 'simulators';
export const simulatorsSpec: ChildSpec = { name: SIMULATORS, args: ['run', SIMULATORS] };
export const edgeSpec = (dataDir: string, edgeId: string): ChildSpec => ({
  name: edgeId,
  args: ['run', 'edge', '--config', edgeConfigFile(dataDir, edgeId)],
  env: { FENGSUI_NAME: edgeId },
});

/** What the simulators have been started for: its change needs other wires or other devices. */
export const simulatedPart = (registry: Pick<Registry, 'edges'>): string =>
  JSON.stringify(
    [...registry.edges.values()].filter((edge) => edge.origin !== 'live').map(({ id, buses }) => [id, buses]),
  );

export type Following = {
  readonly dataDir: string;
  readonly mqttUrl: string;
  readonly supervisor: Supervisor;
  readonly source: {
    readonly registry: { readonly current: () => Registry; readonly onChange: (run: () => void) => () => void };
    readonly ruleSets: {
      readonly current: () => ReadonlyMap<number, CompiledRuleSet>;
      readonly onChange: (run: () => void) => () => void;
    };
    readonly profiles: Profiles;
  };
  /** Where the simulated lines came to lie at the start. */
  readonly lines: NonNullable<ReadyMessage['lines']>;
  readonly say: (text: string) => void;
};

/** Edges that run here: those of other machines are real and have their own. */
const runsHere = (registry: Registry, edgeId: string): boolean => registry.edges.get(edgeId)?.origin !== 'live';

export function followCounty(how: Following): () => void {
  const { dataDir, supervisor, source, say } = how;
  let { lines } = how;
  let simulated = simulatedPart(source.registry.current());
  let running = new Set([...source.registry.current().edges.keys()].filter((id) => supervisor.has(id)));
  let isStopped = false;

  const startAgain = async (name: string): Promise<ReadyMessage> =>
    supervisor.has(name) ? supervisor.restart(name) : supervisor.start(simulatorsSpec);
  const startEdge = (edgeId: string): void => {
    say(`${edgeId} is new, starting it`);
    supervisor.start(edgeSpec(dataDir, edgeId)).catch((cause: unknown) => {
      say(`${edgeId} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`);
      if (supervisor.has(edgeId)) supervisor.remove(edgeId);
      running.delete(edgeId);
    });
  };

  const reconcile = async (): Promise<void> => {
    const registry = source.registry.current();
    const wanted = simulatedPart(registry);
    if (wanted !== simulated) {
      say('the simulated devices have changed, starting them again');
      lines = (await startAgain(SIMULATORS)).lines ?? [];
      simulated = wanted;
    }
    if (isStopped) return;
    ensureSecrets(dataDir, registry);
    const configs = compileForHere(registry, source.profiles, {
      ...{ dataDir, mqttUrl: how.mqttUrl, lines },
      ruleSets: source.ruleSets.current(),
    });
    const here = new Set<string>();
    for (const config of configs) {
      const changed = writeEdgeConfig(dataDir, config);
      const { edgeId } = config;
      if (!runsHere(registry, edgeId)) continue;
      here.add(edgeId);
      if (!supervisor.has(edgeId)) startEdge(edgeId);
      else if (changed) {
        say(`${edgeId} has a new inventory, starting it again`);
        supervisor.kill(edgeId, 'SIGTERM');
      }
    }
    for (const edgeId of running) {
      if (here.has(edgeId) || !supervisor.has(edgeId)) continue;
      say(`${edgeId} is no longer run here, ending it`);
      supervisor.remove(edgeId);
    }
    running = here;
  };

  // One after another: an edit that comes during a change is looked at after it.
  let line = Promise.resolve();
  const soon = (work: () => Promise<void>): void => {
    line = line.then(async () => {
      if (isStopped) return;
      await work().catch((cause: unknown) => {
        if (!isStopped) say(`the edit of the county has not fully taken effect: ${String(cause)}`);
      });
    });
  };
  supervisor.onReady((name, ready) => {
    // Simulators that died may have come back with other ports.
    if (name !== SIMULATORS || JSON.stringify(ready.lines ?? []) === JSON.stringify(lines)) return;
    soon(async () => {
      lines = ready.lines ?? [];
      await reconcile();
    });
  });
  const leaves = [source.registry, source.ruleSets].map((part) => part.onChange(() => soon(reconcile)));
  return () => {
    isStopped = true;
    for (const leave of leaves) leave();
  };
}
