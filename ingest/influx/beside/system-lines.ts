/** The centre about itself: the samples of /metrics as points in InfluxDB (model/influx.ts), so that Grafana can watch us. */
import { SYSTEM_MEASUREMENT } from '#model/influx.ts';
import type { EpochMs } from '#model/time.ts';
import { escapeTag, nsText } from '../lines.ts';

export type Sample = {
  readonly metric: string;
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly value: number;
};

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
/** A tag holds no line feed: it would end the line. */
const resolved = (raw: string): string => raw.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? ' ' : char));

/** The text format of Prometheus; what is no sample of a number is passed over. */
export function samplesOf(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = line.startsWith('#') ? null : SAMPLE.exec(line.trim());
    const value = Number(match?.[3]);
    if (match === null || !Number.isFinite(value)) return [];
    const labels = [...(match[2] ?? '').matchAll(LABEL)].map(([, key = '', raw = '']) => [key, resolved(raw)] as const);
    return [{ metric: match[1] ?? '', labels, value }];
  });
}

/** Steps of a histogram have a series each and say little over time: its count and sum are enough. */
const isKept = ({ metric }: Sample): boolean => !metric.endsWith('_bucket');

export function systemLines(samples: readonly Sample[], atMs: EpochMs, limit: number): readonly string[] {
  return samples
    .filter(isKept)
    .slice(0, limit)
    .map(({ metric, labels, value }) => {
      const process = labels.find(([key]) => key === 'process')?.[1] ?? '-';
      const others = labels.filter(([key]) => key !== 'process').map(([key, text]) => `${key}=${text}`);
      const label = others.length === 0 ? '' : `,label=${escapeTag(others.join(','))}`;
      // Tags in order, as InfluxDB wants them.
      return `${SYSTEM_MEASUREMENT}${label},metric=${escapeTag(metric)},process=${escapeTag(process)} value=${floatText(value)} ${nsText(atMs, 0)}`;
    });
}

/** A number that JavaScript writes is a float of line protocol: `1e+21` too. */
const floatText = (value: number): string => String(value);
