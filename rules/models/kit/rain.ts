/** What the rain models share: amounts in words, exact decimals of figures, and what a bucket may be. */
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { sayNumber } from '../../texts.ts';

/** `47.2 mm`, from steps. */
export const mm = (steps: number): string => `${sayNumber('rain', steps)} mm`;

/**
 * Cut, not rounded, to some decimals: a figure just below a limit must not be lifted onto it, one that is on it stays
 * there (a part in 10^12 absorbs the binary error of the arithmetic before).
 */
export function cut(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.floor(value * scale + Math.abs(value * scale) * 1e-12) / scale;
}

/** `66.7`, without zeros that say nothing. */
export const sayFixed = (value: number, decimals: number): string =>
  value
    .toFixed(decimals)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');

type Fault = { readonly path: string; readonly message: string; readonly mend?: string };

/** A bucket divides the day and every window. */
export function checkBucket(
  bucketMs: number,
  windows: readonly { readonly path: string; readonly ms: number }[],
): Fault[] {
  if (bucketMs < MINUTE_MS || DAY_MS % bucketMs !== 0)
    return [{ path: 'bucket', message: 'a bucket is at least 1 minute and divides the day', mend: 'use 5m' }];
  return windows.flatMap(({ path, ms }) =>
    ms % bucketMs === 0
      ? []
      : [
          {
            path,
            message: `${ms / MINUTE_MS} minutes are not a whole number of buckets of ${bucketMs / MINUTE_MS} minutes`,
            mend: `use ${(Math.max(1, Math.round(ms / bucketMs)) * bucketMs) / MINUTE_MS}m`,
          },
        ],
  );
}

/** `；窗口数据仅 80%，实际不少于此值`: said of a sum that has holes. */
export const sayLowerBound = (coverage: number): { readonly zh: string; readonly en: string } => {
  if (coverage >= 1) return { zh: '', en: '' };
  const percent = Math.floor(coverage * 100);
  return {
    zh: `；数据仅 ${percent}%，实际不少于此值`,
    en: `; only ${percent}% of the data is there, the truth is not less`,
  };
};
