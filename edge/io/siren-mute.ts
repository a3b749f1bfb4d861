/** Watches a push button: twice a second and more while something sounds, else about as often as its bus is polled. */
import type { MuteConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { err } from '../../model/result.ts';
import type { DoorOf } from './siren-relay.ts';

/** A press is held for half a second at least. */
const WATCH_MS = 300;
const IDLE_MS = 1_000;
/** A board that does not answer must not cost the others the line. */
const LONGEST_PAUSE_MS = 10_000;

export type Button = { readonly stop: () => void; readonly wake: () => void };

type Deps = {
  readonly ctx: StageContext;
  readonly pollMs: number;
  readonly doorOf: DoorOf;
  readonly isSounding: () => boolean;
  readonly onPress: () => void;
};

export function watchButton(mute: MuteConfig, deps: Deps): Button {
  const { ctx, doorOf, isSounding, onPress } = deps;
  let isStopped = false;
  let isReading = false;
  let failures = 0;
  /** Undefined until it was read once: a button that is held or stuck at the start is no press. */
  let wasPressed: boolean | undefined;
  let timer: NodeJS.Timeout | undefined;

  const pauseMs = (): number => {
    const usualMs = isSounding() ? WATCH_MS : Math.max(IDLE_MS, deps.pollMs);
    return failures === 0 ? usualMs : Math.min(Math.max(usualMs, WATCH_MS * 2 ** failures), LONGEST_PAUSE_MS);
  };
  const later = () => {
    clearTimeout(timer);
    timer = isStopped ? undefined : setTimeout(() => void look(), pauseMs());
  };
  const look = async (): Promise<void> => {
    isReading = true;
    const asked = doorOf(mute.busId)?.read(mute.unitId, mute.register);
    const read =
      (await asked?.catch((cause: unknown) => err({ detail: String(cause) }))) ?? err({ detail: 'no such bus' });
    isReading = false;
    if (isStopped) return;
    if (read.ok) {
      failures = 0;
      const isPressed = (read.value[0] ?? 0) !== 0;
      if (isPressed && wasPressed === false) onPress();
      wasPressed = isPressed;
    } else {
      failures++;
      ctx.metrics.count('fengsui_edge_button_unread_total', { button: mute.id });
      if (failures === 1) ctx.log.warn('a mute button cannot be read', { button: mute.id, detail: read.error.detail });
    }
    later();
  };
  void look();

  return {
    // What begins to sound makes the button worth a look at once.
    wake: () => {
      if (!isReading && failures === 0) later();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
