/**
 * Calls through a GSM modem: rings a person up, speaks where the modem can, and takes the key that he presses. The network
 * has taken the call when it is dialled; what became of it comes back as a receipt.
 */
import type { ReceiptEvent } from '#model/call.ts';
import type { ModemChannel } from '#model/channel.ts';
import type { AtEvent } from '../../gsm/at-lines.ts';
import { explainError } from '../../gsm/modem-errors.ts';
import { spokenText } from '../../gsm/sms-text.ts';
import { splitUnits } from '../../gsm/submit.ts';
import type { SendResult } from '../../retry.ts';
import type { Channel, ChannelTools, Parcel } from './channel.ts';
import { isNotReady, type Ready, shareLine } from './gsm-line.ts';
import type { AtAnswer, AtPort } from './gsm-port.ts';

/** Real time, of a wire and of a person with a telephone at his ear. */
const LOOK_MS = 500;
const SHORT_MS = 3_000;
const KEY_MS = 15_000;
const SPEAK_TWICE = 2;
/** What the speech of common modems takes at once. */
const SPOKEN_UNITS = 60;
const SPEECH_MS = 20_000;

type Outcome = { readonly event: ReceiptEvent; readonly detail: string };

/** What the modem says during a call, waited for with a limit. */
function listen(line: { readonly onEvent: (take: (event: AtEvent) => void) => () => void }) {
  const waiting = new Set<() => void>();
  const heard = { taken: false, spoken: 0, key: null as string | null, ended: null as string | null };
  const stop = line.onEvent((event) => {
    if (event.kind === 'callTaken') heard.taken = true;
    else if (event.kind === 'key') heard.key = event.key;
    else if (event.kind === 'spoken') heard.spoken++;
    else if (event.kind === 'callEnded') heard.ended = event.why;
    else if (event.kind === 'booted') heard.ended = 'the modem started anew';
    for (const wake of waiting) wake();
  });
  const wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      waiting.add(end);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  /** Until `done`, at most so long; false when the time was up. */
  const until = async (done: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> => {
    const endMs = performance.now() + ms;
    while (!done() && heard.ended === null && !signal.aborted && performance.now() < endMs)
      await wait(endMs - performance.now(), signal);
    return done();
  };
  return { heard, wait, until, stop };
}
type Call = ReturnType<typeof listen>;

/** The state of our call by AT+CLCC: 0 is taken; null when there is none (any more). */
function callState(answer: AtAnswer): number | null | undefined {
  if (answer.kind !== 'ok') return undefined;
  const ours = answer.lines.map((line) => /^\+CLCC: ?\d+,0,(\d)/.exec(line)?.[1]).find((one) => one !== undefined);
  return ours === undefined ? null : Number(ours);
}

async function ring(port: AtPort, call: Call, ringMs: number, signal: AbortSignal): Promise<Outcome | null> {
  const endMs = performance.now() + ringMs;
  let seen = false;
  while (performance.now() < endMs && !signal.aborted) {
    if (call.heard.taken) return null;
    if (call.heard.ended !== null) return { event: 'failed', detail: call.heard.ended };
    const state = callState(await port.ask('AT+CLCC', SHORT_MS));
    if (state === 0) return null;
    if (state === null && seen) return { event: 'failed', detail: call.heard.ended ?? 'NO CARRIER' };
    seen ||= state !== null && state !== undefined;
    await call.wait(LOOK_MS, signal);
  }
  return { event: 'failed', detail: signal.aborted ? 'stopped' : 'nobody picked up' };
}

async function speak({ port, can }: Ready, call: Call, text: string, signal: AbortSignal): Promise<void> {
  if (!can.speaks) return;
  for (const part of splitUnits(text, SPOKEN_UNITS)) {
    const hex = Array.from({ length: part.length }, (_, n) => part.charCodeAt(n).toString(16).padStart(4, '0')).join(
      '',
    );
    const before = call.heard.spoken;
    if ((await port.ask(`AT+CTTS=1,"${hex.toUpperCase()}"`, SHORT_MS)).kind !== 'ok') return;
    await call.until(() => call.heard.spoken > before || call.heard.key !== null, SPEECH_MS, signal);
    if (call.heard.key !== null || call.heard.ended !== null || signal.aborted) return;
  }
}

/** He has picked up: said twice, until he presses something or hangs up. */
async function talk(modem: Ready, call: Call, text: string, signal: AbortSignal): Promise<Outcome> {
  for (let time = 0; time < SPEAK_TWICE && call.heard.key === null && call.heard.ended === null; time++) {
    await speak(modem, call, text, signal);
    await call.until(() => call.heard.key !== null, KEY_MS / SPEAK_TWICE, signal);
  }
  const { key } = call.heard;
  if (key === '1') return { event: 'answered', detail: 'pressed 1' };
  if (key === '2') return { event: 'cannot', detail: 'pressed 2' };
  return { event: 'heard', detail: key === null ? 'picked up, pressed nothing' : `pressed ${key}` };
}

function dialFailed(answer: Exclude<AtAnswer, { kind: 'ok' }>): Outcome | SendResult {
  if (answer.kind !== 'error') return { kind: 'away', detail: 'the modem did not take the number', afterMs: null };
  // Busy and the like are about him, not about the modem.
  if (/^(BUSY|NO ANSWER|NO CARRIER)$/.test(answer.error.code)) return { event: 'failed', detail: answer.error.code };
  const { detail, about } = explainError(answer.error);
  return about === 'message' ? { kind: 'rejected', detail } : { kind: 'away', detail, afterMs: null };
}

export function openGsmVoice(config: ModemChannel, tools: ChannelTools): Channel {
  const line = shareLine(config.path, config.baudRate, tools.log);

  async function conduct(modem: Ready, number: string, text: string, signal: AbortSignal) {
    const call = listen(line);
    try {
      const dialled = await modem.port.ask(`ATD${number};`, config.timeoutMs);
      if (dialled.kind !== 'ok') return dialFailed(dialled);
      const failed = await ring(modem.port, call, config.timeoutMs, signal);
      return failed ?? (await talk(modem, call, text, signal));
    } finally {
      call.stop();
      if (call.heard.ended === null) await modem.port.ask('ATH', SHORT_MS);
    }
  }

  return {
    send: async ({ message, to }: Parcel, signal) => {
      const number = to?.phone ?? '';
      if (number === '') return { kind: 'rejected', detail: 'he has no telephone number' };
      const urgency = { kind: 'call', isLive: message.alert.origin === 'live' } as const;
      const done = await line.use(urgency, async (modem, giveWay): Promise<Outcome | SendResult> => {
        if (signal.aborted) return { kind: 'away', detail: 'stopped', afterMs: null };
        const outcome = await conduct(modem, number, spokenText(message), AbortSignal.any([signal, giveWay]));
        // Whoever has pressed a key has answered; a drill that was cut short for a real alert is tried again.
        const isCut =
          giveWay.aborted && !('kind' in outcome) && outcome.event !== 'answered' && outcome.event !== 'cannot';
        return isCut ? { kind: 'away', detail: 'gave way to a real alert', afterMs: null } : outcome;
      });
      if (isNotReady(done)) return { kind: 'away', detail: done.notReady, afterMs: null };
      if ('kind' in done) return done;
      const { event, detail } = done;
      tools.report({ key: message.key, channel: config.id, from: null, event, atMs: tools.clock.nowMs(), detail });
      return { kind: 'accepted', detail };
    },
    selfTest: async () => {
      const { ok, detail } = await line.check();
      return ok ? { kind: 'accepted', detail } : { kind: 'away', detail, afterMs: null };
    },
    close: () => line.release(),
  };
}
