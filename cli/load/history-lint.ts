/** What is right as YAML and yet not wise or not safe in `history:` of county.yaml. */
import type { Source } from '#cli/load/source.ts';
import type { HistoryConfig, InfluxTarget } from '#model/history.ts';
import { DAY_MS } from '#model/time.ts';

/** Journal and longest window reach back 30 days and more: what follows them from history must find it there. */
const LEAST_RAW_MS = 35 * DAY_MS;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function lintUrl(source: Source, { url }: InfluxTarget): void {
  const { username, password, search, protocol, hostname } = new URL(url);
  if (username !== '' || password !== '' || search !== '')
    source.find(['history', 'url'], {
      kind: 'secret-in-url',
      message: 'the address holds a name, a password or a token',
      mend: 'write it into a file that only the owner can read, and name that file as tokenFile',
    });
  if (protocol === 'http:' && !LOOPBACK.test(hostname))
    source.find(['history', 'url'], {
      kind: 'plain-http',
      message: `readings and the token travel to ${hostname} unencrypted`,
      mend: 'use https, or a tunnel that ends on this machine',
      severity: 'warning',
    });
}

export function lintHistory(source: Source, { retention, influx }: HistoryConfig): void {
  if (retention.rawMs > 0 && retention.rawMs < LEAST_RAW_MS)
    source.find(['history', 'retention', 'raw'], {
      kind: 'short-retention',
      message: `readings are kept for ${retention.rawMs / DAY_MS} days; a reader that was away for a month finds gaps`,
      mend: `keep at least ${LEAST_RAW_MS / DAY_MS} days ("${LEAST_RAW_MS / DAY_MS}d"), or "0s" for ever`,
      severity: 'warning',
    });
  if (influx !== undefined) lintUrl(source, influx);
}
