/** The scenario as it stands: when it began, where each counter started; kept on disk so that a restart goes on. */
import type { StageContext } from '#model/ports.ts';
import { type Behaviour, type CounterOrigin, gainBetween, valueAt } from '#simulators/behaviour.ts';
import { emptyState, readState, type SimulatorState, writeState } from '#simulators/io/state-file.ts';

export type Scene = {
  readonly begin: (again: boolean) => void;
  readonly beganAtMs: () => number | null;
  readonly sinceBeginMs: () => number | null;
  /** `name` identifies the register within the simulator; `atMs` may lie in the past, for what is frozen. */
  readonly valueOf: (name: string, behaviour: Behaviour, atMs: number) => number | null;
  /** What the behaviour adds between two instants of the chain. */
  readonly gainOf: (behaviour: Behaviour, fromMs: number, toMs: number) => number;
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
  const counterOf = (name: string, behaviour: Behaviour, atMs: number): number | null => {
    let counter = state.counters[name];
    if (counter === undefined) {
      counter = { atMs: clock.nowMs(), total: 0, last: 0 };
      state.counters[name] = counter;
      save();
    }
    const value = valueAt(behaviour, momentOf(name, counter, atMs));
    // A look at the past must not take back what was counted since.
    if (value !== null) counter.last = Math.max(counter.last, value);
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
    valueOf: (name, behaviour, atMs) =>
      behaviour.kind === 'tipping'
        ? counterOf(name, behaviour, atMs)
        : valueAt(behaviour, momentOf(name, { atMs, total: 0 }, atMs)),
    gainOf: (behaviour, fromMs, toMs) => {
      const zeroMs = state.beganAtMs ?? fromMs;
      return gainBetween(behaviour, fromMs - zeroMs, toMs - zeroMs);
    },
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
