/** Speaks through a speech module on a serial port or a serial server: says the text, waits for each piece, repeats it while it is wanted. */
import type { OutputConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { SPEECH_PROTOCOLS, type SpeechReply } from '../local/speech-protocols.ts';
import type { ByteLine } from './rtu-link.ts';
import { openSerialLine } from './serial-line.ts';
import { openTcpLine } from './tcp-line.ts';

export type SpeakerConfig = Extract<OutputConfig, { readonly kind: 'speaker' }>;

export type Speaker = {
  /** Null: be silent. A new text breaks off the old one. */
  readonly want: (text: string | null) => void;
  readonly stop: () => Promise<void>;
};

type Deps = {
  readonly ctx: StageContext;
  /** Told once a text. */
  readonly onSpoken: (text: string) => void;
  readonly onFailed: (detail: string) => void;
};

/** The module answers a frame within milliseconds. */
const REPLY_MS = 1_000;
/** 100 characters, spoken slowly. */
const PIECE_MS = 60_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** Modules that do not say when they are done: this long a character. */
const CHARACTER_MS = 250;

const WHY: { readonly [reply: string]: string } = {
  refused: 'the module refused the text',
  closed: 'the line was closed',
  late: 'the module does not answer',
};

type Wait = {
  readonly wanted: readonly SpeechReply[];
  readonly settle: (reply: SpeechReply | 'closed' | 'late') => void;
};

export function openSpeaker(config: SpeakerConfig, { ctx, onSpoken, onFailed }: Deps): Speaker {
  const protocol = SPEECH_PROTOCOLS.syn6288;
  const { log, metrics } = ctx;
  const stopping = new AbortController();
  let change = new AbortController();
  let wanted: string | null = null;
  let line: ByteLine | undefined;
  let waiting: Wait | undefined;
  /** The text that was told of, spoken or not. */
  let told: string | null = null;

  const open = async (): Promise<Result<ByteLine, string>> => {
    if (line !== undefined) return ok(line);
    const at = config.line;
    const opened =
      'path' in at
        ? await openSerialLine({ path: at.path, baudRate: at.baudRate, parity: 'none' })
        : await openTcpLine(at.host, at.port, stopping.signal);
    if (!opened.ok) return opened;
    const mine = opened.value;
    line = mine;
    mine.onBytes((bytes) => {
      for (const byte of bytes) {
        const reply = protocol.replyOf(byte);
        if (reply !== undefined && waiting?.wanted.includes(reply) === true) waiting.settle(reply);
      }
    });
    mine.onClose(() => {
      if (line === mine) line = undefined;
      waiting?.settle('closed');
    });
    return opened;
  };

  /** A reply of those wanted, or what happened instead; ends early when something else is wanted. */
  const replyWithin = (wantedReplies: readonly SpeechReply[], limitMs: number) =>
    new Promise<SpeechReply | 'closed' | 'late' | 'changed'>((resolve) => {
      const { signal } = change;
      const settle = (what: SpeechReply | 'closed' | 'late' | 'changed') => {
        clearTimeout(timer);
        signal.removeEventListener('abort', changed);
        waiting = undefined;
        resolve(what);
      };
      const changed = () => settle('changed');
      const timer = setTimeout(() => settle('late'), limitMs);
      waiting = { wanted: wantedReplies, settle };
      if (signal.aborted) changed();
      else signal.addEventListener('abort', changed, { once: true });
    });
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const { signal } = change;
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });

  const sendFrame = async (frame: Uint8Array): Promise<Result<void, string>> => {
    const opened = await open();
    if (!opened.ok) return opened;
    // Listening begins before the write: the answer may be there before the write has resolved.
    const replied = replyWithin(['taken', 'refused'], REPLY_MS);
    await opened.value.write(frame).catch(() => waiting?.settle('closed'));
    const reply = await replied;
    if (reply === 'taken' || reply === 'changed') return ok(undefined);
    if (reply === 'late') await line?.close();
    return err(WHY[reply] ?? reply);
  };
  const speakOnce = async (text: string): Promise<Result<void, string>> => {
    for (const frame of protocol.speakFrames(text)) {
      const sent = await sendFrame(frame);
      if (!sent.ok || wanted !== text) return sent;
      // Its text is over when it says idle; a module that never does is given time by length.
      const over = await replyWithin(['idle'], Math.min(PIECE_MS, frame.length * CHARACTER_MS));
      if (over === 'changed') return ok(undefined);
      if (over === 'closed') return err('the line was closed');
    }
    return ok(undefined);
  };
  const tell = (text: string, spoken: Result<void, string>) => {
    metrics.count('fengsui_edge_spoken_total', { output: config.id, result: spoken.ok ? 'ok' : 'failed' });
    if (!spoken.ok) log.warn('a text was not spoken', { output: config.id, detail: spoken.error });
    const what = `${text} ${spoken.ok ? 'ok' : 'failed'}`;
    if (told === what) return;
    told = what;
    if (spoken.ok) onSpoken(text);
    else onFailed(spoken.error);
  };

  const run = async (): Promise<void> => {
    let retryMs = FIRST_RETRY_MS;
    let isSilent = true;
    while (!stopping.signal.aborted) {
      if (change.signal.aborted) {
        change = new AbortController();
        retryMs = FIRST_RETRY_MS;
      }
      const text = wanted;
      if (text === null) {
        if (!isSilent && line !== undefined) await sendFrame(protocol.stopFrame());
        isSilent = true;
        if (wanted === null && !stopping.signal.aborted) await pause(2 ** 30);
        continue;
      }
      const startedMs = performance.now();
      isSilent = false;
      const spoken = await speakOnce(text);
      if (change.signal.aborted) continue;
      tell(text, spoken);
      await pause(spoken.ok ? Math.max(0, config.repeatMs - (performance.now() - startedMs)) : retryMs);
      retryMs = spoken.ok ? FIRST_RETRY_MS : Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  };
  const running = run().catch((cause: unknown) =>
    log.error('a speaker stopped', { output: config.id, cause: String(cause) }),
  );

  return {
    want: (text) => {
      if (wanted === text) return;
      wanted = text;
      told = text === null ? null : told;
      change.abort();
    },
    stop: async () => {
      stopping.abort();
      change.abort();
      await running;
      await line?.close();
    },
  };
}
