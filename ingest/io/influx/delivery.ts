/**
 * Sees bodies of lines through: each line is stored, or refused and named. Whatever else happens is waited for, by one
 * request at a time until the database answers again.
 */
import { randomInt } from 'node:crypto';
import type { WriteOutcome } from '../../influx/answer.ts';
import { type BackoffTimes, DEFAULT_BACKOFF, isTrouble, pauseAfter, type Trouble } from '../../influx/backoff.ts';
import type { AsideLine } from '../../influx/encoder.ts';

export type DeliveryState = 'ok' | Trouble['kind'];

export type DeliveryParts = {
  readonly write: (body: string) => Promise<WriteOutcome>;
  readonly slots: number;
  readonly signal: AbortSignal;
  readonly times?: BackoffTimes;
  /** After each answer that stored nothing: makes the database, looks at the token file … True when it is worth trying at once. */
  readonly mend: (trouble: Trouble) => Promise<boolean>;
  readonly onState: (state: DeliveryState, message: string) => void;
  /** Whether the database takes a line that is known to be right. */
  readonly isSound: () => Promise<boolean>;
};

export type Delivery = {
  /** The lines that the database will never take. Undefined when it was aborted: nobody knows what is stored. */
  readonly deliver: (body: string) => Promise<readonly AsideLine[] | undefined>;
  readonly state: () => DeliveryState;
};

const CHANCES = 1_000;
const MAX_SUSPECTS = 5_000;
const ABORTED = Symbol('aborted');

export function createDelivery(parts: DeliveryParts): Delivery {
  const gate = createGate(parts);
  /** Series of which a line was refused: sent apart, so that the others need no search. */
  const suspects = new Set<string>();

  const send = async (body: string): Promise<readonly AsideLine[]> => {
    for (;;) {
      if (!(await gate.enter())) throw ABORTED;
      const outcome = await heed(await parts.write(body));
      await gate.leave(outcome);
      if (parts.signal.aborted && outcome.kind !== 'written') throw ABORTED;
      switch (outcome.kind) {
        case 'written':
          return [];
        case 'partial':
          return await sift(body, outcome);
        case 'tooLarge': {
          const lines = linesOf(body);
          return lines.length === 1 ? [refuse(lines[0], 'too-large', outcome.message)] : await halves(lines);
        }
        case 'noDatabase':
        case 'unauthorised':
        case 'slowDown':
        case 'away':
          break;
        default:
          return outcome satisfies never;
      }
    }
  };
  /** A refusal that names no fault of a line may be one of the whole request: then no line is to blame. */
  const heed = async (outcome: WriteOutcome): Promise<WriteOutcome> => {
    if (outcome.kind !== 'partial' || outcome.lines.length > 0 || outcome.dropped > 0) return outcome;
    if (reasonOf(outcome.message) !== 'refused' || (await parts.isSound())) return outcome;
    return { kind: 'away', message: `every line is refused: ${outcome.message}` };
  };
  const refuse = (line: string | undefined, reason: string, message: string): AsideLine => {
    if (suspects.size >= MAX_SUSPECTS) suspects.clear();
    suspects.add(prefixOf(line ?? ''));
    return { reason, message, line: line ?? '' };
  };
  const halves = async (lines: readonly string[]): Promise<readonly AsideLine[]> => {
    const middle = lines.length >> 1;
    const first = await send(lines.slice(0, middle).join('\n'));
    return [...first, ...(await send(lines.slice(middle).join('\n')))];
  };
  /** Which lines were refused: by what the answer says, otherwise by sending halves, of which a repeat does no harm. */
  const sift = async (
    body: string,
    { message, lines: named, dropped }: Extract<WriteOutcome, { kind: 'partial' }>,
  ): Promise<readonly AsideLine[]> => {
    const lines = linesOf(body);
    if (lines.length === 1 || dropped >= lines.length)
      return lines.map((line) => refuse(line, reasonOf(message), message));
    const bad = new Map(named.filter(({ index }) => index < lines.length).map(({ index, reason }) => [index, reason]));
    if (bad.size === 0) return await halves(lines);
    const refused = [...bad].map(([index, reason]) => refuse(lines[index], reasonOf(reason), reason));
    const rest = lines.filter((_, index) => !bad.has(index));
    return rest.length === 0 ? refused : [...refused, ...(await send(rest.join('\n')))];
  };

  return {
    state: gate.state,
    deliver: async (body) => {
      try {
        const refused: AsideLine[] = [];
        for (const part of apart(body, suspects)) if (part !== '') refused.push(...(await send(part)));
        return refused;
      } catch (cause) {
        if (cause === ABORTED) return undefined;
        throw cause;
      }
    },
  };
}

const linesOf = (body: string): string[] => body.split('\n').filter((line) => line !== '');
/** Measurement and tags: up to the first space that is not escaped. */
const prefixOf = (line: string): string => /^(?:\\.|[^ \\])*/.exec(line)?.[0] ?? '';

function apart(body: string, suspects: ReadonlySet<string>): readonly string[] {
  if (suspects.size === 0) return [body];
  const [sound, suspect]: [string[], string[]] = [[], []];
  for (const line of linesOf(body)) (suspects.has(prefixOf(line)) ? suspect : sound).push(line);
  return [sound.join('\n'), suspect.join('\n')];
}

/** A short name of why, for counting. */
export function reasonOf(message: string): string {
  if (/field type conflict|invalid field type|column type mismatch/i.test(message)) return 'field-type';
  if (/retention policy|retention period/i.test(message)) return 'beyond-retention';
  if (/max-(series|values)|limit exceeded/i.test(message)) return 'too-many-series';
  if (/unable to parse|parse error|parsing/i.test(message)) return 'unparsable';
  return 'refused';
}

function createGate({ slots, signal, times = DEFAULT_BACKOFF, mend, onState }: DeliveryParts) {
  let state: DeliveryState = 'ok';
  let inFlight = 0;
  let attempt = 0;
  const queue: (() => void)[] = [];
  const admit = (): void => {
    while (inFlight < (state === 'ok' ? slots : 1)) {
      const next = queue.shift();
      if (next === undefined) return;
      inFlight++;
      next();
    }
  };
  signal.addEventListener('abort', () => {
    for (const next of queue.splice(0)) next();
  });
  const turn = (next: DeliveryState, message: string): void => {
    if (next === state) return;
    state = next;
    onState(next, message);
  };
  return {
    state: () => state,
    enter: async (): Promise<boolean> => {
      if (signal.aborted) return false;
      await new Promise<void>((resolve) => {
        queue.push(resolve);
        admit();
      });
      return !signal.aborted;
    },
    leave: async (outcome: WriteOutcome): Promise<void> => {
      if (isTrouble(outcome)) {
        attempt++;
        turn(outcome.kind, outcome.message);
        const isMended = !signal.aborted && (await mend(outcome));
        const pauseMs = isMended ? 0 : pauseAfter(outcome, attempt, randomInt(CHANCES) / CHANCES, times);
        await sleepUnless(signal, pauseMs);
      } else {
        attempt = 0;
        turn('ok', 'the database takes lines again');
      }
      inFlight--;
      admit();
    },
  };
}

/** Real time: a database does not run on the chain's clock. */
export function sleepUnless(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
