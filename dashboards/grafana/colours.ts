/** The four colours of a warning as a screen shows them, and limit lines as Grafana's thresholds. */
import { type Threshold, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Level } from '#model/level.ts';
import type { LimitLine } from './limits.ts';

export const LEVEL_COLOUR: { readonly [L in Level]: string } = {
  blue: '#3274d9',
  yellow: '#f2cc0c',
  orange: '#ff780a',
  red: '#e02f44',
};
export const CALM = '#56a64b';
export const QUIET = '#8e8e8e';
export const DOUBT = '#b877d9';

/** The first step has no value: it is what lies below all lines. */
export const stepsOf = (lines: readonly LimitLine[]): Threshold[] => [
  { value: null, color: CALM },
  ...lines.map(({ value, level }) => ({ value, color: level === undefined ? QUIET : LEVEL_COLOUR[level] })),
];

export const thresholdsOf = (steps: Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
