/** The outputs of an edge at work: the pure decision of each, its relay or loudspeaker, its drill, and what it remembers. */
import type { EdgeConfig, OutputConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import type { StageContext } from '../../model/ports.ts';
import { err } from '../../model/result.ts';
import type { Text } from '../../model/text.ts';
import { type Act, type Demand, dueMs, muteSiren, type SirenState, stepSiren } from '../local/siren.ts';
import { readSirenNote, writeSirenNote } from '../local/siren-note.ts';
import { DRILL_SPOKEN, sayWarning } from '../local/speech.ts';
import { sayFailed, sayNotSpoken, saySpoken, sayTested, sayTestOver } from '../local/texts.ts';
import type { Note } from './outbox-memory.ts';
import { type DoorOf, holdRelay, type Relay } from './siren-relay.ts';
import { openSpeaker, type Speaker } from './speaker.ts';

export type ActEvent = Extract<EdgeEvent, { readonly kind: 'act' }>;

export type Output = {
  readonly id: string;
  /** Decides anew by what stands, and switches; what it did. */
  readonly step: (demands: readonly Demand[]) => readonly ActEvent[];
  readonly mute: (by: { readonly buttonId: string; readonly muteMs: number }) => readonly ActEvent[];
  /** On for a while whatever stands; an alarm that stands when it ends keeps it on. */
  readonly test: (seconds: number, onOver: (acts: readonly ActEvent[]) => void) => readonly ActEvent[];
  /** It sounds an alarm; a drill is none. */
  readonly isSounding: () => boolean;
  /** In monotonic time. */
  readonly dueMs: () => number | undefined;
  /** What it must remember; undefined when that is on disk as it is. */
  readonly note: () => Note | undefined;
  readonly begin: (doorOf: DoorOf) => void;
  /** Ends a drill, so that none outlives the process; from here on the relay stays as it is. */
  readonly rest: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type OutputDeps = {
  readonly ctx: StageContext;
  readonly pointNames: EdgeConfig['local']['pointNames'];
  readonly note: (key: string) => string | undefined;
  /** An act that happened by itself, later. */
  readonly onAct: (act: ActEvent) => void;
};

const TEST_END_LIMIT_MS = 800;
export const noteKey = (outputId: string): string => `local-output/${outputId}`;

export function openOutput(config: OutputConfig, deps: OutputDeps): Output {
  const { ctx, pointNames, onAct } = deps;
  const { clock } = ctx;
  const key = noteKey(config.id);
  let saved = deps.note(key);
  let state: SirenState = readSirenNote(saved, clock.monoMs());
  let decidedAtMs = clock.monoMs();
  let lead: Demand | undefined;
  let cancelTest: (() => void) | undefined;
  let endTestNow: () => void = () => undefined;
  let relay: Relay | undefined;
  let speaker: Speaker | undefined;
  let hasBegun = false;
  /** Minutes and changes are kept; every second would be a write for nothing. */
  let savedShape = shapeOf(state);

  const event = ({ act, pointId, level, reason }: Act): ActEvent => ({
    ...({ kind: 'act', atMs: clock.nowMs(), output: config.id } as const),
    ...{ act, pointId, level, reason },
  });
  const tellLater = (act: Act['act'], reason: Text) =>
    onAct(event({ act, reason, pointId: lead?.pointId ?? null, level: lead?.level ?? 'none' }));
  const textNow = (): string | null => {
    if (lead !== undefined) {
      const point = pointNames[lead.pointId]?.zh ?? lead.pointId;
      return sayWarning({ point, hazard: lead.hazard, level: lead.level });
    }
    return cancelTest === undefined ? null : DRILL_SPOKEN;
  };
  const drive = () => {
    relay?.want(state.soundsAt !== 'none' || cancelTest !== undefined);
    speaker?.want(textNow());
  };

  return {
    id: config.id,
    step: (demands) => {
      decidedAtMs = clock.monoMs();
      const stepped = stepSiren(config, state, demands, decidedAtMs);
      state = stepped.state;
      lead = stepped.lead;
      drive();
      return stepped.acts.map(event);
    },
    mute: (by) => {
      decidedAtMs = clock.monoMs();
      const muted = muteSiren(config, state, by, decidedAtMs);
      if (muted.acts.length === 0) return [];
      const pointId = lead?.pointId ?? null;
      state = muted.state;
      lead = undefined;
      drive();
      return muted.acts.map((act) => event({ ...act, pointId }));
    },
    test: (seconds, onOver) => {
      cancelTest?.();
      endTestNow = () => {
        cancelTest?.();
        cancelTest = undefined;
        drive();
        // An alarm that stands goes on sounding: nothing was switched off.
        if (state.soundsAt === 'none')
          onOver([event({ act: 'off', pointId: null, level: 'none', reason: sayTestOver() })]);
      };
      cancelTest = clock.after(seconds * 1_000, () => endTestNow());
      drive();
      return [event({ act: 'tested', pointId: null, level: 'none', reason: sayTested(seconds) })];
    },
    isSounding: () => state.soundsAt !== 'none',
    // As of the decision: what fell due since then is still to be done.
    dueMs: () => dueMs(config, state, decidedAtMs),
    note: () => {
      const shape = shapeOf(state);
      if (shape === savedShape && Object.keys(state.episodes).length === 0) return undefined;
      const value = writeSirenNote(state, clock.monoMs());
      if (value === saved) return undefined;
      saved = value;
      savedShape = shape;
      return { key, value };
    },
    begin: (doorOf) => {
      if (hasBegun) return;
      hasBegun = true;
      if (config.kind === 'relay') {
        const { busId, unitId, register } = config;
        relay = holdRelay({
          outputId: config.id,
          write: async (on) =>
            (await doorOf(busId)?.write(unitId, register, on)) ??
            err({ reason: 'config', detail: `bus ${busId} does not run` }),
          onFailed: (wanted, detail) => tellLater('failed', sayFailed(wanted, detail)),
          log: ctx.log,
        });
      } else
        speaker = openSpeaker(config, {
          ctx,
          onSpoken: (text) => tellLater('spoken', saySpoken(text)),
          onFailed: (detail) => tellLater('failed', sayNotSpoken(detail)),
        });
      drive();
    },
    rest: async () => {
      if (cancelTest !== undefined) {
        endTestNow();
        await relay?.settled(TEST_END_LIMIT_MS);
      }
      relay?.stop();
    },
    stop: async () => {
      cancelTest?.();
      await speaker?.stop();
    },
  };
}

/** What of the state a restart must not forget, without the passing of time. */
const shapeOf = ({ soundsAt, episodes }: SirenState): string =>
  JSON.stringify([soundsAt, Object.entries(episodes).map(([key, { level, mute }]) => [key, level, mute?.level])]);
