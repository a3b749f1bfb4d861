/** How the InfluxDB beside the embedded history fares, as the writer's metrics tell it; nothing where there is none. */
import { readSamples } from '#cli/io/health.ts';
import type { HealthReport } from '#dashboards/api/config.ts';

const WORDS: { readonly [state: string]: string } = {
  ok: 'takes what the journal brings',
  away: 'does not answer',
  noDatabase: 'has no such database or bucket',
  unauthorised: 'refuses the token',
  slowDown: 'asks for patience',
};

export function influxHealth(dataDir: string): HealthReport['parts'] {
  const state = readSamples(dataDir, 'fengsui_influx_state').find(({ value }) => value === 1)?.labels['state'];
  if (state === undefined) return [];
  const rows = readSamples(dataDir, 'fengsui_influx_lag_rows')[0]?.value ?? 0;
  const behind = rows > 0 ? `; ${rows} rows of the journal wait for it` : '';
  return [{ name: 'influx', ok: state === 'ok', detail: `${WORDS[String(state)] ?? state}${behind}` }];
}
