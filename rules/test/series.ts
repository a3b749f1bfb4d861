/**
 * Reads the series of a rule test, written as promtool writes them: `0+1x10` is 0 to 10, `-2+4x3` is -2 2 6 10, `1x4` is
 * five times 1, `_` is a sample that never came, `_x5` five of them. Ours are the marks of a reading's quality: `5?` is
 * suspect, `!timeout` has no value for that reason, `stale` is `!stale`, `first` the first count of a counter.
 */
import { BAD_REASONS, type BadReason } from '#model/reading.ts';
import { err, ok, type Result } from '#model/result.ts';

export type SeriesSample =
  | { readonly kind: 'missing' }
  | { readonly kind: 'value'; readonly value: number; readonly suspect: boolean; readonly first: boolean }
  | { readonly kind: 'bad'; readonly reason: BadReason };

export type SeriesFault = { readonly message: string; readonly mend: string };

/** A typing error such as `x1000000` must not fill the memory. */
export const MAX_SAMPLES = 200_000;

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const VALUES = new RegExp(String.raw`^(-?${NUMBER})(\??)(?:([+-])(-?${NUMBER}))?(?:x(\d+))?(\??)$`);
const WORDS = /^(_|stale|first|!([a-z]+))(?:x(\d+))?$/;

const isReason = (word: string): word is BadReason => BAD_REASONS.some((reason) => reason === word);

function readWord(token: string, match: RegExpExecArray): Result<readonly SeriesSample[], SeriesFault> {
  const [, word = '', reason, times] = match;
  const count = times === undefined ? 1 : Number(times);
  const repeat = (sample: SeriesSample) => ok(Array.from({ length: Math.min(count, MAX_SAMPLES + 1) }, () => sample));
  if (word === '_') return repeat({ kind: 'missing' });
  if (word === 'first') return repeat({ kind: 'value', value: 0, suspect: false, first: true });
  const why = word === 'stale' ? word : (reason ?? '');
  if (isReason(why)) return repeat({ kind: 'bad', reason: why });
  const message = `"${token}": there is no reason "${why}" for a missing value`;
  return err({ message, mend: `use one of ${BAD_REASONS.map((one) => `!${one}`).join(', ')}` });
}

function readValues(token: string, match: RegExpExecArray): Result<readonly SeriesSample[], SeriesFault> {
  const [, start, early, sign, step, times, late] = match;
  if (step !== undefined && times === undefined)
    return err({ message: `"${token}" has a step and no count`, mend: `write ${token}x10 for ten more samples` });
  const from = Number(start);
  const by = sign === undefined ? 0 : Number(step) * (sign === '-' ? -1 : 1);
  const suspect = early === '?' || late === '?';
  const length = Math.min(Number(times ?? 0), MAX_SAMPLES) + 1;
  return ok(
    Array.from({ length }, (_, index) => ({ kind: 'value', value: from + index * by, suspect, first: false }) as const),
  );
}

function readToken(token: string): Result<readonly SeriesSample[], SeriesFault> {
  const word = WORDS.exec(token);
  if (word !== null) return readWord(token, word);
  const values = VALUES.exec(token);
  if (values !== null) return readValues(token, values);
  return err({
    message: `"${token}" is no sample`,
    mend: 'write a number, a+bxN, a-bxN, axN, _, _xN, 5?, !timeout, stale or first',
  });
}

/** All samples of a series in order, one an interval. */
export function parseSeries(text: string): Result<readonly SeriesSample[], SeriesFault> {
  const samples: SeriesSample[] = [];
  for (const token of text.split(/\s+/).filter((part) => part !== '')) {
    const read = readToken(token);
    if (!read.ok) return read;
    for (const sample of read.value) samples.push(sample);
    if (samples.length > MAX_SAMPLES)
      return err({
        message: `more than ${MAX_SAMPLES} samples`,
        mend: 'make the interval longer or the series shorter',
      });
  }
  if (samples.length === 0) return err({ message: 'the series is empty', mend: 'write samples, e.g. "0+1x10"' });
  return ok(samples);
}
