/** Starts what the county's InfluxDB is filled by, in the process of ingest: readings from the journal, and alerts, metrics and places beside them. */
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { readMetricsText } from '#cli/io/health.ts';
import { influxTargetOf, openToken } from '#cli/io/influx-target.ts';
import { startInfluxWriter } from '#ingest/io/influx/writer.ts';
import { startBeside } from '#ingest/io/influx-beside/beside.ts';
import type { StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';

export type CountyInflux = { readonly stop: () => Promise<void> };

/** Undefined when the county has none; another one takes force with the next start. */
export function startCountyInflux(
  dataDir: string,
  countyDir: string,
  registry: RegistryPort,
  ctx: StageContext,
): CountyInflux | undefined {
  const target = influxTargetOf(registry.current(), countyDir);
  if (target === undefined) return undefined;
  const alerts = openAlertReader(dataDir);
  const writer = startInfluxWriter(dataDir, target, registry, ctx);
  const metricsText = () => readMetricsText(dataDir);
  const beside = startBeside(target, { registry, alerts, metricsText, token: openToken(target) }, dataDir, ctx);
  return {
    stop: async () => {
      await Promise.all([writer.close(), beside.stop()]);
      alerts.close();
    },
  };
}
