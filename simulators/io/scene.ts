/** The scenario as it stands: when it began, where each counter started; kept on disk so that a restart goes on. */
import type { StageContext } from '#model/ports.ts';
import { type Behaviour, type CounterOrigin, valueAt } from '#simulators/behaviour.ts';
import { emptyState, readState, type SimulatorState, writeState } from '#simulators/io/state-file.ts';

export type Scene = {
  readonly begin: (again: boolean) => void;
  readonly beganAtMs: () => number | null;
  readonly sinceBeginMs: () => number | null;
  /** `name` identifies the register within the simulator. */
  readonly valueOf: (name: string, behaviour: Behaviour, nowMs: number) => number | null;
  readonly portOf: (lineId: string) => number | undefined;
  readonly rememberPort: (lineId: string, port: number) => void;
  readonly close: () => void;
};

/** How far behind the state's instants and totals may be; only a clock that was set back needs them. */
const SAVE_EVERY_MS = 5_000;

/** After a clock that was set back, counters go on from what they last showed; a begin in the future has not happened. */
function resumed(state: SimulatorState, nowMs: number): SimulatorState {
  if (nowMs >= state.lastMs) return state;
  const counters = Object.fromEntries(
    Object.entries(state.counters).map(([name, { last }]) => [name, { atMs: nowMs, total: last, last }]),
  );
  const beganAtMs = state.beganAtMs !== null && state.beganAtMs > nowMs ? null : state.beganAtMs;
  return { ...state, beganAtMs, lastMs: nowMs, counters };
}

export function openScene(parts: { readonly path: string; readonly seed: number; readonly ctx: StageContext }): Scene {
  const { path, seed, ctx } = parts;
  const { clock } = ctx;
  let state = resumed(readState(path) ?? emptyState(clock.nowMs()), clock.nowMs());
  const save = () => {
    state = { ...state, lastMs: clock.nowMs() };
    writeState(path, state);
  };
  save();
  const timer = setInterval(save, SAVE_EVERY_MS);
  timer.unref();

  const momentOf = (name: string, origin: CounterOrigin, nowMs: number) => ({
    nowMs,
    beganAtMs: state.beganAtMs,
    seed,
    name,
    origin,
  });
  const counterOf = (name: string, behaviour: Behaviour, nowMs: number): number | null => {
    let counter = state.counters[name];
    if (counter === undefined) {
      counter = { atMs: nowMs, total: 0, last: 0 };
      state.counters[name] = counter;
      save();
    }
    const value = valueAt(behaviour, momentOf(name, counter, nowMs));
    if (value !== null) counter.last = value;
    return value;
  };
  return {
    begin: (again) => {
      if (state.beganAtMs !== null && !again) return;
      const nowMs = clock.nowMs();
      // Rain of the scenario so far has fallen: counters keep it, whatever the new begin says about the past.
      for (const counter of Object.values(state.counters)) Object.assign(counter, { atMs: nowMs, total: counter.last });
      state = { ...state, beganAtMs: nowMs };
      save();
      ctx.log.info('scenario begins', { atMs: nowMs });
    },
    beganAtMs: () => state.beganAtMs,
    sinceBeginMs: () => (state.beganAtMs === null ? null : clock.nowMs() - state.beganAtMs),
    valueOf: (name, behaviour, nowMs) =>
      behaviour.kind === 'tipping'
        ? counterOf(name, behaviour, nowMs)
        : valueAt(behaviour, momentOf(name, { atMs: nowMs, total: 0 }, nowMs)),
    portOf: (lineId) => state.ports[lineId],
    rememberPort: (lineId, port) => {
      state = { ...state, ports: { ...state.ports, [lineId]: port } };
      save();
    },
    close: () => {
      clearInterval(timer);
      save();
    },
  };
}
