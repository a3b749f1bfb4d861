/** `history:` of county.yaml: the embedded store's retention, and the InfluxDB beside it where there is one. */
import { z } from 'zod';
import { duration } from '#cli/load/duration.ts';
import { DEFAULT_RETENTION, type HistoryConfig, type InfluxTarget } from '#model/history.ts';

/** `0s` keeps for ever. */
const retention = z
  .strictObject({
    raw: duration.optional(),
    '1m': duration.optional(),
    '10m': duration.optional(),
    '1h': duration.optional(),
    '1d': duration.optional(),
  })
  .optional();
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address such as http://127.0.0.1:8086' });
const tokenFile = z.string().min(1).optional();
const kind = z.literal('influxdb');
const database = z.string().min(1, 'must name the database, such as fengsui');

const withDatabase = (version: 1 | 3) =>
  z.strictObject({ kind, version: z.literal(version), url, database, tokenFile, retention });

/** Each by its own key first: what is wrong is then said of the version that was meant. */
export const historySchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('embedded'), retention }),
    z.discriminatedUnion(
      'version',
      [
        withDatabase(1),
        z.strictObject({
          kind,
          version: z.literal(2),
          url,
          org: z.string().min(1, 'must name the organisation'),
          bucket: z.string().min(1, 'must name the bucket, such as fengsui'),
          database: database.optional(),
          tokenFile,
          retention,
        }),
        withDatabase(3),
      ],
      { error: 'must be 1, 2 or 3: the InfluxDB that the county runs' },
    ),
  ],
  { error: 'must be embedded or influxdb' },
);
type Parsed = z.infer<typeof historySchema>;

export function historyOf(parsed: Parsed): HistoryConfig {
  const { raw, ...summaries } = parsed.retention ?? {};
  const given = Object.fromEntries(Object.entries(summaries).filter(([, ms]) => ms !== undefined));
  const kept = { ...DEFAULT_RETENTION, ...given, ...(raw === undefined ? {} : { rawMs: raw }) };
  if (parsed.kind === 'embedded') return { retention: kept };
  const { kind: _kind, retention: _retention, ...rest } = parsed;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { retention: kept, influx: Object.fromEntries(entries) as InfluxTarget };
}
